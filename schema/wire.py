"""The base of every wire structure, and the bounded types of its fields.

Unknown and missing fields are refused by the structures themselves, repeated keys by
`schema.codec`. Every text has a maximum length, every list a maximum number of entries: outside
input is hostile.
"""

from datetime import date, datetime
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

MAX_BLOCKS: Final = 3_000
"""Blocks in one message (as in the Kyoto log's proposals)."""
MAX_BATCH: Final = 1_000
"""Messages in one batch envelope."""
MAX_STATEMENT_ROWS: Final = 100_000
"""Rows of one page of a statement."""


class WireStruct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all that crosses the wire: immutable, strict, every field present."""


# Python's `$` also matches before a last newline; `$(?!\n)` is the end here and in JSON Schema.
Code = Annotated[str, Meta(max_length=32)]
"""A short code; its form is checked by the identifier rules, so that the refusal can name it."""
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Reference = Annotated[
    str,
    Meta(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$(?!\n)"),
]
"""An opaque id given by a registry: printable ASCII without surrounding blanks."""
Text = Annotated[str, Meta(max_length=4_000)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
"""SHA-256 in lower-case hexadecimal."""
DecimalText = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,17})(\.[0-9]{0,5}[1-9])?$(?!\n)")]
"""A canonical non-negative decimal: no leading zero, no trailing zero after the point."""
Instant = Annotated[datetime, Meta(tz=True)]
"""An aware point in time, UTC on output."""
Day = date
Year = Annotated[int, Meta(ge=1900, le=2200)]
Tonnes = Annotated[int, Meta(ge=0, lt=2**53)]
"""Whole tCO2e."""

_Item = TypeVar("_Item")
Blocks = Annotated[tuple[_Item, ...], Meta(max_length=MAX_BLOCKS + 1)]
"""One more than allowed, so that the refusal is `too_many_blocks` and not a malformed body."""
Few = Annotated[tuple[_Item, ...], Meta(max_length=200)]
Many = Annotated[tuple[_Item, ...], Meta(max_length=MAX_STATEMENT_ROWS)]
