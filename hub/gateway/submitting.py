"""The mutation `submitMessage`: an envelope goes to the receive service, its answer is told."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
from graphql import GraphQLResolveInfo, GraphQLSchema
from strawberry import ID

from hub.gateway.errors import ErrorCode, error
from hub.gateway.planner.asking import ask
from hub.gateway.planner.node_roots import plan_one
from hub.gateway.planner.planning import Planner
from hub.gateway.planner.prepared import Prepared
from hub.gateway.planner.selecting import Selector
from hub.gateway.resolving import Resolved
from hub.gateway.under_way import Operation
from hub.services.arrivals import Answer
from hub.storage.queries.graph.plan import Ask
from schema.codec import decode_body
from schema.graphql.exchange import RefusalReason
from schema.graphql.scalars import Serial
from schema.graphql.submission import (
    EnvelopeReceived,
    EnvelopeRefused,
    MessageResult,
    TryAgainLater,
)
from schema.messages import MessageKind, Receipt
from schema.refusals import Refusal, RefusalCode
from signing.claims import Claims
from signing.compact import split_compact

Submit = Callable[[bytes], Awaitable[Answer]]
"""The receive service: the bytes of an envelope in, the signed answer out."""
Told = EnvelopeReceived | EnvelopeRefused | TryAgainLater
Info = GraphQLResolveInfo[Operation]


def attach_submission(schema: GraphQLSchema, submit: Submit | None) -> None:
    """Give the mutation and the fields of its answer their resolvers."""

    async def submit_message(_: object, __: Info, *, envelope: str) -> Told:
        if submit is None:
            raise error(ErrorCode.FORBIDDEN, "this gateway takes no messages")
        try:
            raw = envelope.encode("ascii")
        except UnicodeEncodeError:
            raw = b""
        return told(await submit(raw))

    assert schema.mutation_type is not None
    schema.mutation_type.fields["submitMessage"].resolve = submit_message
    result: Any = schema.type_map["MessageResult"]
    result.fields["message"].resolve = _message


def told(answer: Answer) -> Told:
    """Return the answer of the receive service as the schema has it."""
    if answer.receipt is None:
        assert answer.refusal is not None, "an answer has one of both"
        if answer.refusal.code is RefusalCode.TRY_AGAIN_LATER:
            return TryAgainLater(words=answer.refusal.detail)
        return EnvelopeRefused(refusal=_reason(answer.refusal))
    # The receipt is the hub's own, just signed: it needs no verification, only reading.
    claims = Claims.decode(split_compact(answer.receipt).payload)
    receipt = decode_body(MessageKind.RECEIPT, bytes(claims.body))
    assert isinstance(receipt, Receipt)
    return EnvelopeReceived(
        receipt=answer.receipt.decode("ascii"),
        results=[
            MessageResult(
                message_id=ID(str(result.message_id)),
                outcome=result.result,
                refusals=[_reason(refusal) for refusal in result.refusals],
                leaf_index=Serial(result.leaf.leaf_index),
                message=None,
            )
            for result in receipt.results
        ],
    )


def _reason(refusal: Refusal) -> RefusalReason:
    block = None if refusal.block is None else msgspec.to_builtins(refusal.block)
    return RefusalReason(code=refusal.code.value, detail=refusal.detail, block=block)


async def _message(source: MessageResult, info: Info) -> Resolved:
    """Read the message as it now stands in the database."""
    under_way = info.context
    selector = Selector(info.schema, info.fragments, info.variable_values)
    key = str(info.path.key)
    planner = Planner(selector, under_way.viewer.access, [key])
    planned = plan_one(key, "Message", "message_id", planner, info.field_nodes)
    asks = [Ask(key=(UUID(source.message_id),))]
    asks += [ask(slot, info.variable_values, under_way.limits) for slot in planned.slots[1:]]
    return Resolved(await under_way.run(Prepared(reads=((planned, tuple(asks)),))))
