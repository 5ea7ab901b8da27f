"""The documentation of codes and states, written from the tables that the code runs on."""

from collections.abc import Iterator
from itertools import product

from hub.domain.reconciliation.codes import MEANING
from hub.domain.reconciliation.concerned import ANSWER_WITHIN
from hub.domain.reconciliation.discrepancy import DiscrepancyEvent, DiscrepancyState, next_state
from hub.domain.reconciliation.freezes import LIMITS
from schema.refusals import RefusalCode


def discrepancies_markdown() -> str:
    """Return `hub/docs/discrepancies.md`."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Discrepancies: what they mean, how they live, who may freeze"
    yield ""
    yield "Written from the tables in `hub/domain/reconciliation`; a test fails when it is stale."
    yield ""
    yield "## Codes, in the order in which they are told"
    yield "| code | what | severity | concerned | rule | remedy |"
    yield "|---|---|---|---|---|---|"
    for code, meaning in MEANING.items():
        yield (
            f"| `{code}` | {meaning.what} | {meaning.severity} | {meaning.concerned} "
            f"| {meaning.rule} | {meaning.remedy} |"
        )
    yield ""
    yield "## Answers are due"
    yield "| severity | within |"
    yield "|---|---|"
    for severity, within in ANSWER_WITHIN.items():
        yield f"| {severity} | {within.days} days |"
    yield ""
    yield "## States"
    yield "A dash is a refusal (`not_allowed_in_state`)."
    yield ""
    yield "| state | " + " | ".join(DiscrepancyEvent) + " |"
    yield "|---" * (len(DiscrepancyEvent) + 1) + "|"
    following = {pair: next_state(*pair) for pair in product(DiscrepancyState, DiscrepancyEvent)}
    for state in DiscrepancyState:
        cells = [following[state, event] for event in DiscrepancyEvent]
        shown = ["-" if isinstance(cell, RefusalCode) else str(cell) for cell in cells]
        yield f"| {state} | " + " | ".join(shown) + " |"
    yield ""
    yield "## Who may freeze disputed serials, and how much"
    yield "| claimant | at a time | serials | lasts | times for one discrepancy |"
    yield "|---|---|---|---|---|"
    for kind, limits in LIMITS.items():
        yield (
            f"| {kind} | {limits.freezes:,} | {limits.units:,} | {limits.lasts.days} days "
            f"| {limits.times_per_discrepancy} |"
        )
