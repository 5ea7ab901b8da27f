import dataclasses
from datetime import UTC, datetime

from msgspec.structs import replace

from hub.domain.reconciliation.attributes import AuthorizationView, UnitState
from hub.domain.reconciliation.codes import FindingCode
from hub.domain.reconciliation.columns import Snapshot, StatedRow
from hub.domain.reconciliation.comparison import compare
from hub.domain.reconciliation.contradictions import ContradictionCode, contradictions
from hub.domain.reconciliation.stated import STATEMENT_FACETS, known_to, read_statement
from hub.domain.reconciliation.vocabulary import Vocabulary
from schema.codes import AccountKind, AuthorizationStatus, StatementLevel, UnitStatus
from schema.identifiers import PartyId
from schema.statements import StatedAuthorization, StatedBlock, StatedTotal, Statement
from tests.domain.reconciliation.worlds import LETTER, MEGAWATT_HOURS, SERIES

BLOCK = StatedBlock(
    account="A-1",
    account_kind=AccountKind.HOLDING,
    approach="CA0007",
    registry="MNG01",
    first_party="MNG",
    vintage=2021,
    first=1,
    last=10,
    status=UnitStatus.HELD,
    first_transferred=True,
    authorization="MNG-7",
    quantity="10",
)
TOTAL = StatedTotal(
    account="A-1",
    account_kind=AccountKind.HOLDING,
    approach="CA0007",
    registry="MNG01",
    first_party="MNG",
    vintage=2021,
    units=10,
)
LETTERS = tuple(
    StatedAuthorization(
        party=party, authorization_id="MNG-7", version=1, status="in force", quantity=None
    )
    for party in ("JPN", "MNG")
)


def page(*blocks: StatedBlock, registry: str = "JPN01", number: int = 1) -> Statement:
    return Statement(
        registry=registry,
        stated_at=datetime(2031, 7, 1, tzinfo=UTC),
        level=StatementLevel.BLOCKS,
        page=number,
        pages=2,
        totals=(TOTAL,) if number == 1 else (),
        blocks=blocks,
        trail=(),
        authorizations=LETTERS if number == 1 else (),
    )


def test_a_registry_speaks_for_its_own_party() -> None:
    (in_japan,) = read_statement([page(BLOCK)]).rows
    (in_mongolia,) = read_statement([page(BLOCK, registry="MNG01")]).rows
    in_force = AuthorizationStatus.IN_FORCE
    assert in_japan.state.authorization == AuthorizationView(reference="MNG-7", acquiring=in_force)
    assert in_mongolia.state.authorization == AuthorizationView(
        reference="MNG-7", transferring=in_force
    )


def test_the_hubs_view_reduced_to_what_a_registry_knows_agrees_with_its_statement() -> None:
    stated = read_statement([page(BLOCK)])
    assert contradictions(stated.rows, stated.totals) == stated.contradictions == []
    vocabulary = Vocabulary()
    (row,) = stated.rows
    there = Snapshot.of_rows(vocabulary, "JPN01", stated.rows, facets=STATEMENT_FACETS)
    ours = replace(row.state, authorization=known_to(LETTER, PartyId("JPN"), SERIES[0]))
    here = Snapshot.of_rows(vocabulary, "hub", [_with_state(row, ours)])
    assert compare(here, there) == []
    revoked = replace(LETTER, acquiring=AuthorizationStatus.REVOKED)
    other = replace(row.state, authorization=known_to(revoked, PartyId("JPN"), SERIES[0]))
    (finding,) = compare(Snapshot.of_rows(vocabulary, "hub", [_with_state(row, other)]), there)
    assert finding.code is FindingCode.OTHER_AUTHORIZATION_STATUS


def _with_state(row: StatedRow, state: UnitState) -> StatedRow:
    return dataclasses.replace(row, state=state)


def test_rows_are_numbered_over_all_pages() -> None:
    wrong = replace(BLOCK, approach="C7")
    pages = [page(BLOCK, BLOCK), page(BLOCK, wrong, number=2)]
    stated = read_statement(pages)
    (fault,) = stated.contradictions
    assert (fault.code, fault.rows) == (ContradictionCode.IDENTIFIER_MALFORMED, (3,))
    assert len(stated.rows) == 3


def test_a_total_without_a_series_and_an_unknown_status_are_refused() -> None:
    broken = replace(
        page(BLOCK),
        totals=(replace(TOTAL, first_party="XYZ"),),
        authorizations=(replace(LETTERS[0], status="perhaps"),),
    )
    assert [one.code for one in read_statement([broken]).contradictions] == [
        ContradictionCode.AUTHORIZATION_STATUS_UNKNOWN,
        ContradictionCode.IDENTIFIER_MALFORMED,
    ]


def test_how_units_are_measured_comes_from_their_issuance() -> None:
    stated = read_statement(
        [page(replace(BLOCK, quantity="7.5"))], measure_of=lambda _series, _first: MEGAWATT_HOURS
    )
    assert contradictions(stated.rows) == []
    assert stated.rows[0].state.measure == MEGAWATT_HOURS
    in_tonnes = read_statement([page(replace(BLOCK, quantity="7.5"))])
    (fault,) = contradictions(in_tonnes.rows)
    assert fault.code is ContradictionCode.QUANTITY_NOT_BLOCK_LENGTH
