"""Witnessing in both roles: one row for each answer that the protocol knows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http import HTTPStatus

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hub.journal.cosigning import (
    NO_WITNESSES,
    WITNESS_ANSWER_SIZE_BYTES_MAX,
    AheadOfUs,
    AtOtherSize,
    Cosigned,
    NotCosigned,
    RetryRecipe,
    SplitView,
    WitnessPolicy,
    WitnessReply,
    read_witness_answer,
)
from hub.journal.merkle import EMPTY_ROOT, Frontier, append, leaf_hash
from hub.journal.proofs import plan_consistency
from hub.journal.publication import (
    InconsistentJournalError,
    PublicationPolicy,
    may_be_published,
    next_checkpoint,
)
from hub.journal.tiles import TileId, extensions_of, node_reader
from hub.journal.witness import (
    PROOF_LINES_COUNT_MAX,
    SUBMISSION_SIZE_BYTES_MAX,
    Approval,
    SeenTree,
    Submission,
    WitnessAnswer,
    conflict,
    cosign,
    format_submission,
    judge,
    monitoring_path,
    parse_submission,
    read_submission,
    release,
)
from signing.checkpoint import Checkpoint, sign_checkpoint
from signing.note import Note, cosignature_line, parse_note, sign_note, verify_note
from signing.note_keys import NoteAlgorithm, NoteSigner, UnverifiedNoteError, VerifierKey
from tests.journal import golden_log


def signer(name: str, seed: bytes) -> NoteSigner:
    return NoteSigner(name=name, private_key=Ed25519PrivateKey.from_private_bytes(seed * 32))


ORIGIN = "hub.example/journal"
LOG = signer(ORIGIN, b"L")
LOG_KEY = LOG.verifier(NoteAlgorithm.ED25519)
LOGS = {ORIGIN: [LOG_KEY]}
WITNESS = signer("w1.example", b"1")
WITNESS_KEY = WITNESS.verifier(NoteAlgorithm.COSIGNATURE_V1)
SECOND = signer("w2.example", b"2")
SECOND_KEY = SECOND.verifier(NoteAlgorithm.COSIGNATURE_V1)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

LEAVES = [leaf_hash(bytes([number])) for number in range(20)]
GROWTH = append(Frontier(), LEAVES)
TILES: dict[TileId, bytes] = {part.tile: part.hashes for part in extensions_of(GROWTH)}


def frontier(size: int) -> Frontier:
    return append(Frontier(), LEAVES[:size]).after


def checkpoint(size: int) -> Checkpoint:
    return Checkpoint(origin=ORIGIN, size=size, root=frontier(size).root())


def proof(old: int, new: int) -> tuple[bytes, ...]:
    return plan_consistency(old, new).resolve(node_reader(TILES))


def seen(size: int) -> SeenTree:
    return SeenTree(size=size, root=frontier(size).root())


def submission(
    old: int,
    new: Checkpoint,
    hashes: Sequence[bytes] | None = None,
    log: NoteSigner = LOG,
) -> bytes:
    lines = proof(old, new.size) if hashes is None else hashes
    return format_submission(sign_checkpoint(new, log), old_size=old, proof=lines)


def ask(body: bytes, latest: SeenTree) -> Approval | WitnessAnswer:
    """Answer a request as the store's transaction does."""
    read = read_submission(body, logs=LOGS)
    return judge(read, latest) if isinstance(read, Submission) else read


GOOD = submission(5, checkpoint(12))
OTHER_ROOT = Checkpoint(origin=ORIGIN, size=12, root=LEAVES[0])
UNKNOWN = Checkpoint(origin="other.example", size=12, root=frontier(12).root())
EXTENDED = Checkpoint(origin=ORIGIN, size=12, root=frontier(12).root(), extensions=("note",))


@pytest.mark.parametrize(
    ("body", "latest", "status", "answer"),
    [
        pytest.param(b"", seen(5), 400, None, id="no lines at all"),
        pytest.param(GOOD[4:], seen(5), 400, None, id="no `old` line"),
        pytest.param(GOOD.replace(b"old 5", b"old 05"), seen(5), 400, None, id="a leading zero"),
        pytest.param(GOOD.replace(b"old 5", b"old +5"), seen(5), 400, None, id="a sign"),
        pytest.param(GOOD.replace(b"old 5", b"old  5"), seen(5), 400, None, id="two blanks"),
        pytest.param(GOOD.replace(b"old 5\n", b"old 5\r\n"), seen(5), 400, None, id="CR LF"),
        pytest.param(GOOD.replace(b"old 5", b"old 5\nAA=="), seen(5), 400, None, id="a short hash"),
        pytest.param(GOOD.replace(b"old 5", b"old 5\n*"), seen(5), 400, None, id="bad base64"),
        pytest.param(
            GOOD.replace(b"old 5", "old 5\né".encode()), seen(5), 400, None, id="not ASCII"
        ),
        pytest.param(
            submission(5, checkpoint(12), [bytes(32)] * (PROOF_LINES_COUNT_MAX + 1)),
            seen(5),
            400,
            None,
            id="too many lines of proof",
        ),
        pytest.param(
            b"x" * (SUBMISSION_SIZE_BYTES_MAX + 1), seen(5), 400, None, id="too large a body"
        ),
        pytest.param(
            submission(13, checkpoint(12), ()), seen(13), 400, None, id="old above the checkpoint"
        ),
        pytest.param(submission(5, EXTENDED), seen(5), 400, None, id="extension lines"),
        pytest.param(
            format_submission(sign_note("no checkpoint\n", LOG), old_size=5, proof=()),
            seen(5),
            400,
            None,
            id="a note that is no checkpoint",
        ),
        pytest.param(
            submission(5, checkpoint(12), log=WITNESS), seen(5), 403, None, id="an unknown key"
        ),
        pytest.param(
            GOOD.replace(b"\n12\n", b"\n11\n"), seen(5), 403, None, id="a wrong signature"
        ),
        pytest.param(submission(5, UNKNOWN), seen(5), 404, None, id="an unknown origin"),
        pytest.param(GOOD, seen(4), 409, b"4\n", id="the witness is behind the old size"),
        pytest.param(GOOD, seen(9), 409, b"9\n", id="the witness is ahead of the old size"),
        pytest.param(GOOD, SeenTree(), 409, b"0\n", id="the witness has seen nothing"),
        pytest.param(
            submission(12, OTHER_ROOT, ()), seen(12), 409, b"12\n", id="another root of one size"
        ),
        pytest.param(
            submission(5, checkpoint(12), proof(4, 12)), seen(5), 422, None, id="a wrong proof"
        ),
        pytest.param(submission(5, checkpoint(12), ()), seen(5), 422, None, id="no proof"),
        pytest.param(
            submission(0, checkpoint(12), proof(1, 12)),
            SeenTree(),
            422,
            None,
            id="a proof although nothing was seen",
        ),
        pytest.param(
            submission(12, checkpoint(12), [bytes(32)]),
            seen(12),
            422,
            None,
            id="a proof although nothing has grown",
        ),
        pytest.param(
            submission(0, Checkpoint(origin=ORIGIN, size=0, root=bytes(32)), ()),
            SeenTree(),
            422,
            None,
            id="an empty tree with another root",
        ),
        pytest.param(GOOD, seen(5), 200, None, id="a tree that grew"),
        pytest.param(
            submission(12, checkpoint(12)), seen(12), 200, None, id="the same tree once more"
        ),
        pytest.param(submission(0, checkpoint(12)), SeenTree(), 200, None, id="the first tree"),
        pytest.param(submission(0, checkpoint(0)), SeenTree(), 200, None, id="the empty tree"),
    ],
)
def test_a_witness_answers_with_the_status_that_the_protocol_names(
    body: bytes, latest: SeenTree, status: int, answer: bytes | None
) -> None:
    result = ask(body, latest)
    if isinstance(result, Approval):
        assert (status, result.replaces) == (HTTPStatus.OK, latest)
        result = release(cosign(result, [WITNESS], at=NOON), [WITNESS.name])
    assert result.status == status
    assert result.body.endswith(b"\n")
    if answer is not None:
        assert (result.body, result.content_type) == (answer, "text/x.tlog.size")


def test_two_signed_roots_for_one_size_are_marked_as_evidence() -> None:
    fork = ask(submission(12, OTHER_ROOT, ()), seen(12))
    assert isinstance(fork, WitnessAnswer)
    assert fork.proves_split_view
    assert not conflict(12).proves_split_view


def approved(body: bytes, latest: SeenTree) -> Approval:
    result = ask(body, latest)
    assert isinstance(result, Approval)
    return result


def test_a_witness_stores_and_shows_the_log_s_signature_and_its_own() -> None:
    stranger = cosignature_line(checkpoint(12).text, SECOND, at=NOON)
    note = sign_checkpoint(checkpoint(12), LOG).with_signatures([stranger])
    body = format_submission(note, old_size=5, proof=proof(5, 12))
    stored = cosign(approved(body, seen(5)), [WITNESS], at=NOON)
    verified = verify_note(stored, [LOG_KEY, WITNESS_KEY, SECOND_KEY])
    assert [(s.key, s.signed_at) for s in verified.signatures] == [
        (LOG_KEY, None),
        (WITNESS_KEY, NOON),
    ]


def test_a_witness_with_two_keys_releases_both_and_nothing_of_the_log() -> None:
    stored = cosign(approved(GOOD, seen(5)), [WITNESS, SECOND], at=NOON)
    body = release(stored, [WITNESS.name, SECOND.name]).body.decode()
    assert body == "".join(f"{line}\n" for line in stored.signatures[1:])


def test_a_request_is_written_to_the_byte_and_read_back() -> None:
    note = sign_checkpoint(checkpoint(12), LOG)
    assert format_submission(note, old_size=0, proof=()) == b"old 0\n\n" + bytes(note)
    assert parse_submission(GOOD) == (5, proof(5, 12), note)


def test_the_golden_checkpoint_is_cosigned_after_the_smaller_one() -> None:
    leaves = [leaf_hash(entry) for entry in golden_log.ENTRIES]
    tiles = {part.tile: part.hashes for part in extensions_of(append(Frontier(), leaves))}
    lines = plan_consistency(1, 15).resolve(node_reader(tiles))
    body = format_submission(parse_note(golden_log.CHECKPOINT_15), old_size=1, proof=lines)
    read = read_submission(body, logs={golden_log.ORIGIN: [VerifierKey.parse(golden_log.VKEY)]})
    assert isinstance(read, Submission)
    latest = SeenTree(size=1, root=golden_log.ROOTS[1])
    assert judge(read, latest) == Approval(submission=read, replaces=latest)


def test_a_witness_shows_what_it_saw_under_the_digest_of_the_origin() -> None:
    assert monitoring_path(ORIGIN) == f"{sha256(ORIGIN.encode()).hexdigest()}/checkpoint"


@given(sizes=st.lists(st.integers(0, 20), max_size=8), lost=st.sets(st.integers(0, 7)))
def test_whatever_is_submitted_a_witness_only_ever_moves_forward(
    sizes: list[int], lost: set[int]
) -> None:
    latest = SeenTree()
    for number, size in enumerate(sizes):
        if size < latest.size:
            continue
        result = ask(submission(latest.size, checkpoint(size)), latest)
        assert isinstance(result, Approval)
        if number not in lost:
            assert result.submission.tree.size >= latest.size
            latest = result.submission.tree


# The other role: we ask, they answer.

TWELVE = checkpoint(12)
LINE = cosignature_line(TWELVE.text, WITNESS, at=NOON)
STRANGE = cosignature_line(TWELVE.text, SECOND, at=NOON)
WRONG = cosignature_line(checkpoint(11).text, WITNESS, at=NOON)


def is_not_cosigned(reply: WitnessReply) -> bool:
    return isinstance(reply, NotCosigned)


@pytest.mark.parametrize(
    ("status", "content_type", "body", "expected"),
    [
        pytest.param(200, "text/plain", f"{LINE}\n".encode(), Cosigned(lines=(LINE,)), id="200"),
        pytest.param(
            200,
            "text/plain",
            f"{STRANGE}\n{LINE}\n".encode(),
            Cosigned(lines=(LINE,)),
            id="200 with another's line beside",
        ),
        pytest.param(200, "", f"{STRANGE}\n".encode(), None, id="200 with another's line only"),
        pytest.param(200, "", f"{WRONG}\n".encode(), None, id="200 for another checkpoint"),
        pytest.param(200, "", b"", None, id="200 with nothing"),
        pytest.param(200, "", b"\xff\n", None, id="200 that is not UTF-8"),
        pytest.param(
            200, "", b"x" * (WITNESS_ANSWER_SIZE_BYTES_MAX + 1), None, id="200 that never ends"
        ),
        pytest.param(409, "text/x.tlog.size", b"7\n", AtOtherSize(size=7), id="409 behind"),
        pytest.param(409, "text/x.tlog.size", b"12\n", AtOtherSize(size=12), id="409 got it"),
        pytest.param(409, "text/x.tlog.size", b"13\n", AheadOfUs(size=13), id="409 ahead"),
        pytest.param(409, "text/x.tlog.size", b"5\n", None, id="409 for the size that was sent"),
        pytest.param(409, "text/x.tlog.size", b"07\n", None, id="409 with a leading zero"),
        pytest.param(409, "text/x.tlog.size", b"\xff", None, id="409 with no number"),
        pytest.param(409, "text/plain", b"7\n", None, id="409 of another type"),
        pytest.param(403, "text/plain", b"no\n", None, id="403"),
        pytest.param(500, "text/plain", b"", None, id="500"),
    ],
)
def test_an_answer_of_a_witness_is_understood(
    status: int, content_type: str, body: bytes, expected: WitnessReply | None
) -> None:
    reply = read_witness_answer(
        TWELVE,
        old_size=5,
        status=status,
        content_type=content_type,
        body=body,
        witness=[WITNESS_KEY],
    )
    assert is_not_cosigned(reply) if expected is None else reply == expected


def test_a_witness_that_holds_another_root_for_our_size_has_seen_a_split_view() -> None:
    fork = ask(submission(12, OTHER_ROOT, ()), seen(12))
    assert isinstance(fork, WitnessAnswer)
    reply = read_witness_answer(
        OTHER_ROOT,
        old_size=12,
        status=fork.status,
        content_type=fork.content_type,
        body=fork.body,
        witness=[WITNESS_KEY],
    )
    assert reply == SplitView(size=12)


def test_a_witness_is_asked_three_times_with_growing_waits() -> None:
    assert list(RetryRecipe().waits()) == [timedelta(milliseconds=10), timedelta(milliseconds=50)]
    more = RetryRecipe(tries_count_max=5)
    assert list(more.waits())[2:] == [timedelta(milliseconds=250)] * 2


ROTATED = signer(WITNESS.name, b"9").verifier(NoteAlgorithm.COSIGNATURE_V1)
POLICY = WitnessPolicy(threshold=2, witnesses=(WITNESS_KEY, ROTATED, SECOND_KEY))


def cosigned(*signers: NoteSigner) -> Note:
    lines = [cosignature_line(TWELVE.text, witness, at=NOON) for witness in signers]
    return sign_checkpoint(TWELVE, LOG).with_signatures(lines)


@pytest.mark.parametrize(
    ("note", "policy", "published"),
    [
        pytest.param(cosigned(), NO_WITNESSES, True, id="no witnesses are configured"),
        pytest.param(cosigned(), POLICY, False, id="no cosignature yet"),
        pytest.param(cosigned(WITNESS), POLICY, False, id="one of two"),
        pytest.param(cosigned(WITNESS, signer(WITNESS.name, b"9")), POLICY, False, id="one twice"),
        pytest.param(cosigned(WITNESS, SECOND), POLICY, True, id="two of two"),
        pytest.param(
            Note(text=TWELVE.text, signatures=cosigned(WITNESS, SECOND).signatures[1:]),
            POLICY,
            False,
            id="cosigned but not signed by the log",
        ),
        pytest.param(
            cosigned(SECOND).with_signatures([WRONG]), POLICY, False, id="a forged cosignature"
        ),
    ],
)
def test_a_checkpoint_is_published_only_with_the_configured_cosignatures(
    note: Note, policy: WitnessPolicy, *, published: bool
) -> None:
    assert may_be_published(note, log_key=LOG_KEY, policy=policy) is published


def test_a_forged_cosignature_is_not_counted_but_told() -> None:
    with pytest.raises(UnverifiedNoteError):
        POLICY.cosigners(cosigned(SECOND).with_signatures([WRONG]))


@pytest.mark.parametrize(
    ("threshold", "keys"),
    [(1, ()), (-1, ()), (2, (WITNESS_KEY, ROTATED)), (1, (LOG_KEY,))],
    ids=["nobody to ask", "below zero", "two keys of one witness", "a key that does not cosign"],
)
def test_a_policy_that_cannot_be_met_is_refused(
    threshold: int, keys: tuple[VerifierKey, ...]
) -> None:
    with pytest.raises(ValueError, match="witness"):
        WitnessPolicy(threshold=threshold, witnesses=keys)


def at(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("size", "now", "last_size", "last_at", "due"),
    [
        pytest.param(0, at(0), None, None, True, id="the first"),
        pytest.param(5, at(5), 4, at(0), True, id="grown, and time is up"),
        pytest.param(5, at(4), 4, at(0), False, id="grown, but just made one"),
        pytest.param(5, at(99), 5, at(0), False, id="nothing has grown"),
    ],
)
def test_a_checkpoint_is_due_when_the_journal_has_grown_and_the_interval_is_over(
    size: int, now: datetime, last_size: int | None, last_at: datetime | None, *, due: bool
) -> None:
    policy = PublicationPolicy(interval=timedelta(seconds=5))
    assert policy.is_due(size=size, now=now, last_size=last_size, last_at=last_at) is due


def test_the_next_checkpoint_extends_the_last_one() -> None:
    assert next_checkpoint(ORIGIN, frontier(5), last=None, proof=()) == checkpoint(5)
    grown = next_checkpoint(ORIGIN, frontier(12), last=checkpoint(5), proof=proof(5, 12))
    assert grown == TWELVE
    assert next_checkpoint(ORIGIN, frontier(12), last=TWELVE, proof=()) == TWELVE
    first = Checkpoint(origin=ORIGIN, size=0, root=EMPTY_ROOT)
    assert next_checkpoint(ORIGIN, frontier(12), last=first, proof=()) == TWELVE


@pytest.mark.parametrize(
    ("size", "last", "lines"),
    [
        pytest.param(5, TWELVE, (), id="the journal has shrunk"),
        pytest.param(12, OTHER_ROOT, (), id="the journal has changed"),
        pytest.param(12, UNKNOWN, (), id="the journal has another name"),
        pytest.param(12, checkpoint(5), (), id="nothing proves the growth"),
    ],
)
def test_a_log_never_signs_two_histories(
    size: int, last: Checkpoint, lines: tuple[bytes, ...]
) -> None:
    with pytest.raises(InconsistentJournalError, match="does not extend"):
        next_checkpoint(ORIGIN, frontier(size), last=last, proof=lines)
