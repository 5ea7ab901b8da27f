"""Global ids of nodes, and cursors of pages: opaque to readers, natural to us."""

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

ID_CHARS_MAX: Final = 512
_ID: Final = re.compile(r"([A-Za-z]{2,40}):(.+)", re.DOTALL)


def global_id(kind: str, *key: object) -> str:
    """Return the global id of a node of a type; only the last part of a key may hold a slash."""
    return base64.b64encode(f"{kind}:{'/'.join(map(str, key))}".encode()).decode()


def read_global_id(text: str) -> tuple[str, str] | None:
    """Return the type and the joined key of a global id; None when it is none."""
    if len(text) > ID_CHARS_MAX:
        return None
    try:
        match = _ID.fullmatch(base64.b64decode(text, validate=True).decode())
    except ValueError:
        return None
    return None if match is None else (match[1], match[2])


def make_cursor(order: str, *place: object) -> str:
    """Return the cursor of a place in an order."""
    return base64.urlsafe_b64encode(orjson.dumps((order, *place))).decode()


def read_cursor(text: str, order: str, kinds: Sequence[type]) -> tuple[Any, ...] | None:
    """Return the place that a cursor of this order names; None when it is none."""
    if len(text) > ID_CHARS_MAX:
        return None
    try:
        read = orjson.loads(base64.urlsafe_b64decode(text))
        match read:
            case [str(found), *place] if found == order and len(place) == len(kinds):
                return tuple(_read(value, kind) for value, kind in zip(place, kinds, strict=True))
            case _:
                return None
    except (ValueError, binascii.Error):
        return None


def _read(value: object, kind: type) -> object:
    """Read one value of a place, strictly.

    Raises:
        ValueError: it is not of this kind.
    """
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 2**63:
            raise ValueError(value)
        return value
    if isinstance(value, str):
        if kind is str and "\0" not in value:
            return value
        if kind is UUID:
            return UUID(value)
        if kind is datetime:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment
    raise ValueError(value)
