"""The hub as a witness of other logs (C2SP tlog-witness): what it cosigns, and what it answers.

The rules come in two steps, because the second needs what the store remembers of the log:
`read_submission` looks at the request alone, `judge` at the request and the last tree that was
cosigned. The store then replaces that tree by compare-and-swap, and only when the new one is
durable are the cosignatures released; the loser of a race is answered by `conflict`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus

from hub.journal.merkle import EMPTY_ROOT, HASH_SIZE_BYTES
from hub.journal.proofs import verify_consistency
from signing.checkpoint import Checkpoint, parse_checkpoint, parse_tree_size
from signing.note import Note, SignatureLine, cosignature_line, parse_note, verify_note
from signing.note_keys import (
    MalformedNoteError,
    NoteSigner,
    UnverifiedNoteError,
    VerifierKey,
    decode_base64,
    encode_base64,
)

SUBMISSION_SIZE_BYTES_MAX = 128 * 1024
PROOF_LINES_COUNT_MAX = 63
TREE_SIZE_CONTENT_TYPE = "text/x.tlog.size"
TEXT_CONTENT_TYPE = "text/plain; charset=utf-8"

LogKeys = Mapping[str, Sequence[VerifierKey]]
"""The logs that a witness knows: for each origin, the keys that sign its checkpoints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTree:
    """The largest tree of a log that a witness has cosigned; nothing yet by default."""

    size: int = 0
    root: bytes = EMPTY_ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A checkpoint that its log has signed, with the proof that it extends an older one."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint
    log_signatures: tuple[SignatureLine, ...]

    @property
    def tree(self) -> SeenTree:
        """Return the tree that the checkpoint commits to."""
        return SeenTree(size=self.checkpoint.size, root=self.checkpoint.root)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A submission that may be cosigned, if the last cosigned tree is still the one it replaces."""

    submission: Submission
    replaces: SeenTree


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessAnswer:
    """What goes back over HTTP."""

    status: HTTPStatus
    body: bytes
    content_type: str = TEXT_CONTENT_TYPE
    proves_split_view: bool = False
    """The log has signed two roots for one size: the submission is to be kept as evidence."""


def format_submission(note: Note, *, old_size: int, proof: Sequence[bytes]) -> bytes:
    """Write the body of an add-checkpoint request."""
    lines = [f"old {old_size}", *map(encode_base64, proof), "", str(note)]
    return "\n".join(lines).encode()


def parse_submission(body: bytes) -> tuple[int, tuple[bytes, ...], Note]:
    """Read the old size, the proof and the signed note of a request (MalformedNoteError)."""
    if len(body) > SUBMISSION_SIZE_BYTES_MAX:
        raise MalformedNoteError(f"more than {SUBMISSION_SIZE_BYTES_MAX} bytes")
    head, _, note = body.partition(b"\n\n")
    try:
        old, *proof = head.decode("ascii").split("\n")
    except UnicodeDecodeError as cause:
        raise MalformedNoteError("the size and the proof are ASCII") from cause
    if not old.startswith("old "):
        raise MalformedNoteError("the first line is `old` and a tree size")
    if len(proof) > PROOF_LINES_COUNT_MAX:
        raise MalformedNoteError(f"more than {PROOF_LINES_COUNT_MAX} lines of proof")
    hashes = tuple(map(decode_base64, proof))
    if any(len(value) != HASH_SIZE_BYTES for value in hashes):
        raise MalformedNoteError("a line of proof is one hash")
    return parse_tree_size(old.removeprefix("old ")), hashes, parse_note(note)


def read_submission(body: bytes, *, logs: LogKeys) -> Submission | WitnessAnswer:
    """Read a request and check that a known log has signed its checkpoint: or 400, 404, 403."""
    try:
        old_size, proof, note = parse_submission(body)
        checkpoint = parse_checkpoint(note.text)
    except MalformedNoteError as fault:
        return _refuse(HTTPStatus.BAD_REQUEST, str(fault))
    if checkpoint.extensions:
        return _refuse(HTTPStatus.BAD_REQUEST, "extension lines are not cosigned")
    if old_size > checkpoint.size:
        return _refuse(HTTPStatus.BAD_REQUEST, "the old size is above the checkpoint's")
    keys = logs.get(checkpoint.origin)
    if keys is None:
        return _refuse(HTTPStatus.NOT_FOUND, "unknown log")
    try:
        verify_note(note, keys)
    except UnverifiedNoteError as fault:
        return _refuse(HTTPStatus.FORBIDDEN, str(fault))
    known = {(key.name, key.key_id) for key in keys}
    return Submission(
        old_size=old_size,
        proof=proof,
        checkpoint=checkpoint,
        log_signatures=tuple(line for line in note.signatures if (line.name, line.key_id) in known),
    )


def judge(submission: Submission, latest: SeenTree) -> Approval | WitnessAnswer:
    """Decide whether the submission extends the last tree cosigned for its log: or 409, 422."""
    tree = submission.tree
    if submission.old_size != latest.size:
        return conflict(latest.size)
    if tree.size == 0 and tree.root != EMPTY_ROOT:
        return _refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "an empty tree has another root")
    if tree.size == latest.size and tree.root != latest.root:
        return conflict(latest.size, proves_split_view=True)
    consistent = verify_consistency(
        first_size=latest.size,
        second_size=tree.size,
        first_root=latest.root,
        second_root=tree.root,
        proof=submission.proof,
    )
    if not consistent:
        return _refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "the consistency proof is wrong")
    return Approval(submission=submission, replaces=latest)


def conflict(size: int, *, proves_split_view: bool = False) -> WitnessAnswer:
    """Tell the log at which size this witness is (409)."""
    return WitnessAnswer(
        status=HTTPStatus.CONFLICT,
        body=f"{size}\n".encode(),
        content_type=TREE_SIZE_CONTENT_TYPE,
        proves_split_view=proves_split_view,
    )


def cosign(approval: Approval, signers: Iterable[NoteSigner], *, at: datetime) -> Note:
    """Cosign an approved checkpoint: the note to store, and to show as what this witness saw.

    What is signed is printed anew from what was understood, never the bytes that came in.
    """
    text = approval.submission.checkpoint.text
    own = (cosignature_line(text, signer, at=at) for signer in signers)
    return Note(text=text, signatures=(*approval.submission.log_signatures, *own))


def release(stored: Note, names: Iterable[str]) -> WitnessAnswer:
    """Answer with the cosignatures under these names, once the note that holds them is durable."""
    own = frozenset(names)
    lines = (f"{line}\n" for line in stored.signatures if line.name in own)
    return WitnessAnswer(status=HTTPStatus.OK, body="".join(lines).encode())


def monitoring_path(origin: str) -> str:
    """Return where a witness shows the last checkpoint of a log, below its monitoring prefix."""
    return f"{sha256(origin.encode()).hexdigest()}/checkpoint"


def _refuse(status: HTTPStatus, reason: str) -> WitnessAnswer:
    return WitnessAnswer(status=status, body=f"{reason}\n".encode())
