"""A journal entry is short, public and has one spelling."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import msgspec
import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hub.journal.entries import (
    JOURNAL_ENTRY_SIZE_BYTES_MAX,
    REFUSALS_COUNT_MAX,
    EntryOutcome,
    JournalEntry,
    MalformedEntryError,
    decode_entry,
    encode_entry,
    instant_text,
)
from hub.journal.merkle import leaf_hash

ENTRY = JournalEntry(
    envelope_digest="0f" * 32,
    jti="6f1f7a0e-2f6a-4c0e-9b58-0a4f3a3f6a11",
    message_id="0b8f6a3e-8a37-4b4b-a7cd-3d3bb32ef1f2",
    kind="transfer-proposal",
    sender="MNG01",
    receiver="hub.example",
    received_at="2026-01-31T12:00:00.250Z",
    outcome=EntryOutcome.ACCEPTED,
)
BYTES = (
    b'{"envelope_digest":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f",'
    b'"jti":"6f1f7a0e-2f6a-4c0e-9b58-0a4f3a3f6a11","kind":"transfer-proposal",'
    b'"message_id":"0b8f6a3e-8a37-4b4b-a7cd-3d3bb32ef1f2","outcome":"accepted",'
    b'"received_at":"2026-01-31T12:00:00.250Z","receiver":"hub.example","refusals":[],'
    b'"sender":"MNG01","version":1}'
)

LEAF_HASH = "f3fa57ca898719ac15cfddc0582b3dc841154ff6c5722030faf65f7a67516fe3"


def changed(**fields: Any) -> bytes:
    return orjson.dumps(orjson.loads(BYTES) | fields, option=orjson.OPT_SORT_KEYS)


def test_an_entry_is_written_to_the_byte() -> None:
    assert encode_entry(ENTRY) == BYTES
    assert decode_entry(BYTES) == ENTRY
    assert leaf_hash(BYTES).hex() == LEAF_HASH


uuids = st.uuids().map(str)
codes = st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True)
entries = st.builds(
    lambda refusals, **fields: JournalEntry(
        outcome=EntryOutcome.REFUSED if refusals else EntryOutcome.ACCEPTED,
        refusals=tuple(refusals),
        **fields,
    ),
    envelope_digest=st.binary(min_size=32, max_size=32).map(bytes.hex),
    jti=uuids,
    message_id=uuids,
    kind=st.from_regex(r"[a-z][a-z0-9-]{0,63}", fullmatch=True),
    sender=st.from_regex(r"[!-~]{1,64}", fullmatch=True),
    receiver=st.from_regex(r"[!-~]{1,64}", fullmatch=True),
    received_at=st.datetimes(
        min_value=datetime(1000, 1, 1),  # noqa: DTZ001 - Hypothesis asks for naive bounds
        timezones=st.just(UTC),
    ).map(instant_text),
    refusals=st.lists(codes, unique=True, max_size=5),
)


@given(entry=entries)
def test_every_entry_reads_back_and_is_spelt_as_rfc_8785_spells(entry: JournalEntry) -> None:
    data = encode_entry(entry)
    assert decode_entry(data) == entry
    assert rfc8785.dumps(msgspec.to_builtins(entry)) == data


@given(entry=entries, data=st.data())
def test_one_changed_byte_is_another_entry_or_none(
    entry: JournalEntry, data: st.DataObject
) -> None:
    original = encode_entry(entry)
    changed_bytes = bytearray(original)
    position = data.draw(st.integers(0, len(original) - 1))
    changed_bytes[position] ^= data.draw(st.integers(1, 255))
    try:
        assert decode_entry(bytes(changed_bytes)) != entry
    except MalformedEntryError:
        return


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="not an object"),
        pytest.param(b"\xff" + BYTES[1:], id="not UTF-8"),
        pytest.param(BYTES + b"\n", id="a newline after it"),
        pytest.param(BYTES.replace(b":1", b": 1"), id="a blank"),
        pytest.param(BYTES.replace(b":1", b":1.0"), id="a number spelt otherwise"),
        pytest.param(BYTES.replace(b":1", b":2"), id="another version"),
        pytest.param(BYTES.replace(b"{", b'{"version":1,', 1), id="a repeated key"),
        pytest.param(BYTES.replace(b',"version":1', b""), id="a missing key"),
        pytest.param(BYTES.replace(b"MNG01", b"\\u004dNG01"), id="an escaped letter"),
        pytest.param(changed(note="x"), id="an unknown key"),
        pytest.param(changed(envelope_digest="0F" * 32), id="an upper-case digest"),
        pytest.param(changed(envelope_digest="0f" * 32 + "\n"), id="a newline in a digest"),
        pytest.param(changed(jti="x"), id="an id that is no UUID"),
        pytest.param(changed(jti=""), id="accepted without a jti"),
        pytest.param(changed(message_id=""), id="accepted without a message id"),
        pytest.param(changed(kind="Transfer"), id="an upper-case kind"),
        pytest.param(changed(sender=""), id="no sender"),
        pytest.param(changed(sender="M" * 65), id="a long sender"),
        pytest.param(changed(receiver="Größe"), id="a receiver that is not ASCII"),
        pytest.param(changed(received_at="2026-01-31T12:00:00Z"), id="no milliseconds"),
        pytest.param(changed(received_at="2026-02-31T12:00:00.000Z"), id="no such day"),
        pytest.param(changed(received_at="20260131--T12:00:00.000Z"), id="another date form"),
        pytest.param(changed(outcome="refused"), id="a refusal without a code"),
        pytest.param(changed(refusals=["x"]), id="an acceptance with a code"),
        pytest.param(changed(outcome="lost"), id="an unknown outcome"),
        pytest.param(changed(outcome="refused", refusals=["x", "x"]), id="a repeated code"),
        pytest.param(
            changed(outcome="refused", refusals=[f"x{n}" for n in range(REFUSALS_COUNT_MAX + 1)]),
            id="too many codes",
        ),
        pytest.param(changed(sender="M" * JOURNAL_ENTRY_SIZE_BYTES_MAX), id="too long"),
    ],
)
def test_an_entry_in_any_other_form_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedEntryError):
        decode_entry(data)


def test_an_entry_that_could_not_be_read_again_is_not_written() -> None:
    with pytest.raises(ValueError, match="not an entry"):
        encode_entry(msgspec.structs.replace(ENTRY, sender="two words"))


def test_an_entry_with_a_time_in_another_form_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="UTC milliseconds"):
        msgspec.structs.replace(ENTRY, received_at="2026-01-31T12:00:00Z")


def test_a_refused_envelope_may_have_no_readable_ids() -> None:
    refused = msgspec.structs.replace(
        ENTRY, jti="", message_id="", outcome=EntryOutcome.REFUSED, refusals=("body_malformed",)
    )
    assert decode_entry(encode_entry(refused)) == refused


def test_the_longest_entry_is_well_below_the_limits() -> None:
    longest = JournalEntry(
        envelope_digest="0" * 64,
        jti=str(UUID(int=0)),
        message_id=str(UUID(int=0)),
        kind="k" * 64,
        sender="\\" * 64,
        receiver='"' * 64,
        received_at="2026-01-31T12:00:00.250Z",
        outcome=EntryOutcome.REFUSED,
        refusals=tuple(f"{number:a>64}" for number in range(REFUSALS_COUNT_MAX)),
    )
    assert len(encode_entry(longest)) < JOURNAL_ENTRY_SIZE_BYTES_MAX < 65_535


def test_times_are_cut_to_milliseconds_of_utc() -> None:
    at = datetime(2026, 1, 31, 21, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=9)))
    assert instant_text(at) == "2026-01-31T12:00:00.999Z"
