"""How the registry says no: with 400 for nearly everything."""

from starlette.responses import Response

from connectors.simulator.kit.control import json_answer
from connectors.simulator.undp import texts


class RefusedError(Exception):
    """A rule of the registry forbids it; the text is the message."""


class InvalidError(Exception):
    """Fields of the body do not fit."""

    def __init__(self, errors: dict[str, list[str]], message: str = texts.BAD_REQUEST) -> None:
        """Keep the texts by field."""
        super().__init__(message)
        self.errors = errors


class UnauthorizedError(Exception):
    """Who asks is not known, or not any more."""


def told(cause: RefusedError | InvalidError | UnauthorizedError) -> Response:
    """Return the answer that a refusal becomes."""
    match cause:
        case UnauthorizedError():
            return json_answer({"statusCode": 401, "message": str(cause)}, 401)
        case InvalidError():
            errors = [{name: words} for name, words in cause.errors.items()]
            return json_answer({"statusCode": 400, "message": str(cause), "errors": errors}, 400)
        case RefusedError():
            return json_answer({"statusCode": 400, "message": str(cause)}, 400)
