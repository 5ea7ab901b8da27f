"""`submitMessage`: the receive service's answers as members of one union."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import orjson
import pytest

from hub.gateway.building import build_gateway
from hub.gateway.limits import GatewayLimits
from hub.services.arrivals import Answer
from hub.storage.database import Database
from schema.codec import encode_body
from schema.codes import ReceiptResult
from schema.messages import JournalLeaf, MessageResult, Receipt, kind_of
from schema.refusals import BlockReference, Refusal, RefusalCode, refuse
from signing.claims import Claims
from signing.compact import signing_input
from tests.gateway.conftest import NOW

SUBMIT = """mutation ($envelope: String!) { submitMessage(envelope: $envelope) {
    __typename
    ... on EnvelopeReceived { receipt results { messageId outcome leafIndex
        refusals { code detail block } message { kind } } }
    ... on EnvelopeRefused { refusal { code detail block } }
    ... on TryAgainLater { words } } }"""
MESSAGE = UUID(int=7)


async def submit(database: Database, answer: Answer) -> Any:
    taken: list[bytes] = []

    async def receive(raw: bytes) -> Answer:
        taken.append(raw)
        return answer

    gateway = build_gateway(database, GatewayLimits(), lambda: NOW, submit=receive)
    told = orjson.loads((await gateway.execute(SUBMIT, {"envelope": "a.b.c"})).body)
    assert taken == [b"a.b.c"]
    return told["data"]["submitMessage"]


async def test_a_receipt_is_told_with_what_became_of_each_message(database: Database) -> None:
    block = BlockReference(
        approach="CA0007", registry="MNG01", first_party="MNG", vintage=2021, first=1, last=2
    )
    refusal = Refusal(code=RefusalCode.UNITS_NOT_HELD, detail="not there", block=block)
    receipt = Receipt(
        message_id=UUID(int=9),
        in_reply_to=UUID(int=8),
        envelope_digest="0" * 64,
        received_at=datetime(2026, 3, 2, tzinfo=UTC),
        results=(
            MessageResult(
                message_id=MESSAGE,
                result=ReceiptResult.REFUSED,
                refusals=(refusal,),
                leaf=JournalLeaf(origin="hub", leaf_index=3, leaf_hash="1" * 64),
            ),
        ),
    )
    told = await submit(database, Answer(receipt=envelope_with(receipt)))
    (result,) = told["results"]
    assert told["__typename"] == "EnvelopeReceived"
    assert result == {
        "messageId": str(MESSAGE),
        "outcome": "REFUSED",
        "leafIndex": 3,
        "message": None,
        "refusals": [
            {
                "code": "units_not_held",
                "detail": "not there",
                "block": {
                    "approach": "CA0007",
                    "registry": "MNG01",
                    "first_party": "MNG",
                    "vintage": 2021,
                    "first": 1,
                    "last": 2,
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (RefusalCode.SIGNATURE_INVALID, "EnvelopeRefused"),
        (RefusalCode.TRY_AGAIN_LATER, "TryAgainLater"),
    ],
)
async def test_a_refusal_is_a_member_of_the_union(
    database: Database, code: RefusalCode, expected: str
) -> None:
    told = await submit(database, Answer(refusal=refuse(code, "why")))
    assert told["__typename"] == expected


async def test_a_gateway_without_the_exchange_takes_no_messages(database: Database) -> None:
    gateway = build_gateway(database, GatewayLimits(), lambda: NOW)
    told = orjson.loads((await gateway.execute(SUBMIT, {"envelope": "a.b.c"})).body)
    assert told["errors"][0]["extensions"]["code"] == "FORBIDDEN"


def envelope_with(receipt: Receipt) -> bytes:
    claims = Claims.of(
        issuer="HUB01",
        audience="MNG01",
        jti=UUID(int=10),
        kind=kind_of(receipt),
        body=encode_body(receipt),
        issued_at=NOW,
        lifetime=timedelta(hours=1),
    )
    return signing_input(b"{}", msgspec.json.encode(claims)) + b".c2ln"
