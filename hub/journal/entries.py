"""What the journal says in public about one message: a short record with one spelling.

The entry names the envelope by its digest; the envelope itself stays behind access control. The
bytes are the leaf: they are written once, hashed, and published in entry bundles.
"""

from datetime import UTC, datetime
from enum import StrEnum, unique
from typing import Annotated, Literal

import msgspec
import orjson
from msgspec import Meta

from schema.wire import WireStruct

JOURNAL_ENTRY_SIZE_BYTES_MAX = 8 * 1024
REFUSALS_COUNT_MAX = 64

_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# \Z and not $, which would let a text end in a newline.
DigestText = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
UuidText = Annotated[str, Meta(pattern=rf"^({_UUID})?\Z")]
InstantText = Annotated[str, Meta(pattern=r"^[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z\Z")]
PartyText = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,64}\Z")]
KindText = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,63}\Z")]
CodeText = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]


class MalformedEntryError(Exception):
    """The bytes are not a journal entry in its one spelling."""


@unique
class EntryOutcome(StrEnum):
    """What became of the message when it was received."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class JournalEntry(WireStruct, frozen=True, kw_only=True):
    """One message: its envelope's digest, its ids, kind, parties, time and outcome.

    Kinds and codes are texts here and not the closed lists of `schema`: an entry of years ago
    must be readable when the lists have moved on.
    """

    version: Literal[1] = 1
    envelope_digest: DigestText
    """SHA-256 of the raw bytes of the envelope."""
    jti: UuidText
    """The envelope's id; empty when a refused envelope has no readable one."""
    message_id: UuidText
    """The message's id in the body; empty when a refused body has no readable one."""
    kind: KindText
    sender: PartyText
    receiver: PartyText
    received_at: InstantText
    outcome: EntryOutcome
    refusals: Annotated[tuple[CodeText, ...], Meta(max_length=REFUSALS_COUNT_MAX)] = ()
    """The codes, each once, in order of precedence; none when accepted."""

    def __post_init__(self) -> None:
        """Refuse an impossible time and an outcome that its fields contradict (ValueError)."""
        if instant_text(datetime.fromisoformat(self.received_at)) != self.received_at:
            raise ValueError(f"not a time in UTC milliseconds: {self.received_at}")
        if (self.outcome is EntryOutcome.REFUSED) != bool(self.refusals):
            raise ValueError("a refusal has codes, an acceptance has none")
        if len(set(self.refusals)) != len(self.refusals):
            raise ValueError("a refusal code is repeated")
        if self.outcome is EntryOutcome.ACCEPTED and not (self.jti and self.message_id):
            raise ValueError("what is accepted has both its ids")


_DECODER = msgspec.json.Decoder(JournalEntry)


def instant_text(at: datetime) -> str:
    """Print a time as the journal does: UTC, whole milliseconds (the rest is cut off), `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode_entry(entry: JournalEntry) -> bytes:
    """Write an entry in its one spelling: JSON with sorted keys (RFC 8785 for these values).

    ValueError for an entry that could not be read again.
    """
    data = _spell(entry)
    try:
        decode_entry(data)
    except MalformedEntryError as cause:
        raise ValueError(f"not an entry for the journal: {cause}") from cause
    return data


def decode_entry(data: bytes) -> JournalEntry:
    """Read an entry, and only its one spelling (MalformedEntryError)."""
    if len(data) > JOURNAL_ENTRY_SIZE_BYTES_MAX:
        raise MalformedEntryError(f"more than {JOURNAL_ENTRY_SIZE_BYTES_MAX} bytes")
    try:
        entry = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise MalformedEntryError(str(cause)) from cause
    # Spelling it again also finds repeated keys, of which the decoder keeps the last.
    if _spell(entry) != data:
        raise MalformedEntryError("not spelt as the journal spells")
    return entry


def _spell(entry: JournalEntry) -> bytes:
    return orjson.dumps(msgspec.to_builtins(entry), option=orjson.OPT_SORT_KEYS)
