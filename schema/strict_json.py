"""JSON that says everything once: repeated keys are refused (RFC 8259 section 4)."""

import json
from typing import Any


class RepeatedKeyError(ValueError):
    """An object carries one key twice; readers would disagree about its value."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise RepeatedKeyError(f"the key {repeated[:64]!r} is repeated")
    return members


def refuse_repeated_keys(text: bytes) -> None:
    """Raise `RepeatedKeyError` when any object in `text`, at any depth, repeats a key.

    Raises:
        RepeatedKeyError: a key is repeated.
        ValueError: the text is not JSON, or nests deeper than the interpreter allows.
    """
    try:
        json.loads(text, object_pairs_hook=_once)
    except RecursionError as cause:
        raise RepeatedKeyError("the text is nested too deeply") from cause
