"""The journal derived again from its entries, and compared with everything that is stored of it.

An audit goes over the journal once, in order and in batches, and needs the memory of one batch.
It stops at the first difference and names it; replaying the messages themselves is not its task.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from hub.journal.cosigning import NO_WITNESSES, WitnessPolicy
from hub.journal.entries import MalformedEntryError, decode_entry
from hub.journal.merkle import HASH_SIZE_BYTES, Frontier, append, leaf_hash
from hub.journal.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    TileExtension,
    TileId,
    extensions_of,
    tiles_between,
)
from signing.checkpoint import parse_checkpoint
from signing.note import parse_note, verify_note
from signing.note_keys import MalformedNoteError, UnverifiedNoteError, VerifierKey


@unique
class Difference(StrEnum):
    """What can be wrong with a stored journal."""

    ENTRY_OUT_OF_ORDER = "entry_out_of_order"
    ENTRY_MALFORMED = "entry_malformed"
    ENVELOPE_DIFFERS = "envelope_differs"
    LEAF_DIFFERS = "leaf_differs"
    NODE_DIFFERS = "node_differs"
    TILE_TOO_SHORT = "tile_too_short"
    TILE_TOO_LONG = "tile_too_long"
    CHECKPOINT_MALFORMED = "checkpoint_malformed"
    CHECKPOINT_NOT_SIGNED = "checkpoint_not_signed"
    CHECKPOINT_NOT_COSIGNED = "checkpoint_not_cosigned"
    CHECKPOINT_ROOT_DIFFERS = "checkpoint_root_differs"
    CHECKPOINT_BEYOND_THE_END = "checkpoint_beyond_the_end"
    HEAD_DIFFERS = "head_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The first difference: what it is, at which entry (counted from 0) it shows, and why."""

    difference: Difference
    index: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry as stored, with the digest just computed from the stored envelope's bytes."""

    index: int
    entry: bytes
    envelope_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """A checkpoint as stored, under the size it is stored for."""

    size: int
    note: bytes
    published: bool = True


class JournalAudit:
    """One pass over one journal: `take` every batch in order, then `finish`.

    After a finding the audit is over: what follows would only repeat it.
    """

    def __init__(
        self,
        *,
        origin: str,
        log_keys: Sequence[VerifierKey],
        policy: WitnessPolicy = NO_WITNESSES,
    ) -> None:
        """Begin at the empty journal of this origin, whose checkpoints these keys have signed."""
        self._origin = origin
        self._log_keys = tuple(log_keys)
        self._policy = policy
        self._frontier = Frontier()

    @property
    def frontier(self) -> Frontier:
        """Return the tree over the entries taken so far."""
        return self._frontier

    def tiles_ahead(self, count: int) -> frozenset[TileId]:
        """Name the tiles that the next `count` entries lie in, for the store to read."""
        return tiles_between(self._frontier.size, self._frontier.size + count)

    def take(
        self,
        entries: Sequence[StoredEntry],
        *,
        tiles: Mapping[TileId, bytes],
        checkpoints: Sequence[StoredCheckpoint] = (),
    ) -> Finding | None:
        """Check the next entries, the tiles they lie in and the checkpoints among them.

        `tiles` holds what is stored of `tiles_ahead(len(entries))`; `checkpoints`, ascending,
        are all those stored for sizes from the one reached so far to the end of this batch.
        """
        first, position = self._frontier.size, 0
        for checkpoint in checkpoints:
            stop = checkpoint.size - first
            assert position <= stop <= len(entries), "checkpoints come with their batch"
            finding = self._grow(entries[position:stop], tiles) or self._check(checkpoint)
            if finding is not None:
                return finding
            position = stop
        return self._grow(entries[position:], tiles)

    def finish(
        self,
        *,
        head: Frontier,
        tile_sizes_bytes: Iterable[tuple[TileId, int]],
        checkpoints_beyond: Iterable[StoredCheckpoint] = (),
    ) -> Finding | None:
        """Check that the journal ends here: in its head, its tiles and its checkpoints.

        `head` is the stored frontier; `tile_sizes_bytes` goes over every stored tile.
        """
        beyond = next(iter(checkpoints_beyond), None)
        if beyond is not None:
            words = f"a checkpoint covers {beyond.size} entries; {self._size} are stored"
            return self._at(Difference.CHECKPOINT_BEYOND_THE_END, self._size, words)
        if head != self._frontier:
            words = f"the head states {head.size} entries and another tree than the entries make"
            return self._at(Difference.HEAD_DIFFERS, min(head.size, self._size), words)
        for tile, size_bytes in tile_sizes_bytes:
            items = (self._size >> (TILE_HEIGHT * tile.level)) - tile.position * TILE_WIDTH
            if size_bytes > max(0, min(items, TILE_WIDTH)) * HASH_SIZE_BYTES:
                words = f"tile {tile.level}/{tile.position} holds more than the journal has"
                return self._at(Difference.TILE_TOO_LONG, self._size, words)
        return None

    @property
    def _size(self) -> int:
        return self._frontier.size

    def _grow(
        self, entries: Sequence[StoredEntry], tiles: Mapping[TileId, bytes]
    ) -> Finding | None:
        """Append the entries up to the first bad one, and compare the tiles up to there."""
        leaves: list[bytes] = []
        fault = None
        for index, stored in enumerate(entries, start=self._size):
            fault = _entry_fault(index, stored)
            if fault is not None:
                break
            leaves.append(leaf_hash(stored.entry))
        growth = append(self._frontier, leaves)
        self._frontier = growth.after
        faults = (
            _tile_fault(extension, tiles.get(extension.tile, b""))
            for extension in extensions_of(growth)
        )
        first = min(
            (found for found in faults if found), key=lambda found: found.index, default=None
        )
        return first or fault

    def _check(self, stored: StoredCheckpoint) -> Finding | None:
        """Check a checkpoint for exactly the entries taken so far."""
        try:
            note = parse_note(stored.note)
            checkpoint = parse_checkpoint(note.text)
        except MalformedNoteError as cause:
            return self._at(Difference.CHECKPOINT_MALFORMED, stored.size, str(cause))
        try:
            verify_note(note, self._log_keys)
        except UnverifiedNoteError as cause:
            return self._at(Difference.CHECKPOINT_NOT_SIGNED, stored.size, str(cause))
        expected = (self._origin, self._size, self._frontier.root())
        if (checkpoint.origin, checkpoint.size, checkpoint.root) != expected:
            words = f"{checkpoint.origin} at {checkpoint.size} commits to another tree"
            return self._at(Difference.CHECKPOINT_ROOT_DIFFERS, stored.size, words)
        try:
            cosigned = self._policy.is_met_by(note)
        except UnverifiedNoteError as cause:
            return self._at(Difference.CHECKPOINT_NOT_COSIGNED, stored.size, str(cause))
        if stored.published and not cosigned:
            words = f"published with fewer than {self._policy.threshold} cosignatures"
            return self._at(Difference.CHECKPOINT_NOT_COSIGNED, stored.size, words)
        return None

    def _at(self, difference: Difference, size: int, words: str) -> Finding:
        """Find a fault in what is stated about the first `size` entries."""
        return Finding(difference=difference, index=max(0, size - 1), words=words)


def _entry_fault(index: int, stored: StoredEntry) -> Finding | None:
    if stored.index != index:
        words = f"entry {stored.index} is stored where entry {index} belongs"
        return Finding(difference=Difference.ENTRY_OUT_OF_ORDER, index=index, words=words)
    try:
        entry = decode_entry(stored.entry)
    except MalformedEntryError as cause:
        return Finding(difference=Difference.ENTRY_MALFORMED, index=index, words=str(cause))
    if entry.envelope_digest != stored.envelope_digest:
        words = f"the envelope has the digest {stored.envelope_digest}"
        return Finding(difference=Difference.ENVELOPE_DIFFERS, index=index, words=words)
    return None


def _tile_fault(extension: TileExtension, stored: bytes) -> Finding | None:
    """Compare what the entries make of a tile with what is stored of it."""
    tile, start = extension.tile, extension.start_width * HASH_SIZE_BYTES
    held = stored[start : start + len(extension.hashes)]
    if held == extension.hashes:
        return None
    offset = _first_difference(held, extension.hashes)
    number = tile.position * TILE_WIDTH + extension.start_width + offset // HASH_SIZE_BYTES
    if len(held) < offset + HASH_SIZE_BYTES:
        difference = Difference.TILE_TOO_SHORT
    else:
        difference = Difference.NODE_DIFFERS if tile.level else Difference.LEAF_DIFFERS
    return Finding(
        difference=difference,
        # A node comes into being with the last of its entries.
        index=((number + 1) << (TILE_HEIGHT * tile.level)) - 1,
        words=f"hash {number} of level {tile.level} is not the one that the entries make",
    )


def _first_difference(held: bytes, expected: bytes) -> int:
    """Return where the first hash begins in which two unequal tiles differ."""
    return next(
        offset
        for offset in range(0, len(expected), HASH_SIZE_BYTES)
        if held[offset : offset + HASH_SIZE_BYTES] != expected[offset : offset + HASH_SIZE_BYTES]
    )
