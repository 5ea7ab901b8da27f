"""Runs of reconciliation against a real database: what is opened, told, frozen and closed."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from hub.services.reconcile import Result, RunReport, UnknownRegistryError
from schema.codec import decode_body
from schema.codes import AccountKind, ReceiptResult, UnitStatus
from schema.messages import DiscrepancyNotice
from schema.refusals import RefusalCode
from tests import builders as build
from tests.services.conftest import Exchange
from tests.services.stating import StatingRegistry, a_reconciler
from tests.services.test_receive import open_accounts_and_issue


@pytest.fixture
async def mongolia(exchange: Exchange) -> StatingRegistry:
    """Mongolia's registry after it issued 100 t; it states the truth."""
    await open_accounts_and_issue(exchange)
    return StatingRegistry(
        exchange=exchange,
        registry="MNG01",
        blocks=[build.stated_block()],
        authorizations=[build.stated_authorization()],
    )


async def run(exchange: Exchange, *registries: StatingRegistry) -> RunReport:
    exchange.pass_time(minutes=1)
    return await a_reconciler(exchange, *registries).run()


async def row(exchange: Exchange, statement: str, *arguments: object) -> dict[str, Any]:
    async with exchange.database.reading() as connection:
        (found,) = await connection.fetch(statement, *arguments)
        return dict(found)


async def rows(exchange: Exchange, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    async with exchange.database.reading() as connection:
        return [tuple(one) for one in await connection.fetch(statement, *arguments)]


async def notices(exchange: Exchange) -> list[tuple[str, DiscrepancyNotice]]:
    found = []
    for destination, body in await rows(
        exchange,
        "SELECT destination, body FROM outbox WHERE kind = 'discrepancy-notice' ORDER BY outbox_id",
    ):
        notice = decode_body("discrepancy-notice", body)
        assert isinstance(notice, DiscrepancyNotice)
        found.append((destination, notice))
    return found


HISTORY = "SELECT event, from_state, to_state, actor FROM discrepancy_event ORDER BY event_id"


async def test_a_registry_that_states_the_truth_agrees_and_its_freshness_is_recorded(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    report = await run(exchange, mongolia)
    (result,) = report.registries
    assert (result.result, result.units, report.found) == (Result.AGREES, 100, 0)
    stored = await row(exchange, "SELECT result, units_compared, found FROM reconciliation_run")
    assert stored == {"result": "whole", "units_compared": 100, "found": 0}
    standing = await row(exchange, "SELECT good_at, good_stated_at FROM reconciliation_standing")
    assert standing == {"good_at": exchange.now(), "good_stated_at": exchange.now()}


async def test_whatever_was_compared_is_kept_as_signed_and_stands_in_the_journal(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    mongolia.rows_a_page = 1
    mongolia.blocks = [build.stated_block(1, 40), build.stated_block(41, 100)]
    await run(exchange, mongolia)
    kept = await rows(
        exchange,
        """SELECT s.level, p.page, s.pages, s.signature, e.sender, l.leaf_index IS NOT NULL
           FROM statement s JOIN statement_page p USING (statement_id)
           JOIN envelope e USING (envelope_id) LEFT JOIN journal_leaf l USING (envelope_id)
           ORDER BY s.statement_id, p.page""",
    )
    assert kept == [
        ("totals", 1, 1, "verified", "MNG01", True),
        ("blocks", 1, 2, "verified", "MNG01", True),
        ("blocks", 2, 2, "verified", "MNG01", True),
    ]


async def test_another_split_of_the_same_serials_is_no_disagreement(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    mongolia.blocks = [build.stated_block(n, n + 9) for n in range(91, 0, -10)]
    assert (await run(exchange, mongolia)).found == 0


async def test_a_lie_becomes_one_discrepancy_with_the_words_of_both_sides(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    mongolia.blocks = [
        build.stated_block(1, 60),
        build.stated_block(61, 100, status=UnitStatus.USED_NDC),
    ]
    report = await run(exchange, mongolia)
    assert (report.found, report.opened) == (1, 1)
    case = await row(
        exchange, "SELECT code, state, units, tonnes, registries, ours, theirs FROM discrepancy"
    )
    ours, theirs = (msgspec.json.decode(case.pop(side)) for side in ("ours", "theirs"))
    assert case == {
        "code": "other_status",
        "state": "open",
        "units": 40,
        "tonnes": 40,
        "registries": ["MNG01"],
    }
    assert [(one["source"], one["first"], one["state"]["status"]) for one in ours + theirs] == [
        ("HUB01", 61, "held"),
        ("MNG01", 61, "used towards NDC"),
    ]


async def test_the_registries_concerned_are_told_with_a_due_date_and_the_hub_records_its_act(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    mongolia.blocks = [build.stated_block(1, 90)]
    await run(exchange, mongolia)
    ((to, notice),) = await notices(exchange)
    assert (to, notice.code, notice.state, notice.tonnes) == (
        "MNG01",
        "missing_there",
        "open",
        10,
    )
    assert [(one.first, one.last) for one in notice.serials] == [(91, 100)]
    assert (notice.due_at - exchange.now()).days == 5
    acts = "SELECT count(*) FROM envelope WHERE kind = 'discrepancy-notice' AND sender = 'HUB01'"
    assert await exchange.scalar(acts) == 1


async def test_disputed_serials_stand_still_until_the_dispute_is_over(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    mongolia.blocks = [build.stated_block(1, 90)]
    await run(exchange, mongolia)
    ((_, notice),) = await notices(exchange)
    assert notice.frozen_until is not None
    refused = await exchange.send(
        "MNG01", build.transfer_proposal(blocks=(build.unit_block(85, 95),))
    )
    codes = [one.code for one in refused.results[0].refusals]
    assert codes == [RefusalCode.UNITS_FROZEN]
    mongolia.blocks = [build.stated_block()]
    report = await run(exchange, mongolia)
    assert report.resolved == 1
    freed = await exchange.send(
        "MNG01", build.transfer_proposal(blocks=(build.unit_block(85, 95),))
    )
    assert freed.results[0].result is ReceiptResult.APPLIED


async def test_an_expired_freeze_lifts_while_the_case_stays_open(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    mongolia.blocks = [build.stated_block(1, 90)]
    await run(exchange, mongolia)
    exchange.pass_time(days=31)
    report = await run(exchange, mongolia)
    assert report.opened == 0
    moved = await exchange.send(
        "MNG01", build.transfer_proposal(blocks=(build.unit_block(85, 95),))
    )
    assert moved.results[0].result is ReceiptResult.APPLIED
    assert await exchange.scalar("SELECT state FROM discrepancy") == "open"


@pytest.mark.usefixtures("mongolia")
async def test_who_claims_what_others_hold_freezes_nothing(exchange: Exchange) -> None:
    claim = build.stated_block(1, 50, account="JP-100")
    japan = StatingRegistry(exchange=exchange, registry="JPN01", blocks=[claim])
    await run(exchange, japan)
    assert await exchange.scalar("SELECT count(*) FROM discrepancy") == 1
    assert await exchange.scalar("SELECT count(*) FROM unit_freeze") == 0


async def test_a_discrepancy_is_found_again_resolved_and_reopened_with_its_whole_history(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    truth, lie = [build.stated_block()], [build.stated_block(1, 90)]
    for stated in (lie, lie, truth, lie):
        mongolia.blocks = stated
        await run(exchange, mongolia)
    case = await row(exchange, "SELECT state, recurrences FROM discrepancy")
    assert case == {"state": "open", "recurrences": 1}
    assert await rows(exchange, HISTORY) == [
        ("opened", None, "open", "HUB01"),
        ("not found any more", "open", "resolved", "HUB01"),
        ("found again", "resolved", "open", "HUB01"),
    ]
    told = [notice.state for _, notice in await notices(exchange)]
    assert told == ["open", "resolved", "open"]


async def test_a_statement_that_contradicts_itself_is_refused_with_its_rows_and_closes_nothing(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    mongolia.blocks = [build.stated_block(1, 90)]
    await run(exchange, mongolia)
    mongolia.blocks = [build.stated_block(1, 60), build.stated_block(51, 100)]
    report = await run(exchange, mongolia)
    (result,) = report.registries
    assert result.result is Result.CONTRADICTS_ITSELF
    assert result.words == "row 1 and 2: serials 51-60 are stated twice"
    assert not report.is_whole
    assert await exchange.scalar("SELECT state FROM discrepancy") == "open"


async def test_a_contradiction_between_two_pages_is_found_too(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    mongolia.rows_a_page = 1
    mongolia.blocks = [build.stated_block(1, 60), build.stated_block(51, 100)]
    (result,) = (await run(exchange, mongolia)).registries
    assert result.words == "row 1 and 2: serials 51-60 are stated twice"


async def test_a_registry_that_does_not_answer_keeps_its_last_good_standing(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    await run(exchange, mongolia)
    good_at = exchange.now()
    mongolia.reachable = False
    report = await run(exchange, mongolia)
    assert [one.result for one in report.registries] == [Result.NOT_COMPARED]
    standing = await row(
        exchange, "SELECT good_at, last_attempt_at, last_result FROM reconciliation_standing"
    )
    assert standing == {
        "good_at": good_at,
        "last_attempt_at": exchange.now(),
        "last_result": "not compared",
    }


async def test_one_unit_in_two_registries_is_told_once_as_a_double_claim(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    claim = build.stated_block(41, 60, account="JP-100")
    japan = StatingRegistry(exchange=exchange, registry="JPN01", blocks=[claim])
    report = await run(exchange, mongolia, japan)
    assert report.found == 1
    case = await row(exchange, "SELECT code, severity, units, registries FROM discrepancy")
    assert case == {
        "code": "double_claim",
        "severity": "critical",
        "units": 20,
        "registries": ["JPN01", "MNG01"],
    }
    assert {to for to, _ in await notices(exchange)} == {"JPN01", "MNG01"}


async def test_a_registry_that_was_not_asked_settles_nothing_about_itself(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    mongolia.blocks = [build.stated_block(1, 90)]
    await run(exchange, mongolia)
    await run(exchange, StatingRegistry(exchange=exchange, registry="JPN01"))
    assert await exchange.scalar("SELECT state FROM discrepancy") == "open"


async def test_a_registry_without_connector_cannot_be_asked(exchange: Exchange) -> None:
    with pytest.raises(UnknownRegistryError):
        await a_reconciler(exchange).run(["GHA01"])


async def the_case(exchange: Exchange) -> UUID:
    found = await exchange.scalar("SELECT discrepancy_id FROM discrepancy")
    assert isinstance(found, UUID)
    return found


async def test_a_discrepancy_is_closed_when_all_registries_concerned_accept_by_signed_answers(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    claim = build.stated_block(41, 60, account="JP-100")
    await run(
        exchange,
        mongolia,
        StatingRegistry(exchange=exchange, registry="JPN01", blocks=[claim]),
    )
    case = await the_case(exchange)
    for sender, accepts in (("JPN01", False), ("JPN01", True), ("MNG01", True)):
        exchange.pass_time(minutes=1)
        answer = build.discrepancy_answer(discrepancy_id=case, accepts=accepts)
        receipt = await exchange.send(sender, answer)
        assert receipt.results[0].result is ReceiptResult.APPLIED
    stored = await row(exchange, "SELECT state, acknowledged_by, accepted_by FROM discrepancy")
    assert stored == {
        "state": "accepted by both",
        "acknowledged_by": ["JPN01", "MNG01"],
        "accepted_by": ["JPN01", "MNG01"],
    }
    assert await rows(exchange, HISTORY) == [
        ("opened", None, "open", "HUB01"),
        ("acknowledged", "open", "acknowledged", "JPN01"),
        ("acknowledged", "acknowledged", "acknowledged", "JPN01"),
        ("accepted by all registries concerned", "acknowledged", "accepted by both", "MNG01"),
    ]
    assert await exchange.scalar("SELECT count(*) FROM unit_freeze WHERE lifted_at IS NULL") == 0


async def test_an_answer_to_what_does_not_concern_the_sender_is_refused(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    mongolia.blocks = [build.stated_block(1, 90)]
    await run(exchange, mongolia)
    answer = build.discrepancy_answer(discrepancy_id=await the_case(exchange))
    receipt = await exchange.send("JPN01", answer)
    assert [one.code for one in receipt.results[0].refusals] == [RefusalCode.SENDER_NOT_ENTITLED]
    unknown = await exchange.send("JPN01", build.discrepancy_answer())
    assert [one.code for one in unknown.results[0].refusals] == [RefusalCode.RECORD_UNKNOWN]


async def test_what_admission_finds_is_opened_with_the_message_and_told(exchange: Exchange) -> None:
    await open_accounts_and_issue(exchange)
    receipt = await exchange.send("MNG01", build.issuance_notice())
    assert receipt.results[0].result is ReceiptResult.REFUSED
    case = await row(exchange, "SELECT code, state, message_id, units FROM discrepancy")
    assert case["code"] == "double_issuance"
    assert case["message_id"] == receipt.results[0].message_id
    assert [to for to, _ in await notices(exchange)] == ["MNG01"]


async def test_a_transfer_that_cannot_be_applied_opens_a_case_at_once(exchange: Exchange) -> None:
    await open_accounts_and_issue(exchange)
    proposal = build.transfer_proposal()
    await exchange.send("MNG01", proposal)
    await exchange.send("JPN01", build.transfer_answer(transfer_id=proposal.transfer_id))
    cannot = build.outcome_answer(
        transfer_id=proposal.transfer_id, result="cannot apply", reason="account is blocked"
    )
    await exchange.send("JPN01", cannot)
    case = await row(exchange, "SELECT code, transfer_id, units FROM discrepancy")
    assert case == {"code": "cannot_apply", "transfer_id": proposal.transfer_id, "units": 60}
    assert {to for to, _ in await notices(exchange)} == {"JPN01", "MNG01"}


async def test_a_registry_of_copies_that_was_told_nothing_covers_nothing(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    await make_international(exchange)
    copies = StatingRegistry(exchange=exchange, registry="JPN01")
    report = await run(exchange, mongolia, copies)
    assert {one.registry: one.result for one in report.registries} == {
        "MNG01": Result.AGREES,
        "JPN01": Result.STATES_NOTHING,
    }


async def test_copies_are_compared_by_holding_party_and_status_alone(
    exchange: Exchange, mongolia: StatingRegistry
) -> None:
    await make_international(exchange)
    account = build.account_notice(account="IR-MNG", holder_party="MNG")
    await exchange.send("JPN01", account)
    copies = StatingRegistry(
        exchange=exchange,
        registry="JPN01",
        blocks=[build.stated_block(account="IR-MNG", authorization=None)],
    )
    assert (await run(exchange, mongolia, copies)).found == 0
    copies.blocks = [
        build.stated_block(1, 70, account="IR-MNG"),
        build.stated_block(
            71, 100, account="IR-MNG", status=UnitStatus.CANCELLED,
            account_kind=AccountKind.CANCELLATION_VOLUNTARY,
        ),
    ]  # fmt: skip
    report = await run(exchange, mongolia, copies)
    assert report.found == 1
    case = await row(exchange, "SELECT code, units, registries FROM discrepancy")
    assert case == {"code": "other_status", "units": 30, "registries": ["JPN01"]}


async def make_international(exchange: Exchange) -> None:
    """Let the second registry keep copies of what Parties report."""
    async with exchange.database.unit_of_work() as work:
        await work.connection.execute(
            "UPDATE registry SET kind = 'international registry' WHERE registry = 'JPN01'"
        )
