"""Proof that an entry is in the journal, as it is handed out with receipts and evidence.

It stands alone: with the entry, the proof and the public keys, anyone can check it offline and
years later, step by step.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from hub.journal.cosigning import NO_WITNESSES, WitnessPolicy
from hub.journal.merkle import HASH_SIZE_BYTES, LEVELS_COUNT_MAX, leaf_hash
from hub.journal.proofs import NodeReader, plan_inclusion, verify_inclusion
from schema.wire import WireStruct
from signing.checkpoint import TREE_SIZE_MAX, Checkpoint, parse_checkpoint
from signing.note import NOTE_SIZE_BYTES_MAX, Note, parse_note, verify_lines, verify_note
from signing.note_keys import MalformedNoteError, NoteError, VerifierKey

Hash = Annotated[bytes, Meta(min_length=HASH_SIZE_BYTES, max_length=HASH_SIZE_BYTES)]
"""A hash; standard base64 in JSON."""


class MalformedProofError(Exception):
    """The bytes are not an inclusion proof in its one spelling."""


class InclusionProof(WireStruct, frozen=True, kw_only=True):
    """An entry's place in the journal, and the path from it to a checkpoint."""

    leaf_index: Annotated[int, Meta(ge=0, lt=TREE_SIZE_MAX)]
    leaf_hash: Hash
    tree_size: Annotated[int, Meta(ge=1, le=TREE_SIZE_MAX)]
    hashes: Annotated[tuple[Hash, ...], Meta(max_length=LEVELS_COUNT_MAX)]
    checkpoint: Annotated[str, Meta(max_length=NOTE_SIZE_BYTES_MAX)]
    """The signed note, cosignatures included, as the journal published it."""


_DECODER = msgspec.json.Decoder(InclusionProof)


def encode_proof(proof: InclusionProof) -> bytes:
    """Write a proof as JSON with sorted keys, hashes in standard base64."""
    return msgspec.json.encode(proof, order="sorted")


def decode_proof(data: bytes) -> InclusionProof:
    """Read a proof, and only its one spelling (MalformedProofError)."""
    try:
        proof = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise MalformedProofError(str(cause)) from cause
    if encode_proof(proof) != data:
        raise MalformedProofError("not spelt as a proof is spelt")
    return proof


def prove_inclusion(
    leaf: bytes, *, index: int, published: Note, read: NodeReader
) -> InclusionProof:
    """Make the proof that a leaf hash is covered by a published checkpoint.

    ValueError when the checkpoint does not cover the leaf, or the path that was read does not
    lead to its root: a proof that fails is never handed out.
    """
    checkpoint = parse_checkpoint(published.text)
    hashes = plan_inclusion(index, checkpoint.size).resolve(read)
    if not verify_inclusion(
        leaf, index=index, tree_size=checkpoint.size, proof=hashes, root=checkpoint.root
    ):
        raise ValueError(f"leaf {index} is not the one under the root at {checkpoint.size}")
    return InclusionProof(
        leaf_index=index,
        leaf_hash=leaf,
        tree_size=checkpoint.size,
        hashes=hashes,
        checkpoint=str(published),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a verification: its number, what was checked, in words, and whether it holds."""

    number: int
    words: str
    holds: bool


def verify_inclusion_receipt(
    entry: bytes,
    proof: InclusionProof,
    log_keys: Iterable[VerifierKey],
    *,
    policy: WitnessPolicy = NO_WITNESSES,
) -> tuple[Step, ...]:
    """Check that an entry is in the journal of these keys; the last step tells whether it is.

    The steps end with the first that does not hold. A cosignature of a witness that the policy
    names is always checked; how many there must be is the policy's threshold.
    """
    steps: list[Step] = []
    try:
        for words in _claims(entry, proof, tuple(log_keys), policy):
            steps.append(Step(number=len(steps) + 1, words=words, holds=True))
    except _DoesNotHoldError as fault:
        steps.append(Step(number=len(steps) + 1, words=str(fault), holds=False))
    return tuple(steps)


def all_hold(steps: Sequence[Step]) -> bool:
    """Say whether a verification came to its end."""
    return bool(steps) and all(step.holds for step in steps)


class _DoesNotHoldError(Exception):
    """A step does not hold; the message says what was found instead."""


def _claims(
    entry: bytes, proof: InclusionProof, keys: tuple[VerifierKey, ...], policy: WitnessPolicy
) -> Iterator[str]:
    yield _check_leaf(entry, proof)
    note, checkpoint = _read_checkpoint(proof.checkpoint)
    yield f"The checkpoint of {checkpoint.origin} is well-formed."
    yield _check_log_signature(note, keys)
    yield _check_path(proof, checkpoint)
    yield _check_cosignatures(note, policy)


def _check_leaf(entry: bytes, proof: InclusionProof) -> str:
    computed, stated = leaf_hash(entry).hex(), proof.leaf_hash.hex()
    if computed != stated:
        raise _DoesNotHoldError(f"The entry has the leaf hash {computed}, not {stated}.")
    return f"The entry has the leaf hash {computed}."


def _read_checkpoint(text: str) -> tuple[Note, Checkpoint]:
    try:
        note = parse_note(text.encode())
        return note, parse_checkpoint(note.text)
    except MalformedNoteError as fault:
        raise _DoesNotHoldError(f"The checkpoint cannot be read: {fault}.") from fault


def _check_log_signature(note: Note, keys: tuple[VerifierKey, ...]) -> str:
    try:
        verified = verify_note(note, keys)
    except NoteError as fault:
        raise _DoesNotHoldError(f"The journal has not signed the checkpoint: {fault}.") from fault
    names = sorted({signature.key.name for signature in verified.signatures})
    return f"The checkpoint is signed by {', '.join(names)}."


def _check_path(proof: InclusionProof, checkpoint: Checkpoint) -> str:
    if checkpoint.size != proof.tree_size:
        raise _DoesNotHoldError(
            f"The proof is for {proof.tree_size} entries, the checkpoint for {checkpoint.size}."
        )
    included = verify_inclusion(
        proof.leaf_hash,
        index=proof.leaf_index,
        tree_size=proof.tree_size,
        proof=proof.hashes,
        root=checkpoint.root,
    )
    path = f"from entry {proof.leaf_index} to the root over {checkpoint.size} entries"
    if not included:
        raise _DoesNotHoldError(f"The {len(proof.hashes)} hashes do not lead {path}.")
    return f"The {len(proof.hashes)} hashes lead {path}."


def _check_cosignatures(note: Note, policy: WitnessPolicy) -> str:
    try:
        cosigned = verify_lines(note.text, note.signatures, policy.witnesses)
    except NoteError as fault:
        raise _DoesNotHoldError(f"A cosignature does not hold: {fault}.") from fault
    witnesses = [f"{s.key.name} at {s.signed_at:%Y-%m-%dT%H:%M:%SZ}" for s in cosigned]
    words = f"Cosigned by {', '.join(witnesses) or 'no known witness'}; {policy.threshold} needed."
    if len({signature.key.name for signature in cosigned}) < policy.threshold:
        raise _DoesNotHoldError(words)
    return words
