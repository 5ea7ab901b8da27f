"""The hub as a client of witnesses: whom it asks, how often, and when it may publish."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from hub.journal.witness import TREE_SIZE_CONTENT_TYPE
from signing.checkpoint import Checkpoint, parse_tree_size
from signing.note import Note, SignatureLine, parse_signature_lines, verify_lines
from signing.note_keys import MalformedNoteError, NoteAlgorithm, NoteError, VerifierKey

WITNESS_ANSWER_SIZE_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRecipe:
    """How often a witness is asked about one checkpoint, and the waits in between."""

    tries_count_max: int = 3
    first_wait: timedelta = timedelta(milliseconds=10)
    factor: int = 5
    wait_max: timedelta = timedelta(milliseconds=250)

    def waits(self) -> Iterator[timedelta]:
        """Return the wait before each try but the first."""
        wait = self.first_wait
        for _ in range(self.tries_count_max - 1):
            yield min(wait, self.wait_max)
            wait *= self.factor


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPolicy:
    """How many of which witnesses must have cosigned a checkpoint before anyone may see it.

    A witness counts once, by its name, whichever of its keys it used: keys are rotated.
    """

    threshold: int = 0
    witnesses: tuple[VerifierKey, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a policy that cannot be met, or keys that do not cosign (ValueError)."""
        if any(key.algorithm is not NoteAlgorithm.COSIGNATURE_V1 for key in self.witnesses):
            raise ValueError("the key of a witness is a cosignature key (algorithm byte 0x04)")
        names = {key.name for key in self.witnesses}
        if not 0 <= self.threshold <= len(names):
            raise ValueError(f"{len(names)} witnesses cannot give {self.threshold} cosignatures")

    def cosigners(self, note: Note) -> frozenset[str]:
        """Name the witnesses that have cosigned a note (UnverifiedNoteError if one is forged)."""
        verified = verify_lines(note.text, note.signatures, self.witnesses)
        return frozenset(signature.key.name for signature in verified)

    def is_met_by(self, note: Note) -> bool:
        """Say whether enough witnesses have cosigned (UnverifiedNoteError if one is forged)."""
        return len(self.cosigners(note)) >= self.threshold


NO_WITNESSES = WitnessPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """The witness has cosigned: its verified lines belong under the checkpoint."""

    lines: tuple[SignatureLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtOtherSize:
    """The witness has last seen this size: ask again with the proof from there."""

    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AheadOfUs:
    """The witness has cosigned a larger tree of ours than this one.

    Either a newer checkpoint got there first, or our journal has lost its end: an alarm when the
    size is above anything this hub remembers having signed.
    """

    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitView:
    """The witness knows another root for this very size: two histories bear our signature."""

    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCosigned:
    """The witness has refused, or has answered with nothing that can be used."""

    reason: str


WitnessReply = Cosigned | AtOtherSize | AheadOfUs | SplitView | NotCosigned


def read_witness_answer(
    checkpoint: Checkpoint,
    *,
    old_size: int,
    status: int,
    content_type: str,
    body: bytes,
    witness: Iterable[VerifierKey],
) -> WitnessReply:
    """Understand what a witness answered to a checkpoint that was sent with this old size.

    Each line is verified with the keys of that witness before it is used; lines of other keys
    are passed over, and one wrong signature under a known key makes the answer worthless.
    """
    if len(body) > WITNESS_ANSWER_SIZE_BYTES_MAX:
        return NotCosigned(reason=f"more than {WITNESS_ANSWER_SIZE_BYTES_MAX} bytes")
    if status == HTTPStatus.OK:
        return _read_lines(checkpoint, body, tuple(witness))
    if status == HTTPStatus.CONFLICT and content_type == TREE_SIZE_CONTENT_TYPE:
        return _read_size(checkpoint, old_size, body)
    return NotCosigned(reason=f"HTTP {status}")


def _read_lines(
    checkpoint: Checkpoint, body: bytes, keys: tuple[VerifierKey, ...]
) -> Cosigned | NotCosigned:
    known = {(key.name, key.key_id) for key in keys}
    try:
        lines = parse_signature_lines(body.decode())
        own = tuple(line for line in lines if (line.name, line.key_id) in known)
        verify_lines(checkpoint.text, own, keys)
    except (UnicodeDecodeError, NoteError) as fault:
        return NotCosigned(reason=str(fault))
    return Cosigned(lines=own) if own else NotCosigned(reason="no line is this witness's")


def _read_size(checkpoint: Checkpoint, old_size: int, body: bytes) -> WitnessReply:
    try:
        size = parse_tree_size(body.decode("ascii").removesuffix("\n"))
    except (UnicodeDecodeError, MalformedNoteError) as fault:
        return NotCosigned(reason=f"a conflict without a size: {fault}")
    if size > checkpoint.size:
        return AheadOfUs(size=size)
    if size != old_size:
        return AtOtherSize(size=size)
    if size == checkpoint.size:
        return SplitView(size=size)
    return NotCosigned(reason="a conflict about the very size that was sent")
