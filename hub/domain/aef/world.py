"""The submissions that are looked at together: one that is checked, and others beside it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from hub.domain.aef.codes import CATALOGUE, FindingCode, Severity
from hub.domain.aef.findings import Finding, Locus, locate
from schema.aef.fields import Table
from schema.aef.interpret import Interpreter
from schema.aef.nomenclature import Nomenclature
from schema.aef.records import ActionRecord, AuthorizationRecord, BlockRecord, Space, Submission
from schema.aef.rows import Report
from schema.aef.tables import SPEC

BLOCK_TABLES = (Table.ACTIONS, Table.HOLDINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """One submission: as written, and as understood."""

    report: Report
    submission: Submission

    @property
    def party(self) -> str | None:
        """The reporting Party."""
        return self.submission.submission.party

    @property
    def year(self) -> int | None:
        """The reported year."""
        return self.submission.submission.reported_year


def file_report(report: Report, nomenclature: Nomenclature) -> Filed:
    """Interpret a report by one nomenclature."""
    return Filed(report=report, submission=Interpreter(nomenclature).submission(report))


class Entry(NamedTuple):
    """One action or holding of one of the submissions; `report_index` 0 is the checked one."""

    report_index: int
    table: Table
    row_index: int
    record: BlockRecord


class Cited(NamedTuple):
    """One authorization and the Party that reports it."""

    author: str | None
    report_index: int
    row_index: int
    record: AuthorizationRecord


@dataclass(frozen=True)
class World:
    """The checked submission first, then the others: earlier years, and other Parties.

    Superseded versions must not be among them (see `hub.domain.aef.versions`).
    """

    filed: tuple[Filed, ...]

    @classmethod
    def of(cls, subject: Filed, others: Iterable[Filed] = ()) -> "World":
        """Put a submission before the others."""
        return cls((subject, *others))

    @property
    def subject(self) -> Filed:
        """The submission that is checked."""
        return self.filed[0]

    def entries(self, *tables: Table) -> Iterator[Entry]:
        """Walk the actions and holdings (or only one of the tables) of all submissions."""
        for report_index, filed in enumerate(self.filed):
            for table in tables or BLOCK_TABLES:
                for row_index, record in enumerate(records_of(filed.submission, table)):
                    yield Entry(report_index, table, row_index, record)

    def own(self, *tables: Table) -> Iterator[Entry]:
        """Walk the rows of the checked submission only."""
        for table in tables or BLOCK_TABLES:
            for row_index, record in enumerate(records_of(self.subject.submission, table)):
                yield Entry(0, table, row_index, record)

    def own_actions(self) -> Iterator[tuple[int, ActionRecord]]:
        """Walk the actions of the checked submission with their row index."""
        return enumerate(self.subject.submission.actions)

    @cached_property
    def authorizations(self) -> tuple[Cited, ...]:
        """All authorizations with the Party that reports them."""
        return tuple(
            Cited(filed.party, report_index, row_index, record)
            for report_index, filed in enumerate(self.filed)
            for row_index, record in enumerate(filed.submission.authorizations)
        )

    @cached_property
    def _by_id(self) -> dict[str, list[Cited]]:
        found: dict[str, list[Cited]] = defaultdict(list)
        for cited in self.authorizations:
            if cited.record.authorization_id is not None:
                found[cited.record.authorization_id].append(cited)
        return found

    def cited_by(self, entry: Entry) -> tuple[Cited, ...]:
        """Return the authorizations that a row cites: the Party's own, or else any other's.

        Two Parties may use one authorization ID; the reporting Party's own comes first, then those
        of the same approach. Several versions of one authorization are all returned.
        """
        same_id = self._by_id.get(entry.record.authorization_id or "", [])
        party = self.filed[entry.report_index].party
        own = tuple(cited for cited in same_id if cited.author == party)
        return own or tuple(
            cited for cited in same_id if cited.record.approach_id == entry.record.approach_id
        )

    @cached_property
    def _registries(self) -> dict[tuple[str, str, int], frozenset[str]]:
        known: dict[tuple[str, str, int], set[str]] = defaultdict(set)
        for entry in self.entries():
            space = entry.record.space
            if space is not None:
                key = (space.approach, space.first_party, space.vintage)
                known[key].add(space.registry)
        return {key: frozenset(registries) for key, registries in known.items()}

    def space_of(self, entry: Entry) -> Space | None:
        """Return the number space of a row, comparable between all submissions.

        A row with bare serials does not name the originating registry. It is taken to be the one
        that other rows of the same approach, Party and vintage name, when there is just one; or
        the registry that tracks the block, when that is one of several.
        """
        space = entry.record.space
        if space is None or space.registry:
            return space
        key = (space.approach, space.first_party, space.vintage)
        named = self._registries[key] - {""}
        if len(named) == 1:
            return space._replace(registry=next(iter(named)))
        if entry.record.registry_id in named:
            return space._replace(registry=entry.record.registry_id)
        return space

    def locate(self, entry: Entry, name: str | None = None) -> Locus:
        """Point to a row, and to the cell of a field when it is named."""
        field = None if name is None else SPEC[entry.table][name]
        return locate(self.filed[entry.report_index].report, entry.table, entry.row_index, field)

    def finding(
        self,
        code: FindingCode,
        entry: Entry,
        name: str,
        message: str,
        *,
        related: Iterable[Locus] = (),
        severity: Severity | None = None,
    ) -> Finding:
        """Make a finding about one cell."""
        return Finding(
            code=code,
            severity=severity or CATALOGUE[code].severity,
            locus=self.locate(entry, name),
            message=message,
            related=tuple(related),
        )

    def heading_finding(self, code: FindingCode, name: str, message: str) -> Finding:
        """Make a finding about a cell of Table 1."""
        report = self.subject.report
        return Finding(
            code=code,
            severity=CATALOGUE[code].severity,
            locus=locate(report, Table.SUBMISSION, 0, SPEC[Table.SUBMISSION][name]),
            message=message,
        )


def records_of(submission: Submission, table: Table) -> tuple[BlockRecord, ...]:
    """Return the actions or the holdings."""
    return submission.actions if table is Table.ACTIONS else submission.holdings
