"""What a witness signs: the checkpoint and the time (C2SP tlog-cosignature, Ed25519)."""

from datetime import UTC, datetime

TIMESTAMP_SIZE_BYTES = 8
# The last second that a datetime can hold: 9999-12-31T23:59:59Z.
_SECONDS_MAX = 253_402_300_799


def cosigned_message(text: str, at: datetime) -> bytes:
    """Return the signed bytes: a header line, the time in whole Unix seconds, the whole text."""
    return f"cosignature/v1\ntime {_seconds(at)}\n{text}".encode()


def pack_timestamp(at: datetime) -> bytes:
    """Write the time as eight bytes, big-endian Unix seconds."""
    return _seconds(at).to_bytes(TIMESTAMP_SIZE_BYTES, "big")


def unpack_timestamp(data: bytes) -> datetime | None:
    """Read the eight bytes; None when they are no time before the year 10,000."""
    seconds = int.from_bytes(data, "big")
    if len(data) != TIMESTAMP_SIZE_BYTES or seconds > _SECONDS_MAX:
        return None
    return datetime.fromtimestamp(seconds, tz=UTC)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
