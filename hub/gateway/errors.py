"""Errors that clients see: each has a stable code; all others are masked."""

from enum import StrEnum, unique

from graphql import GraphQLError


@unique
class ErrorCode(StrEnum):
    """`extensions.code` of every error that the gateway answers."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    BAD_REQUEST = "BAD_REQUEST"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    """Depth, aliases, tokens or root fields beyond the limits."""
    COST_ESTIMATED_TOO_EXPENSIVE = "COST_ESTIMATED_TOO_EXPENSIVE"
    TIMEOUT = "TIMEOUT"
    UNAVAILABLE = "UNAVAILABLE"
    """The database cannot be reached; try again later."""
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
    """A fault of ours; the log knows it by the correlation id."""


def error(code: ErrorCode, words: str) -> GraphQLError:
    """Return an error with its code."""
    return GraphQLError(words, extensions={"code": code.value})


def bad_input(words: str) -> GraphQLError:
    """Return the error for an argument that cannot be right."""
    return error(ErrorCode.BAD_USER_INPUT, words)


class NotAdmittedError(Exception):
    """Whoever asks may not; the text says why."""

    def __init__(self, words: str, *, status: int = 401) -> None:
        super().__init__(words)
        self.status = status


class MalformedError(Exception):
    """A request that is no GraphQL request; the text says why."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.status = status
