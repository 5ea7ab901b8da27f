"""What stood at a moment is told later exactly as it was told then."""

from datetime import datetime
from typing import Any

from hub.gateway.building import build_gateway
from hub.gateway.limits import GatewayLimits
from schema.codes import AccountKind, AuthorizationStep, CorrectionKind, ReceiptResult
from schema.messages import Message
from tests import builders as build
from tests.gateway.conftest import Asker
from tests.services.conftest import Exchange
from tests.services.conftest import exchange as exchange  # noqa: PLC0414 - a fixture

HOLDINGS = """query ($asOf: DateTime) {
    itmoBlocks(asOf: $asOf) { totalCount nodes {
        firstSerial lastSerial status firstTransferred
        account { accountId registry { code } } authorization { authorizationId party { code } } } }
    holdingTotals(groupBy: [STATUS, HOLDER_PARTY, FIRST_TRANSFERRED], asOf: $asOf) {
        status holderParty { code } firstTransferred tonnes units } }"""


def _serials(told: Any) -> dict[int, Any]:
    """What is told of every single serial: how blocks are cut has no meaning."""
    return {
        serial: {key: value for key, value in block.items() if "Serial" not in key}
        for block in told["itmoBlocks"]["nodes"]
        for serial in range(block["firstSerial"], block["lastSerial"] + 1)
    }


async def test_holdings_as_of_a_moment_are_what_was_told_at_that_moment(
    exchange: Exchange,
) -> None:
    asker = Asker(build_gateway(exchange.database, GatewayLimits(), exchange.now).executing)
    japan = build.authorization_record(
        party="JPN", authorization_id="JPN-1", step=AuthorizationStep.APPROACH
    )
    proposal = build.transfer_proposal()
    use = build.action_notice()
    story: list[tuple[str, Message]] = [
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
        ("MNG01", proposal),
        ("JPN01", build.transfer_answer(transfer_id=proposal.transfer_id)),
        ("JPN01", use),
        (
            "JPN01",
            build.correction_notice(corrects=use.message_id, correction=CorrectionKind.REVERSAL),
        ),
        ("JPN01", build.action_notice()),
    ]
    told_then: list[tuple[datetime, Any]] = []
    for sender, message in story:
        receipt = await exchange.send(sender, message)
        assert receipt.results[0].result is ReceiptResult.APPLIED, receipt.results[0].refusals
        exchange.pass_time(seconds=1)  # the hub gives each envelope a microsecond of its own
        told_then.append((exchange.now(), await asker.data(HOLDINGS)))
        exchange.pass_time(minutes=7)

    assert len({str(told) for _, told in told_then}) >= 4, "the story changes holdings"
    for moment, then in told_then:
        now = await asker.data(HOLDINGS, {"asOf": moment.isoformat()})
        assert _serials(now) == _serials(then), moment
        assert now["holdingTotals"] == then["holdingTotals"], moment


async def test_nothing_is_held_before_the_first_issuance(ask: Asker) -> None:
    query = '{ itmoBlocks(asOf: "2020-01-01T00:00:00Z") { totalCount nodes { count } } }'
    told = await ask.data(query)
    # The small world has holdings of series 2 without any history; they are told as they stand.
    assert told["itmoBlocks"]["nodes"] == [{"count": 500}]


async def test_one_unit_is_found_as_of_a_moment(ask: Asker) -> None:
    query = """query ($asOf: DateTime) {
        itmoBlock(identifier: "CA0007-MNG01-MNG-500-2021", asOf: $asOf) { count } }"""
    assert (await ask.data(query, {"asOf": "2026-02-01T00:00:00Z"}))["itmoBlock"] == {"count": 600}
    assert (await ask.data(query, {"asOf": "2026-01-01T00:00:00Z"}))["itmoBlock"] is None
