"""Answers as bytes of JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError

from hub.gateway.masking import masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as bytes of JSON."""

    body: bytes
    executed: bool
    """False for request errors: nothing was executed, and there is no `data`."""


def refused(faults: Sequence[GraphQLError]) -> Answer:
    """Return the answer to a request that cannot be executed."""
    body = orjson.dumps({"errors": [fault.formatted for fault in faults]})
    return Answer(body=body, executed=False)


def failed(cause: Exception) -> Answer:
    """Return the answer when the reads of an operation failed."""
    fault = masked(GraphQLError("failed", original_error=cause))
    return Answer(body=orjson.dumps({"errors": [fault.formatted], "data": None}), executed=True)


def formatted(fields: Sequence[tuple[str, str]], withheld: Sequence[str]) -> Answer:
    """Return the answer made of the JSON of its root fields."""
    data = ",".join([f'"{key}":{text}' for key, text in fields])
    told = f',"extensions":{_withheld(withheld)}' if withheld else ""
    return Answer(body=f'{{"data":{{{data}}}{told}}}'.encode(), executed=True)


def completed(result: ExecutionResult, withheld: Sequence[str]) -> Answer:
    """Return the answer that graphql-core made."""
    told: dict[str, Any] = {}
    if result.errors:
        told["errors"] = [masked(fault).formatted for fault in result.errors]
    told["data"] = result.data
    if withheld:
        told["extensions"] = {"withheld": list(withheld)}
    return Answer(body=orjson.dumps(told), executed=True)


def _withheld(paths: Sequence[str]) -> str:
    return orjson.dumps({"withheld": list(paths)}).decode()
