"""Values as the JSON text of a `jsonb` column."""

from typing import Final

import msgspec

_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


def json_text(value: object) -> str:
    """Return a structure of ours as JSON text."""
    return _ENCODER.encode(value).decode()
