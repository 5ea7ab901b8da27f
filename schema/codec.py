"""Strict JSON bytes <-> messages.

Decoding refuses unknown, missing and repeated fields, wrong types and over-long values, and is
the inverse of encoding: `decode_body(kind, encode_body(message)) == message`.
"""

from typing import Final

import msgspec

from schema.messages import MESSAGE_TYPES, Message, MessageKind
from schema.refusals import Refusal, RefusalCode, refuse
from schema.strict_json import load_strict_json

_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODERS: Final = {
    kind: msgspec.json.Decoder(structure, strict=True) for kind, structure in MESSAGE_TYPES.items()
}


def encode_body(message: Message) -> bytes:
    """Return the canonical JSON of a message body: sorted keys, no blanks, UTC times."""
    return _ENCODER.encode(message)


def decode_body(kind: str, body: bytes) -> Message | Refusal:
    """Decode the body of an envelope of `kind`; a refusal names the first field at fault."""
    if kind not in _DECODERS:
        return refuse(RefusalCode.KIND_UNKNOWN, f"kind {kind[:64]!r} is not known")
    try:
        load_strict_json(body)
        return _DECODERS[MessageKind(kind)].decode(body)
    except (msgspec.MsgspecError, ValueError) as cause:
        return refuse(RefusalCode.BODY_MALFORMED, str(cause)[:300])
