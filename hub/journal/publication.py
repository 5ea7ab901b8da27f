"""When the journal makes a checkpoint, and when it may be seen.

A checkpoint goes through three gates: its tiles are durable, the log has signed it after making
sure that it extends the one before, and as many witnesses as the policy names have cosigned it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.journal.cosigning import NO_WITNESSES, WitnessPolicy
from hub.journal.merkle import Frontier
from hub.journal.proofs import verify_consistency
from signing.checkpoint import Checkpoint
from signing.note import Note, verify_note
from signing.note_keys import UnverifiedNoteError, VerifierKey


class InconsistentJournalError(Exception):
    """The journal is not a continuation of what it has already signed: stop, and look at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationPolicy:
    """How soon after an entry a checkpoint covers it, and whose cosignatures it must bear."""

    interval: timedelta = timedelta(seconds=5)
    witnesses: WitnessPolicy = NO_WITNESSES

    def is_due(
        self, *, size: int, now: datetime, last_size: int | None, last_at: datetime | None
    ) -> bool:
        """Say whether a checkpoint is to be made: the first at once, then only after growth."""
        if last_size is None or last_at is None:
            return True
        return size > last_size and now - last_at >= self.interval


def next_checkpoint(
    origin: str, frontier: Frontier, *, last: Checkpoint | None, proof: Sequence[bytes]
) -> Checkpoint:
    """Return the checkpoint to sign, given the last one signed and the proof of growth from it.

    InconsistentJournalError when the journal shrank or changed, whatever the cause: a log that
    signs two histories is worthless (C2SP tlog-checkpoint, "Signatures").
    """
    checkpoint = Checkpoint(origin=origin, size=frontier.size, root=frontier.root())
    if last is None:
        return checkpoint
    consistent = last.origin == origin and verify_consistency(
        first_size=last.size,
        second_size=checkpoint.size,
        first_root=last.root,
        second_root=checkpoint.root,
        proof=proof,
    )
    if not consistent:
        raise InconsistentJournalError(
            f"size {checkpoint.size} does not extend the checkpoint signed at size {last.size}"
        )
    return checkpoint


def may_be_published(note: Note, *, log_key: VerifierKey, policy: WitnessPolicy) -> bool:
    """Say whether a checkpoint may be shown: signed by the log, and cosigned as configured."""
    try:
        return verify_note(note, [log_key]).signed_by(log_key) and policy.is_met_by(note)
    except UnverifiedNoteError:
        return False
