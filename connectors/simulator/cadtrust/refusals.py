"""How a node says no: always with 400, in one of two forms."""

from starlette.responses import Response

from connectors.simulator.cadtrust import texts
from connectors.simulator.kit.control import json_answer


class RefusedError(Exception):
    """The call cannot be done; the text is the detail."""


class InvalidError(Exception):
    """The body or the query does not fit; one text a fault."""

    def __init__(self, errors: list[str]) -> None:
        """Keep the texts."""
        super().__init__(errors)
        self.errors = errors


def refused(summary: str, detail: str) -> Response:
    """Say no: with a summary and the detail, or where there is no summary with the detail alone."""
    if not summary:
        return json_answer({"message": detail, "success": False}, 400)
    return json_answer({"message": summary, "error": detail, "success": False}, 400)


def invalid(errors: list[str]) -> Response:
    """Say what does not fit."""
    return json_answer({"message": texts.VALIDATION, "errors": errors, "success": False}, 400)
