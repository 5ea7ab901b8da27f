import asyncio
from datetime import timedelta
from uuid import uuid4

from schema.codes import AccountKind, AuthorizationStep, ReceiptResult
from schema.refusals import RefusalCode
from tests import builders as build
from tests.services.conftest import Exchange


async def open_accounts_and_issue(exchange: Exchange) -> None:
    japan = build.authorization_record(
        party="JPN", authorization_id="JPN-1", step=AuthorizationStep.APPROACH
    )
    for sender, message in (
        ("MNG01", build.account_notice()),
        ("JPN01", build.account_notice(account="JP-100", holder_party="JPN")),
        (
            "JPN01",
            build.account_notice(
                account="JP-300", holder_party="JPN", account_kind=AccountKind.RETIREMENT_NDC
            ),
        ),
        ("MNG01", build.authorization_notice()),
        ("JPN01", build.authorization_notice(authorization=japan)),
        ("MNG01", build.issuance_notice()),
    ):
        receipt = await exchange.send(sender, message)
        assert receipt.results[0].result is ReceiptResult.APPLIED, receipt


async def test_a_transfer_goes_from_proposal_to_use_and_moves_the_holdings(
    exchange: Exchange,
) -> None:
    await open_accounts_and_issue(exchange)
    proposal = build.transfer_proposal()
    await exchange.send("MNG01", proposal)
    answer = build.transfer_answer(transfer_id=proposal.transfer_id)
    await exchange.send("JPN01", answer)
    used = await exchange.send("JPN01", build.action_notice())
    assert used.results[0].result is ReceiptResult.APPLIED
    assert await exchange.scalar("SELECT state FROM transfer") == "completed"
    held = """
        SELECT sum(last - first + 1) FROM holding JOIN account USING (account_id)
        WHERE account = $1"""
    assert await exchange.scalar(held, "JP-300") == 40
    assert await exchange.scalar(held, "JP-100") == 20
    assert await exchange.scalar(held, "MN-100") == 40
    assert await exchange.scalar("SELECT count(*) FROM outbox") == 3
    assert await exchange.scalar("SELECT size FROM journal_head") == 9


async def test_the_same_envelope_gets_the_same_receipt_byte_for_byte_however_old(
    exchange: Exchange,
) -> None:
    raw = exchange.envelope("MNG01", build.account_notice())
    first = await exchange.receiver.receive(raw)
    exchange.pass_time(days=3)
    again = await exchange.receiver.receive(raw)
    assert first.receipt is not None
    assert again == first


async def test_a_stale_envelope_of_an_unknown_id_is_refused_and_not_recorded(
    exchange: Exchange,
) -> None:
    raw = exchange.envelope("MNG01", build.account_notice(), lifetime=timedelta(minutes=5))
    exchange.pass_time(hours=1)
    answer = await exchange.receiver.receive(raw)
    assert answer.refusal is not None
    assert answer.refusal.code is RefusalCode.ENVELOPE_STALE
    assert await exchange.scalar("SELECT count(*) FROM envelope") == 0


async def test_a_reused_jti_with_other_content_is_refused_and_kept_as_evidence(
    exchange: Exchange,
) -> None:
    jti = uuid4()
    await exchange.send("MNG01", build.account_notice(), jti=jti)
    other = build.account_notice(account="MN-200")
    receipt = await exchange.send("MNG01", other, jti=jti)
    assert [refusal.code for refusal in receipt.results[0].refusals] == [
        RefusalCode.MESSAGE_ID_REUSED
    ]
    assert await exchange.scalar("SELECT count(*) FROM account WHERE account = 'MN-200'") == 0
    # Its message id is still free.
    fresh = await exchange.send("MNG01", other)
    assert fresh.results[0].result is ReceiptResult.APPLIED


async def test_a_message_issued_anew_under_a_new_jti_is_applied_once(exchange: Exchange) -> None:
    message = build.account_notice()
    first = await exchange.send("MNG01", message)
    exchange.pass_time(days=2)
    again = await exchange.send("MNG01", message)
    assert again.results == first.results
    assert await exchange.scalar("SELECT size FROM journal_head") == 1


async def test_the_same_message_id_with_another_content_is_refused(exchange: Exchange) -> None:
    message = build.account_notice()
    await exchange.send("MNG01", message)
    other = build.account_notice(message_id=message.message_id, account="MN-200")
    receipt = await exchange.send("MNG01", other)
    assert receipt.results[0].refusals[0].code is RefusalCode.MESSAGE_ID_REUSED


async def test_copies_that_arrive_together_are_applied_once_and_answered_alike(
    exchange: Exchange,
) -> None:
    raw = exchange.envelope("MNG01", build.account_notice())
    answers = await asyncio.gather(*(exchange.receiver.receive(raw) for _ in range(50)))
    assert len(set(answers)) == 1
    assert await exchange.scalar("SELECT size FROM journal_head") == 1


async def test_a_batch_is_applied_message_by_message(exchange: Exchange) -> None:
    good, bad = build.account_notice(), build.transfer_answer()
    batch = build.batch(good, bad, good)
    receipt = await exchange.send("MNG01", batch)
    assert [result.result for result in receipt.results] == [
        ReceiptResult.APPLIED,
        ReceiptResult.REFUSED,
        ReceiptResult.APPLIED,
    ]
    assert receipt.results[0] == receipt.results[2]


async def test_a_planted_overlap_of_two_registries_at_the_same_moment_is_accepted_once(
    exchange: Exchange,
) -> None:
    """Twice by the registry whose serials they are, shifted, and once by a stranger."""
    await exchange.send("MNG01", build.account_notice())
    await exchange.send("JPN01", build.account_notice(account="JP-100", holder_party="JPN"))
    for round_number in range(200):
        first = 1 + round_number * 100
        claims = [
            (
                sender,
                build.issuance_notice(
                    account=account,
                    authorization_party=None,
                    authorization_id=None,
                    blocks=(build.issued_block(first + offset, first + offset + 49),),
                ),
            )
            for sender, account, offset in (
                ("MNG01", "MN-100", 0),
                ("MNG01", "MN-100", 25),
                ("JPN01", "JP-100", 10),
            )
        ]
        receipts = await asyncio.gather(*(exchange.send(*claim) for claim in claims))
        results = [receipt.results[0].result for receipt in receipts]
        assert sorted(results[:2]) == [ReceiptResult.APPLIED, ReceiptResult.REFUSED]
        assert results[2] is ReceiptResult.REFUSED
    held = "SELECT sum(last - first + 1) FROM holding JOIN account USING (account_id)"
    assert await exchange.scalar(held) == 200 * 50
    assert await exchange.scalar(held + " WHERE registry = 'MNG01'") == 200 * 50
