"""An audit derives the journal again and names the first difference."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hub.journal.audit import (
    Difference,
    Finding,
    JournalAudit,
    StoredCheckpoint,
    StoredEntry,
)
from hub.journal.cosigning import WitnessPolicy
from hub.journal.entries import EntryOutcome, JournalEntry, encode_entry
from hub.journal.merkle import Frontier, append, leaf_hash
from hub.journal.tiles import TileId, extensions_of
from signing.checkpoint import Checkpoint, sign_checkpoint
from signing.note import Note, cosignature_line
from signing.note_keys import NoteAlgorithm, NoteSigner


def signer(name: str, seed: bytes) -> NoteSigner:
    return NoteSigner(name=name, private_key=Ed25519PrivateKey.from_private_bytes(seed * 32))


LOG = signer("hub.example/journal", b"L")
WITNESS = signer("w.example", b"W")
POLICY = WitnessPolicy(threshold=1, witnesses=(WITNESS.verifier(NoteAlgorithm.COSIGNATURE_V1),))
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
SIZE = 1_300
CHECKPOINTS_AT = (0, 1, 255, 256, 700, 700, SIZE)


def entry(number: int) -> bytes:
    return encode_entry(
        JournalEntry(
            envelope_digest=sha256(number.to_bytes(4, "big")).hexdigest(),
            jti=f"00000000-0000-4000-8000-{number:012}",
            message_id=f"00000000-0000-4000-9000-{number:012}",
            kind="issuance",
            sender="MNG01",
            receiver="hub.example",
            received_at="2026-01-31T12:00:00.250Z",
            outcome=EntryOutcome.ACCEPTED,
        )
    )


ENTRIES = [
    StoredEntry(
        index=number,
        entry=entry(number),
        envelope_digest=sha256(number.to_bytes(4, "big")).hexdigest(),
    )
    for number in range(SIZE)
]
LEAVES = [leaf_hash(stored.entry) for stored in ENTRIES]
GROWTH = append(Frontier(), LEAVES)


def cosigned(checkpoint: Checkpoint) -> Note:
    note = sign_checkpoint(checkpoint, LOG)
    return note.with_signatures([cosignature_line(note.text, WITNESS, at=NOON)])


def checkpoint_at(size: int) -> Checkpoint:
    root = append(Frontier(), LEAVES[:size]).after.root()
    return Checkpoint(origin=LOG.name, size=size, root=root)


@dataclass
class Store:
    """A stored journal that a test may damage."""

    entries: list[StoredEntry] = field(default_factory=lambda: list(ENTRIES))
    tiles: dict[TileId, bytes] = field(
        default_factory=lambda: {part.tile: part.hashes for part in extensions_of(GROWTH)}
    )
    checkpoints: list[StoredCheckpoint] = field(
        default_factory=lambda: [
            StoredCheckpoint(size=size, note=bytes(cosigned(checkpoint_at(size))))
            for size in CHECKPOINTS_AT
        ]
    )
    head: Frontier = GROWTH.after

    def audit(self, batch_count: int = 256) -> Finding | None:
        """Go over the store in batches, as a service does."""
        audit = JournalAudit(
            origin=LOG.name, log_keys=[LOG.verifier(NoteAlgorithm.ED25519)], policy=POLICY
        )
        waiting = list(self.checkpoints)
        for first in range(0, len(self.entries) or 1, batch_count):
            batch = self.entries[first : first + batch_count]
            stop = audit.frontier.size + len(batch)
            due = [checkpoint for checkpoint in waiting if checkpoint.size <= stop]
            waiting = waiting[len(due) :]
            ahead = audit.tiles_ahead(len(batch))
            tiles = {tile: self.tiles[tile] for tile in ahead if tile in self.tiles}
            finding = audit.take(batch, tiles=tiles, checkpoints=due)
            if finding is not None:
                return finding
        sizes = ((tile, len(data)) for tile, data in sorted(self.tiles.items()))
        return audit.finish(head=self.head, tile_sizes_bytes=sizes, checkpoints_beyond=waiting)


@pytest.mark.parametrize("batch_count", [1, 7, 255, 256, 257, SIZE, 2 * SIZE])
def test_a_sound_journal_passes_in_batches_of_any_size(batch_count: int) -> None:
    assert Store().audit(batch_count) is None


def test_an_empty_journal_is_sound() -> None:
    empty = Store(entries=[], tiles={}, checkpoints=[], head=Frontier())
    assert empty.audit() is None


def damage_entry(store: Store, number: int, **changes: object) -> None:
    store.entries[number] = replace(store.entries[number], **changes)  # type: ignore[arg-type]


def flip(store: Store, tile: TileId, number: int) -> None:
    data = bytearray(store.tiles[tile])
    data[32 * number] ^= 1
    store.tiles[tile] = bytes(data)


def put_note(store: Store, position: int, note: bytes) -> None:
    store.checkpoints[position] = replace(store.checkpoints[position], note=note)


def root_of_others(size: int) -> Checkpoint:
    return replace(checkpoint_at(size), root=LEAVES[0])


Damage = Callable[[Store], object]


@pytest.mark.parametrize(
    ("damage", "difference", "index"),
    [
        pytest.param(
            lambda s: s.entries.pop(300), Difference.ENTRY_OUT_OF_ORDER, 300, id="an entry is gone"
        ),
        pytest.param(
            lambda s: s.entries.insert(300, s.entries[299]),
            Difference.ENTRY_OUT_OF_ORDER,
            300,
            id="an entry is doubled",
        ),
        pytest.param(
            lambda s: s.entries.pop(), Difference.CHECKPOINT_BEYOND_THE_END, SIZE - 2, id="no end"
        ),
        pytest.param(
            lambda s: (s.entries.pop(), s.checkpoints.pop()),
            Difference.HEAD_DIFFERS,
            SIZE - 2,
            id="the last entry is gone with its checkpoint",
        ),
        pytest.param(
            lambda s: damage_entry(s, 10, entry=b"{}"),
            Difference.ENTRY_MALFORMED,
            10,
            id="an entry is no entry",
        ),
        pytest.param(
            lambda s: damage_entry(s, 10, envelope_digest="00" * 32),
            Difference.ENVELOPE_DIFFERS,
            10,
            id="an envelope was changed",
        ),
        pytest.param(
            lambda s: damage_entry(s, 10, entry=s.entries[10].entry.replace(b"MNG01", b"KEN01")),
            Difference.LEAF_DIFFERS,
            10,
            id="an entry was rewritten",
        ),
        pytest.param(
            lambda s: flip(s, TileId(0, 1), 44), Difference.LEAF_DIFFERS, 300, id="a leaf hash"
        ),
        pytest.param(
            lambda s: flip(s, TileId(1, 0), 1), Difference.NODE_DIFFERS, 511, id="a node hash"
        ),
        pytest.param(
            lambda s: s.tiles.pop(TileId(0, 2)), Difference.TILE_TOO_SHORT, 512, id="no tile"
        ),
        pytest.param(
            lambda s: s.tiles.update({TileId(0, 0): s.tiles[TileId(0, 0)][: 32 * 9 + 31]}),
            Difference.TILE_TOO_SHORT,
            9,
            id="a tile cut short",
        ),
        pytest.param(
            lambda s: s.tiles.update({TileId(0, 5): s.tiles[TileId(0, 5)] + bytes(32)}),
            Difference.TILE_TOO_LONG,
            SIZE - 1,
            id="a leaf hash too many",
        ),
        pytest.param(
            lambda s: s.tiles.update({TileId(2, 0): bytes(32)}),
            Difference.TILE_TOO_LONG,
            SIZE - 1,
            id="a tile too many",
        ),
        pytest.param(
            lambda s: put_note(s, 2, b"?"), Difference.CHECKPOINT_MALFORMED, 254, id="no note"
        ),
        pytest.param(
            lambda s: put_note(s, 2, bytes(sign_checkpoint(checkpoint_at(255), WITNESS))),
            Difference.CHECKPOINT_NOT_SIGNED,
            254,
            id="signed by another",
        ),
        pytest.param(
            lambda s: put_note(s, 2, bytes(cosigned(root_of_others(255)))),
            Difference.CHECKPOINT_ROOT_DIFFERS,
            254,
            id="another root was signed",
        ),
        pytest.param(
            lambda s: put_note(s, 2, bytes(cosigned(checkpoint_at(256)))),
            Difference.CHECKPOINT_ROOT_DIFFERS,
            254,
            id="stored under another size",
        ),
        pytest.param(
            lambda s: put_note(
                s, 2, bytes(cosigned(replace(checkpoint_at(255), origin="other.example")))
            ),
            Difference.CHECKPOINT_ROOT_DIFFERS,
            254,
            id="of another journal",
        ),
        pytest.param(
            lambda s: put_note(s, 2, bytes(sign_checkpoint(checkpoint_at(255), LOG))),
            Difference.CHECKPOINT_NOT_COSIGNED,
            254,
            id="published without its cosignature",
        ),
        pytest.param(
            lambda s: put_note(
                s,
                2,
                bytes(
                    sign_checkpoint(checkpoint_at(255), LOG).with_signatures(
                        [cosignature_line("other\n", WITNESS, at=NOON)]
                    )
                ),
            ),
            Difference.CHECKPOINT_NOT_COSIGNED,
            254,
            id="a forged cosignature",
        ),
        pytest.param(
            lambda s: setattr(s, "head", append(Frontier(), LEAVES[:-1]).after),
            Difference.HEAD_DIFFERS,
            SIZE - 2,
            id="the head lags",
        ),
        pytest.param(
            lambda s: (flip(s, TileId(0, 1), 44), damage_entry(s, 299, entry=b"{}")),
            Difference.ENTRY_MALFORMED,
            299,
            id="a bad entry before a bad tile",
        ),
        pytest.param(
            lambda s: (flip(s, TileId(0, 1), 44), damage_entry(s, 301, entry=b"{}")),
            Difference.LEAF_DIFFERS,
            300,
            id="a bad tile before a bad entry",
        ),
        pytest.param(
            lambda s: (flip(s, TileId(1, 0), 1), flip(s, TileId(0, 1), 44)),
            Difference.LEAF_DIFFERS,
            300,
            id="a bad leaf before a bad node",
        ),
    ],
)
@pytest.mark.parametrize("batch_count", [100, SIZE + 1])
def test_the_first_difference_is_named(
    damage: Damage, difference: Difference, index: int, batch_count: int
) -> None:
    store = Store()
    damage(store)
    finding = store.audit(batch_count)
    assert finding is not None
    assert (finding.difference, finding.index) == (difference, index)
    assert finding.words


def test_a_checkpoint_that_was_not_published_needs_no_cosignature() -> None:
    store = Store()
    note = bytes(sign_checkpoint(checkpoint_at(255), LOG))
    store.checkpoints[2] = StoredCheckpoint(size=255, note=note, published=False)
    assert store.audit() is None


@given(data=st.data())
def test_no_byte_of_the_journal_can_change_unnoticed(data: st.DataObject) -> None:
    store = Store()
    mask = data.draw(st.integers(1, 255))

    def changed(original: bytes) -> bytes:
        flipped = bytearray(original)
        flipped[data.draw(st.integers(0, len(original) - 1))] ^= mask
        return bytes(flipped)

    match data.draw(st.sampled_from(["entry", "tile", "checkpoint"])):
        case "entry":
            number = data.draw(st.integers(0, SIZE - 1))
            damage_entry(store, number, entry=changed(store.entries[number].entry))
        case "tile":
            tile = data.draw(st.sampled_from(sorted(store.tiles)))
            store.tiles[tile] = changed(store.tiles[tile])
        case _:
            position = data.draw(st.integers(0, len(store.checkpoints) - 1))
            put_note(store, position, changed(store.checkpoints[position].note))
    assert store.audit() is not None
