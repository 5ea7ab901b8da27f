"""Checkpoints: the journal's head, signed when it has grown and published when the policy is met.

One hub does it at a time, by lease. A checkpoint covers what is committed only, so that its tiles
are durable before anybody sees it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from hub.journal.publication import PublicationPolicy, may_be_published, next_checkpoint
from hub.storage.database import Database
from hub.storage.queries.checkpoints import (
    StoredCheckpoint,
    latest_checkpoint,
    publish_checkpoint,
    store_checkpoint,
)
from hub.storage.queries.journal import consistency_proof, journal_frontier
from hub.storage.queries.leases import take_lease
from signing.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from signing.note import parse_note
from signing.note_keys import NoteAlgorithm, NoteSigner

LEASE: Final = "checkpoint"
LEASE_LASTS: Final = timedelta(seconds=30)


class CheckpointKeeper:
    """Signs and publishes checkpoints of this hub's journal."""

    def __init__(
        self,
        *,
        database: Database,
        origin: str,
        signer: NoteSigner,
        policy: PublicationPolicy,
        clock: Callable[[], datetime],
        holder: str,
    ) -> None:
        self._database = database
        self._origin = origin
        self._signer = signer
        self._policy = policy
        self._clock = clock
        self._holder = holder

    async def step(self) -> bool:
        """Sign a checkpoint if one is due; return whether one was signed.

        Raises:
            InconsistentJournalError: the journal does not extend what was signed before.
        """
        now = self._clock()
        async with self._database.unit_of_work() as work:
            connection = work.connection
            fence = await take_lease(
                connection, LEASE, holder=self._holder, at=now, lasts=LEASE_LASTS
            )
            if fence is None:
                return False
            frontier = await journal_frontier(connection)
            last = await latest_checkpoint(connection)
            due = self._policy.is_due(
                size=frontier.size,
                now=now,
                last_size=None if last is None else last.size,
                last_at=None if last is None else last.signed_at,
            )
            if not due or frontier.size == 0:
                return False
            proof: tuple[bytes, ...] = ()
            if last is not None and last.size < frontier.size:
                proof = await consistency_proof(connection, old_size=last.size, size=frontier.size)
            checkpoint = next_checkpoint(self._origin, frontier, last=_parsed(last), proof=proof)
            note = sign_checkpoint(checkpoint, self._signer)
            await store_checkpoint(
                connection,
                size=checkpoint.size,
                root=checkpoint.root,
                note=bytes(note),
                signed_at=now,
            )
            log_key = self._signer.verifier(NoteAlgorithm.ED25519)
            if may_be_published(note, log_key=log_key, policy=self._policy.witnesses):
                await publish_checkpoint(connection, checkpoint.size, at=now)
        return True


def _parsed(stored: StoredCheckpoint | None) -> Checkpoint | None:
    return None if stored is None else parse_checkpoint(parse_note(stored.note).text)
