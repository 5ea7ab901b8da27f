"""The parts of the connector that need no registry: filters, budget, plans, statements."""

from datetime import UTC, datetime

import msgspec
import pytest

from connectors.errors import RegistryBusy, RegistryRefused
from connectors.undp.budget import RequestBudget, RequestPace
from connectors.undp.planning import (
    CannotPlan,
    CrossBorderOrder,
    PlanFault,
    placed_rows,
    plan,
)
from connectors.undp.queries import Filter, Key, query_body
from connectors.undp.refusals import UndpRefusal, translated
from connectors.undp.rows import BalanceRow, RequestStatus, RetirementRow
from connectors.undp.session import ApiKey
from connectors.undp.stating import Teller
from connectors.vouched import VouchedProject, VouchedSerials
from schema.identifiers import (
    ApproachId,
    ItmoBlock,
    ItmoSeries,
    PartyId,
    RegistryId,
    SerialRange,
)

SERIES = ItmoSeries(ApproachId("CA0007"), RegistryId("MNG01"), PartyId("MNG"), 2023)
VOUCHED = VouchedSerials(
    VouchedProject(
        approach="CA0007",
        country="MN",
        first_party="MN",
        project=project,
        registry=RegistryId("MNG01"),
        serial_offset=offset,
    )
    for project, offset in (("1", 0), ("2", 10_000))
)


def row(serial: str, amount: int, owner: int = 2) -> BalanceRow:
    block = "-".join(serial.split("-")[:5])
    return BalanceRow(id=block, serial_number=serial, credit_amount=amount, receiver_id=owner)


def order(first: int, last: int) -> CrossBorderOrder:
    return CrossBorderOrder(
        key="m1",
        block=ItmoBlock(SERIES, SerialRange(first, last)),
        acquiring_party=PartyId("JPN"),
        organization="Japan",
    )


def planned(wanted: CrossBorderOrder, *rows: BalanceRow) -> list[tuple[str, str, int]] | PlanFault:
    answer = plan(wanted, placed_rows(rows, VOUCHED))
    if isinstance(answer, CannotPlan):
        return answer.fault
    return [(each.block_id, each.serial, each.owner) for each in answer]


@pytest.mark.parametrize(
    "value",
    ["a'b", 'a"b', "", "NULL", "null", "a--b", "x" * 129, "a;b", "a\nb", "a%", True, "(1)"],
    ids=repr,
)
def test_what_could_leave_its_quotes_is_never_sent(value: str) -> None:
    with pytest.raises(ValueError, match="word"):
        Filter(key=Key.REMARKS, value=value)


def test_a_query_has_closed_keys_and_operations() -> None:
    body = query_body(2, Filter(key=Key.SERIAL, value="CA0007-MN-MN-1-1-1000-2022"))
    assert body == {
        "page": 2,
        "size": 500,
        "sort": {"key": "id", "order": "ASC"},
        "filterAnd": [
            {"key": "serialNumber", "operation": "=", "value": "CA0007-MN-MN-1-1-1000-2022"}
        ],
    }


def test_a_key_is_written_as_the_registry_reads_it() -> None:
    key = ApiKey(email="api@example.org", secret="12345")  # noqa: S106
    assert key.header == "YXBpQGV4YW1wbGUub3JnX19fMTIzNDU="


async def test_the_budget_makes_wait_and_never_goes_beyond() -> None:
    now = 0.0
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += seconds

    pace = RequestPace(requests_max=2, window_seconds=10.0, patience_seconds=10.0)
    budget = RequestBudget("MNG01", pace, monotonic=lambda: now, sleep=sleep)
    times = []
    for _ in range(5):
        await budget.take()
        times.append(now)
        now += 1.0
    assert times == [0.0, 1.0, 10.0, 11.0, 20.0]
    assert sum(slept) == 16.0


async def test_a_wait_beyond_patience_is_told_and_nothing_is_sent() -> None:
    pace = RequestPace(requests_max=1, window_seconds=60.0, patience_seconds=5.0)
    budget = RequestBudget("MNG01", pace, monotonic=lambda: 100.0)
    await budget.take()
    with pytest.raises(RegistryBusy) as raised:
        await budget.take()
    assert raised.value.retry_after_seconds == 60.0
    assert not raised.value.may_have_acted


@pytest.mark.parametrize(
    ("status", "told", "code"),
    [
        (400, {"message": "The sender does not own the credit block."}, "not_owner"),
        (400, {"message": "project.creditRetirementRequestNotPending"}, "not_pending"),
        (400, {"message": "Bad request", "errors": [{"a": ["A is required"]}]}, "invalid"),
        (401, {"message": "jwt expired"}, "unauthorized"),
        (400, {"message": "something new"}, "other"),
    ],
)
def test_words_become_codes(status: int, told: dict[str, object], code: str) -> None:
    body = msgspec.json.encode(told | {"statusCode": status})
    refused = RegistryRefused("MNG01", status=status, code="", detail="", body=body)
    assert translated(refused).code == UndpRefusal(code)


@pytest.mark.parametrize(
    ("wanted", "rows", "answer"),
    [
        (
            order(901, 1000),
            [row("CA0007-MN-MN-1-1-1000-2023", 1000)],
            [("CA0007-MN-MN-1-1", "CA0007-MN-MN-1-901-1000-2023", 2)],
        ),
        (
            order(10_201, 10_300),
            [row("CA0007-MN-MN-2-1-300-2023", 300, owner=3)],
            [("CA0007-MN-MN-2-1", "CA0007-MN-MN-2-201-300-2023", 3)],
        ),
        (
            order(51, 200),
            [row("CA0007-MN-MN-1-1-100-2023", 100), row("CA0007-MN-MN-1-101-200-2023", 100, 3)],
            [
                ("CA0007-MN-MN-1-1", "CA0007-MN-MN-1-51-100-2023", 2),
                ("CA0007-MN-MN-1-101", "CA0007-MN-MN-1-101-200-2023", 3),
            ],
        ),
        (order(1, 100), [row("CA0007-MN-MN-1-1-1000-2023", 1000)], PlanFault.NOT_HIGH_END),
        (order(901, 1000), [row("CA0007-MN-MN-1-1-1000-2023", 900)], PlanFault.RESERVED),
        (order(901, 1100), [row("CA0007-MN-MN-1-1-1000-2023", 1000)], PlanFault.NOT_HELD),
        (order(901, 1000), [row("CA0007-MN-MN-1-1-1000-2022", 1000)], PlanFault.NOT_HELD),
        (order(901, 1000), [row("CA0NNN-MN-XX-1-1-1000-2023", 1000)], PlanFault.NOT_HELD),
    ],
    ids=[
        "the high end of a block",
        "a project with an offset",
        "two blocks of two owners",
        "the low end cannot leave",
        "a block with waiting requests",
        "more than there is",
        "another vintage is another series",
        "a placeholder is nothing",
    ],
)
def test_a_plan_takes_only_what_the_registry_would_take(
    wanted: CrossBorderOrder, rows: list[BalanceRow], answer: object
) -> None:
    assert planned(wanted, *rows) == answer


def test_a_statement_follows_requests_and_not_blocks() -> None:
    teller = Teller(VOUCHED)
    teller.balances([row("CA0007-MN-MN-1-1-800-2023", 700), row("CA0009-MN-MN-9-1-5-2023", 5)])
    for number, (serial, kind, status) in enumerate(
        [
            ("CA0007-MN-MN-1-901-1000-2023", "Cross-Border Transactions", "Completed"),
            ("CA0007-MN-MN-1-801-900-2023", "Voluntary Cancellations", "Completed"),
            ("CA0007-MN-MN-1-1-800-2023", "Voluntary Cancellations", "Rejected"),
        ]
    ):
        teller.retirements(
            [
                RetirementRow(
                    id=number,
                    serial_number=serial,
                    credit_amount=100,
                    retirement_type=kind,
                    status=RequestStatus(status),
                )
            ]
        )
    told = teller.told(datetime(2026, 1, 1, tzinfo=UTC))
    assert [(each.first, each.last, each.status.value) for each in told.blocks] == [
        (1, 700, "held"),
        (701, 800, "reserved"),
        (801, 900, "cancelled"),
    ]
    assert [each.serials for each in told.departed] == [SerialRange(901, 1000)]
    assert told.unplaced == (("CA0009-MN-MN-9-1-5-2023", "nobody vouches for its project"),)
    assert not told.overlaps


def test_answers_of_different_instants_are_noticed() -> None:
    teller = Teller(VOUCHED)
    teller.balances([row("CA0007-MN-MN-1-1-1000-2023", 1000)])
    teller.retirements(
        [
            RetirementRow(
                id=1,
                serial_number="CA0007-MN-MN-1-901-1000-2023",
                credit_amount=100,
                retirement_type="Cross-Border Transactions",
                status=RequestStatus.COMPLETED,
            )
        ]
    )
    assert teller.told(datetime(2026, 1, 1, tzinfo=UTC)).overlaps
