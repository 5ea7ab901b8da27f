"""Checkpoints: what a log commits to, as the text of a note (C2SP tlog-checkpoint)."""

import re
from dataclasses import dataclass

from signing.note import Note, check_text, sign_note
from signing.note_keys import MalformedNoteError, NoteSigner, decode_base64, encode_base64

ROOT_SIZE_BYTES = 32
TREE_SIZE_MAX = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_FIXED_LINES_COUNT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A log's statement "with this many entries, my tree has this root"."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could not be printed and read again (MalformedNoteError)."""
        if not 0 <= self.size <= TREE_SIZE_MAX:
            raise MalformedNoteError(f"not a tree size: {self.size}")
        if len(self.root) != ROOT_SIZE_BYTES:
            raise MalformedNoteError(f"a root has 32 bytes, not {len(self.root)}")
        if any(not line or "\n" in line for line in (self.origin, *self.extensions)):
            raise MalformedNoteError("the lines of a checkpoint are not empty")
        check_text(self.text)

    @property
    def text(self) -> str:
        """Return the note text that is signed."""
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_tree_size(text: str) -> int:
    """Read a size in decimal without leading zeros, below 2^63 (MalformedNoteError)."""
    if not _SIZE.fullmatch(text) or int(text) > TREE_SIZE_MAX:
        raise MalformedNoteError(f"not a tree size: {text[:40]!r}")
    return int(text)


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note as a checkpoint (MalformedNoteError).

    Extension lines are kept as they are: who does not want them looks at `extensions`.
    """
    check_text(text)
    origin, *rest = text.removesuffix("\n").split("\n")
    if len(rest) < _FIXED_LINES_COUNT - 1:
        raise MalformedNoteError("a checkpoint is origin, size and root, each on its line")
    size, root, *extensions = rest
    return Checkpoint(
        origin=origin,
        size=parse_tree_size(size),
        root=decode_base64(root),
        extensions=tuple(extensions),
    )


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> Note:
    """Sign a checkpoint with the log's key, whose name is the origin by convention.

    The caller makes sure that the tiles are durable and that no other root was ever signed for
    this size.
    """
    return sign_note(checkpoint.text, signer)
