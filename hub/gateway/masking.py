"""What clients learn of errors: their own in full, ours by a code and a correlation id."""

from typing import Final
from uuid import uuid4

import structlog
from graphql import GraphQLError

from hub.gateway.errors import ErrorCode
from hub.storage.errors import DatabaseUnavailableError
from hub.storage.queries.graph.reading import ReadTimeoutError

log: Final = structlog.get_logger(__name__)

_TOLD: Final = {
    ReadTimeoutError: (ErrorCode.TIMEOUT, "the answer took too long; ask for less"),
    DatabaseUnavailableError: (ErrorCode.UNAVAILABLE, "try again later"),
}


def masked(fault: GraphQLError) -> GraphQLError:
    """Return the error as the client may see it; what is ours goes to the log."""
    cause = fault.original_error
    if isinstance(cause, GraphQLError) or cause is None:
        if "code" not in (fault.extensions or {}):
            fault.extensions = {"code": ErrorCode.BAD_USER_INPUT.value}
        return fault
    code, words = _TOLD.get(type(cause), (ErrorCode.INTERNAL_SERVER_ERROR, "a fault of the hub"))
    correlation_id = str(uuid4())
    log.error(
        "gateway.failed",
        correlation_id=correlation_id,
        code=code.value,
        path=fault.path,
        exc_info=cause,
    )
    return GraphQLError(
        words,
        nodes=fault.nodes,
        path=fault.path,
        extensions={"code": code.value, "correlationId": correlation_id},
    )
