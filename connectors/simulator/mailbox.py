"""What the registry has sent and received, kept before it is answered or acted on."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from connectors.driving.answers import LetterState
from connectors.simulator.store import Store
from schema.codec import decode_body, encode_body
from schema.messages import Message, kind_of
from schema.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One outgoing message with what became of it."""

    seq: int
    message_id: UUID
    kind: str
    body: bytes
    state: LetterState
    jti: UUID | None
    envelope: bytes | None
    expires_at: int | None
    attempts: int
    receipt: bytes | None
    fault_code: str | None
    fault: str | None

    def message(self) -> Message:
        """Return the message; what we have written ourselves can be read."""
        message = decode_body(self.kind, self.body)
        assert not isinstance(message, Refusal), "our own messages are well-formed"
        return message


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One incoming envelope and the answer that it was given."""

    jti: UUID
    digest: str
    message_id: UUID
    kind: str
    envelope: bytes
    answer: bytes
    received_at: int


class Mailbox:
    """Reads letters and received envelopes; writes happen in the caller's transaction."""

    def __init__(self, store: Store) -> None:
        """Read and write `store`."""
        self._store = store

    def waiting(self, count: int) -> list[Letter]:
        """Return the oldest letters that have no receipt yet."""
        rows = self._store.read(
            "SELECT * FROM outgoing WHERE state = 'waiting' ORDER BY seq LIMIT ?", count
        )
        return [_letter(row) for row in rows]

    def letter(self, message_id: UUID) -> Letter | None:
        """Return the letter with this message id."""
        rows = self._store.read("SELECT * FROM outgoing WHERE message_id = ?", str(message_id))
        return _letter(rows[0]) if rows else None

    def letter_in(self, jti: UUID) -> Letter | None:
        """Return the letter that last travelled in this envelope."""
        rows = self._store.read("SELECT * FROM outgoing WHERE jti = ?", str(jti))
        return _letter(rows[0]) if rows else None

    def letters_after(self, seq: int, count: int) -> list[Letter]:
        """Return letters after `seq`, oldest first."""
        rows = self._store.read(
            "SELECT * FROM outgoing WHERE seq > ? ORDER BY seq LIMIT ?", seq, count
        )
        return [_letter(row) for row in rows]

    def received(self, jti: UUID) -> Received | None:
        """Return what was received under this envelope id."""
        rows = self._store.read("SELECT * FROM incoming WHERE jti = ?", str(jti))
        return _received(rows[0]) if rows else None

    def knows_message(self, message_id: UUID) -> bool:
        """Tell whether this message was received before, under whatever envelope."""
        query = "SELECT 1 FROM incoming WHERE message_id = ? LIMIT 1"
        return bool(self._store.read(query, str(message_id)))

    def all_received(self) -> list[Received]:
        """Return all received envelopes, oldest first."""
        rows = self._store.read("SELECT * FROM incoming ORDER BY received_at, jti")
        return [_received(row) for row in rows]


def post(connection: sqlite3.Connection, messages: Sequence[Message]) -> None:
    """Queue messages for the hub; one with a known message id is queued already."""
    connection.executemany(
        "INSERT OR IGNORE INTO outgoing (message_id, kind, body, state)"
        " VALUES (?, ?, ?, 'waiting')",
        [(str(each.message_id), kind_of(each), encode_body(each)) for each in messages],
    )


def put_in_envelope(
    connection: sqlite3.Connection, seq: int, *, jti: UUID, envelope: bytes, expires_at: int
) -> None:
    """Remember the envelope before it is sent, so that every attempt sends the same bytes."""
    connection.execute(
        "UPDATE outgoing SET jti = ?, envelope = ?, expires_at = ? WHERE seq = ?",
        (str(jti), envelope, expires_at, seq),
    )


def take_out_of_envelope(connection: sqlite3.Connection, seq: int) -> None:
    """Have the letter sealed anew for the next attempt, under another `jti`."""
    connection.execute("UPDATE outgoing SET envelope = NULL WHERE seq = ?", (seq,))


def note_attempt(connection: sqlite3.Connection, seq: int, fault: str | None) -> None:
    """Count one attempt that had no good answer."""
    connection.execute(
        "UPDATE outgoing SET attempts = attempts + 1, fault = ? WHERE seq = ?", (fault, seq)
    )


def note_receipt(connection: sqlite3.Connection, seq: int, receipt: bytes) -> None:
    """Keep the hub's receipt."""
    connection.execute(
        "UPDATE outgoing SET state = 'receipted', receipt = ?, attempts = attempts + 1,"
        " fault = NULL WHERE seq = ?",
        (receipt, seq),
    )


def note_fault(connection: sqlite3.Connection, seq: int, *, code: str, detail: str) -> None:
    """Give a letter up: the hub refuses its envelope as such."""
    connection.execute(
        "UPDATE outgoing SET state = 'faulty', fault_code = ?, fault = ?, attempts = attempts + 1"
        " WHERE seq = ?",
        (code, detail, seq),
    )


def keep_received(connection: sqlite3.Connection, received: Received) -> None:
    """Keep an envelope with its answer."""
    connection.execute(
        "INSERT INTO incoming VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            str(received.jti),
            received.digest,
            str(received.message_id),
            received.kind,
            received.envelope,
            received.answer,
            received.received_at,
        ),
    )


def _letter(row: sqlite3.Row) -> Letter:
    return Letter(
        seq=row["seq"],
        message_id=UUID(row["message_id"]),
        kind=row["kind"],
        body=row["body"],
        state=LetterState(row["state"]),
        jti=None if row["jti"] is None else UUID(row["jti"]),
        envelope=row["envelope"],
        expires_at=row["expires_at"],
        attempts=row["attempts"],
        receipt=row["receipt"],
        fault_code=row["fault_code"],
        fault=row["fault"],
    )


def _received(row: sqlite3.Row) -> Received:
    return Received(
        jti=UUID(row["jti"]),
        digest=row["digest"],
        message_id=UUID(row["message_id"]),
        kind=row["kind"],
        envelope=row["envelope"],
        answer=row["answer"],
        received_at=row["received_at"],
    )
