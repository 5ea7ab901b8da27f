"""Entry bundles: up to 256 neighbouring entries as one published file (C2SP tlog-tiles)."""

from collections.abc import Sequence

from hub.journal.tiles import TILE_WIDTH

ENTRY_SIZE_BYTES_MAX = 65_535
_LENGTH_SIZE_BYTES = 2


class MalformedBundleError(Exception):
    """The bytes are not a sequence of length-prefixed entries."""


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Write each entry after its length in two bytes, big-endian.

    ValueError for more than 256 entries or an entry that is too long for the format.
    """
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise ValueError(f"a bundle holds 1 to {TILE_WIDTH} entries, not {len(entries)}")
    if any(len(entry) > ENTRY_SIZE_BYTES_MAX for entry in entries):
        raise ValueError(f"an entry has at most {ENTRY_SIZE_BYTES_MAX} bytes")
    return b"".join(len(entry).to_bytes(_LENGTH_SIZE_BYTES, "big") + entry for entry in entries)


def decode_bundle(data: bytes, *, width: int = TILE_WIDTH) -> tuple[bytes, ...]:
    """Read a bundle of exactly `width` entries (MalformedBundleError)."""
    entries: list[bytes] = []
    position = 0
    while position < len(data) and len(entries) <= width:
        start = position + _LENGTH_SIZE_BYTES
        position = start + int.from_bytes(data[position:start], "big")
        entries.append(data[start:position])
    if position != len(data) or len(entries) != width:
        raise MalformedBundleError(f"not a bundle of {width} whole entries")
    return tuple(entries)
