"""A finding in plain English, for notices, reports and the command line."""

from collections.abc import Iterable

from hub.domain.reconciliation.attributes import AuthorizationView, UnitState
from hub.domain.reconciliation.codes import MEANING
from hub.domain.reconciliation.findings import Evidence, Finding, Statement
from schema.codes import Metric
from schema.identifiers import ItmoBlock, ItmoSeries

PARTS_TOLD_MAX = 5
"""More parts than this are counted, not told one by one."""


def headline(finding: Finding) -> str:
    """Return one line: how much, which serials, what is wrong."""
    amount = f"{finding.tonnes:,} t" if finding.tonnes else f"{finding.units:,} units"
    block = ItmoBlock(finding.series, finding.serials).display()
    elsewhere = f" (there under {_series(finding.other_series)})" if finding.other_series else ""
    return f"{amount}, {block}{elsewhere}: {MEANING[finding.code].what}"


def lines(finding: Finding) -> list[str]:
    """Return the headline and what each source states, part by part."""
    told = [_part(part) for part in finding.evidence[:PARTS_TOLD_MAX]]
    more = len(finding.evidence) - len(told)
    return [headline(finding), *told, *([f"and {more} more parts"] if more else [])]


def _part(part: Evidence) -> str:
    return f"{part.serials.display()}: " + "; ".join(_statement(one) for one in part.statements)


def _statement(statement: Statement) -> str:
    if statement.words is not None:
        return f"{statement.source} states {statement.words}"
    if statement.state is None:
        return f"{statement.source} states nothing"
    said = state_words(statement.state)
    if statement.quantity is not None:
        said = f"{statement.quantity} {statement.state.measure.unit}, {said}"
    return f"{statement.source} states {said}"


def state_words(state: UnitState) -> str:
    """Return everything that a state says, in words."""
    return ", ".join(_said(state))


def _said(state: UnitState) -> Iterable[str]:
    yield str(state.status) if state.status else "no status"
    where = f"in {state.registry}"
    if state.account is not None:
        kind = f"{state.account_kind} " if state.account_kind else ""
        where = f"in {kind}account {state.account} of {state.registry}"
    yield where
    if state.authorization is not None:
        yield _authorization(state.authorization)
    yield "first transferred" if state.first_transferred else "not first transferred"
    if state.measure.metric is not Metric.GHG:
        yield f"measured in {state.measure.unit}"


def _authorization(view: AuthorizationView) -> str:
    said = {
        "transferring Party": view.transferring,
        "acquiring Party": view.acquiring,
        "platform": view.platform,
        "underlying registry": view.underlying,
    }
    by_source = [f"{source}: {status}" for source, status in said.items() if status]
    use = f" for {view.use}" if view.use else ""
    stands = f" ({', '.join(by_source)})" if by_source else ""
    return f"authorization {view.reference or 'unnamed'}{use}{stands}"


def _series(series: ItmoSeries) -> str:
    return f"{series.approach}-{series.registry}-{series.first_party} {series.vintage}"
