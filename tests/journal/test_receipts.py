"""An inclusion proof is checked step by step, by anyone, with the public keys alone."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hub.journal.cosigning import WitnessPolicy
from hub.journal.merkle import Frontier, append, leaf_hash
from hub.journal.receipts import (
    InclusionProof,
    MalformedProofError,
    all_hold,
    decode_proof,
    encode_proof,
    prove_inclusion,
    verify_inclusion_receipt,
)
from hub.journal.tiles import extensions_of, node_reader
from signing.checkpoint import Checkpoint, sign_checkpoint
from signing.note import cosignature_line
from signing.note_keys import NoteAlgorithm, NoteSigner

LOG = NoteSigner(
    name="hub.example/journal", private_key=Ed25519PrivateKey.from_private_bytes(b"L" * 32)
)
WITNESS = NoteSigner(name="w.example", private_key=Ed25519PrivateKey.from_private_bytes(b"W" * 32))
LOG_KEY = LOG.verifier(NoteAlgorithm.ED25519)
WITNESS_KEY = WITNESS.verifier(NoteAlgorithm.COSIGNATURE_V1)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
ONE_WITNESS = WitnessPolicy(threshold=1, witnesses=(WITNESS_KEY,))

ENTRIES = [b"one", b"two", b"three"]
GROWTH = append(Frontier(), [leaf_hash(entry) for entry in ENTRIES])
TILES = {part.tile: part.hashes for part in extensions_of(GROWTH)}
CHECKPOINT = Checkpoint(origin=LOG.name, size=3, root=GROWTH.after.root())
NOTE = sign_checkpoint(CHECKPOINT, LOG)
COSIGNED = NOTE.with_signatures([cosignature_line(NOTE.text, WITNESS, at=NOON)])
FORGED = NOTE.with_signatures([cosignature_line("other\n", WITNESS, at=NOON)])


def proof_of(index: int) -> InclusionProof:
    leaf = leaf_hash(ENTRIES[index])
    return prove_inclusion(leaf, index=index, published=COSIGNED, read=node_reader(TILES))


PROOF = proof_of(1)


@pytest.mark.parametrize("index", range(len(ENTRIES)))
def test_each_entry_is_proven_in_numbered_steps(index: int) -> None:
    proof = proof_of(index)
    count = len(proof.hashes)
    steps = verify_inclusion_receipt(ENTRIES[index], proof, [LOG_KEY], policy=ONE_WITNESS)
    assert all_hold(steps)
    assert [step.number for step in steps] == [1, 2, 3, 4, 5]
    assert [step.words for step in steps] == [
        f"The entry has the leaf hash {leaf_hash(ENTRIES[index]).hex()}.",
        "The checkpoint of hub.example/journal is well-formed.",
        "The checkpoint is signed by hub.example/journal.",
        f"The {count} hashes lead from entry {index} to the root over 3 entries.",
        "Cosigned by w.example at 2026-01-31T12:00:00Z; 1 needed.",
    ]


Change = Callable[[InclusionProof], InclusionProof]


def with_fields(**fields: object) -> Change:
    return lambda proof: msgspec.structs.replace(proof, **fields)


@pytest.mark.parametrize(
    ("change", "step", "words"),
    [
        pytest.param(with_fields(leaf_hash=bytes(32)), 1, "leaf hash", id="another leaf hash"),
        pytest.param(with_fields(checkpoint="x"), 2, "cannot be read", id="no checkpoint"),
        pytest.param(
            with_fields(checkpoint=str(NOTE).replace("\n3\n", "\n4\n")),
            3,
            "has not signed",
            id="a checkpoint that the journal has not signed",
        ),
        pytest.param(
            with_fields(tree_size=4), 4, "for 4 entries, the checkpoint for 3", id="another size"
        ),
        pytest.param(with_fields(leaf_index=0), 4, "do not lead", id="another place"),
        pytest.param(with_fields(hashes=()), 4, "do not lead", id="no path"),
        pytest.param(
            with_fields(checkpoint=str(NOTE)), 5, "no known witness; 1 needed", id="no cosignature"
        ),
        pytest.param(
            with_fields(checkpoint=str(FORGED)), 5, "does not hold", id="a forged cosignature"
        ),
    ],
)
def test_the_first_step_that_does_not_hold_is_the_last(
    change: Change, step: int, words: str
) -> None:
    steps = verify_inclusion_receipt(ENTRIES[1], change(PROOF), [LOG_KEY], policy=ONE_WITNESS)
    assert not all_hold(steps)
    assert [(s.number, s.holds) for s in steps] == [
        *((number, True) for number in range(1, step)),
        (step, False),
    ]
    assert words in steps[-1].words


@pytest.mark.parametrize(("leaf", "index"), [(b"one", 1), (b"four", 3)])
def test_a_proof_that_would_fail_is_never_made(leaf: bytes, index: int) -> None:
    with pytest.raises(ValueError, match="leaf"):
        prove_inclusion(leaf_hash(leaf), index=index, published=COSIGNED, read=node_reader(TILES))


def test_without_a_policy_no_witness_is_needed() -> None:
    steps = verify_inclusion_receipt(ENTRIES[1], PROOF, [LOG_KEY])
    assert all_hold(steps)
    assert steps[-1].words == "Cosigned by no known witness; 0 needed."


def test_no_steps_prove_nothing() -> None:
    assert not all_hold(())


def test_a_proof_is_json_with_hashes_in_base64() -> None:
    data = encode_proof(PROOF)
    assert decode_proof(data) == PROOF
    assert orjson.loads(data) == {
        "checkpoint": str(COSIGNED),
        "hashes": [b64encode(value).decode() for value in PROOF.hashes],
        "leaf_hash": b64encode(PROOF.leaf_hash).decode(),
        "leaf_index": 1,
        "tree_size": 3,
    }


@given(data=st.data())
def test_one_flipped_byte_anywhere_fails(data: st.DataObject) -> None:
    original = encode_proof(PROOF)
    position = data.draw(st.integers(0, len(original) - 1))
    flipped = bytearray(original)
    flipped[position] ^= data.draw(st.integers(1, 255))
    try:
        proof = decode_proof(bytes(flipped))
    except MalformedProofError:
        return
    steps = verify_inclusion_receipt(ENTRIES[1], proof, [LOG_KEY], policy=ONE_WITNESS)
    assert not all_hold(steps)


@given(entry=st.binary(max_size=20))
def test_no_other_entry_is_proven(entry: bytes) -> None:
    steps = verify_inclusion_receipt(entry, PROOF, [LOG_KEY])
    assert all_hold(steps) == (entry == ENTRIES[1])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(encode_proof(PROOF) + b" ", id="a blank at the end"),
        pytest.param(encode_proof(PROOF).replace(b'"leaf_index":1', b'"leaf_index":-1'), id="-1"),
        pytest.param(b'{"\xff":1}', id="not UTF-8"),
        pytest.param(
            encode_proof(msgspec.structs.replace(PROOF, hashes=(bytes(31),))), id="a short hash"
        ),
        pytest.param(
            encode_proof(msgspec.structs.replace(PROOF, hashes=(bytes(32),) * 64)),
            id="a path that no tree has",
        ),
    ],
)
def test_a_proof_in_any_other_form_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedProofError):
        decode_proof(data)
