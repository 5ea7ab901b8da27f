from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt import PyJWKSet

from signing.jwk import Algorithm, PublicKey
from signing.keyring import KeyEntry, Keyring, KeyringError, KeyStanding
from signing.keys import PrivateKey
from signing.purposes import KeyPurpose

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
MESSAGES = KeyPurpose.MESSAGES
KEYS = [PrivateKey.generate(Algorithm.ES256, MESSAGES).public for _ in range(3)]
ED25519 = PrivateKey.generate(Algorithm.ED25519, MESSAGES).public


def entry(key: PublicKey = KEYS[0], **changes: Any) -> KeyEntry:
    members: dict[str, Any] = {"issuer": "MNG01", "purpose": MESSAGES, "key": key}
    return KeyEntry(**(members | {"valid_from": NOW} | changes))


STANDINGS = {
    "an instant before it begins": (-INSTANT, KeyStanding.NOT_YET_VALID),
    "as it begins": (timedelta(0), KeyStanding.IN_FORCE),
    "an instant before its revocation": (2 * HOUR - INSTANT, KeyStanding.IN_FORCE),
    "at its revocation": (2 * HOUR, KeyStanding.REVOKED),
    "an instant before its end": (3 * HOUR - INSTANT, KeyStanding.REVOKED),
    "at its end": (3 * HOUR, KeyStanding.EXPIRED),
}


@pytest.mark.parametrize(("after", "standing"), STANDINGS.values(), ids=STANDINGS.keys())
def test_a_key_is_judged_by_the_moment_of_receipt(after: timedelta, standing: KeyStanding) -> None:
    key = entry(valid_until=NOW + 3 * HOUR, revoked_from=NOW + 2 * HOUR)
    assert key.standing(NOW + after) is standing


def test_a_key_without_end_stays_in_force() -> None:
    assert entry().standing(datetime.max.replace(tzinfo=UTC)) is KeyStanding.IN_FORCE


def test_an_added_key_leaves_the_earlier_keyring_as_it_was() -> None:
    empty = Keyring()
    one = empty.with_key(entry())
    assert empty.find(KEYS[0].key_id, MESSAGES) is None
    assert one.find(KEYS[0].key_id, MESSAGES) == entry()


def test_a_key_is_not_found_for_another_purpose() -> None:
    keyring = Keyring.of([entry(ED25519, purpose=KeyPurpose.CHECKPOINTS)])
    assert keyring.find(ED25519.key_id, KeyPurpose.CHECKPOINTS) is not None
    for purpose in set(KeyPurpose) - {KeyPurpose.CHECKPOINTS}:
        assert keyring.find(ED25519.key_id, purpose) is None


def test_the_same_entry_twice_changes_nothing() -> None:
    keyring = Keyring.of([entry()])
    assert keyring.with_key(entry()) is keyring


@pytest.mark.parametrize(
    "other",
    [
        entry(issuer="JPN01"),
        entry(purpose=KeyPurpose.TOKENS),
        entry(valid_from=NOW - HOUR),
        entry(valid_until=NOW + HOUR),
    ],
    ids=["another issuer", "another purpose", "another beginning", "another end"],
)
def test_one_key_speaks_for_one_issuer_in_one_way(other: KeyEntry) -> None:
    with pytest.raises(KeyringError):
        Keyring.of([entry()]).with_key(other)
    with pytest.raises(KeyringError):
        Keyring.of([entry(), other])


def test_during_a_rotation_two_keys_are_in_force() -> None:
    keyring = Keyring.of(
        [
            entry(KEYS[0], valid_until=NOW + 2 * HOUR),
            entry(KEYS[1], valid_from=NOW + HOUR),
            entry(KEYS[2], issuer="JPN01"),
        ]
    )

    def speaking_at(at: datetime) -> set[str]:
        return {found.key.key_id for found in keyring.in_force("MNG01", MESSAGES, at)}

    old, new = KEYS[0].key_id, KEYS[1].key_id
    assert speaking_at(NOW) == {old}
    assert speaking_at(NOW + HOUR) == {old, new}
    assert speaking_at(NOW + 2 * HOUR) == {new}


def test_an_end_and_a_revocation_only_move_earlier() -> None:
    keyring, key_id = Keyring.of([entry()]), KEYS[0].key_id
    for change in (Keyring.with_end, Keyring.with_revocation):
        changed = change(keyring, key_id, NOW + 2 * HOUR)
        assert change(changed, key_id, NOW + 3 * HOUR) is changed
        earlier = change(changed, key_id, NOW + HOUR).find(key_id, MESSAGES)
        assert earlier is not None
        assert earlier.standing(NOW + HOUR) is not KeyStanding.IN_FORCE


def test_an_unknown_key_can_be_neither_ended_nor_revoked() -> None:
    for change in (Keyring.with_end, Keyring.with_revocation):
        with pytest.raises(KeyringError):
            change(Keyring(), "nobody", NOW)


REFUSED: dict[str, dict[str, Any]] = {
    "a beginning without time zone": {"valid_from": NOW.replace(tzinfo=None)},
    "an end without time zone": {"valid_until": NOW.replace(tzinfo=None)},
    "an end at the beginning": {"valid_until": NOW},
    "no issuer": {"issuer": ""},
    "an issuer with a line end": {"issuer": "MNG01\n"},
    "an issuer too long": {"issuer": "x" * 129},
    "a P-256 key for checkpoints": {"purpose": KeyPurpose.CHECKPOINTS},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED.keys())
def test_an_entry_that_could_not_be_used_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(KeyringError):
        entry(**changes)


MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]),
)  # fmt: skip


@st.composite
def keyrings(draw: st.DrawFn) -> Keyring:
    entries = []
    for key in draw(st.lists(st.sampled_from([*KEYS, ED25519]), unique=True)):
        valid_from = draw(MOMENTS)
        life = draw(st.none() | st.timedeltas(INSTANT, 9999 * HOUR))
        made = entry(
            key,
            issuer=draw(st.sampled_from(["MNG01", "JPN01", "hub.example"])),
            purpose=draw(st.sampled_from([MESSAGES, KeyPurpose.TOKENS])),
            valid_from=valid_from,
            valid_until=None if life is None else valid_from + life,
            revoked_from=draw(st.none() | MOMENTS),
        )
        entries.append(made)
    return Keyring.of(entries)


@given(keyrings())
def test_a_keyring_reads_back_as_it_was_written(keyring: Keyring) -> None:
    text = keyring.to_json()
    again = Keyring.from_json(text)
    assert again == keyring
    assert again.to_json() == text


def test_other_libraries_read_a_keyring_as_a_key_set() -> None:
    text = Keyring.of([entry(key) for key in KEYS]).to_json()
    assert {key.key_id for key in PyJWKSet.from_json(text.decode()).keys} == {
        key.key_id for key in KEYS
    }


def changed(**members: Any) -> bytes:
    document = msgspec.json.decode(Keyring.of([entry()]).to_json())
    document["keys"][0] |= members
    return msgspec.json.encode(document)


UNREADABLE = {
    "no JSON": b"keys",
    "a repeated key": b'{"keys":[],"keys":[]}',
    "an unknown member": changed(x5c=[]),
    "a private member": changed(d="AAAA"),
    "another thumbprint": changed(kid="x"),
    "an unknown purpose": changed(purpose="anything"),
    "a time without zone": changed(valid_from="2026-01-01T00:00:00"),
    "an end before the beginning": changed(valid_until="2020-01-01T00:00:00Z"),
    "no issuer": changed(iss=""),
    "a point off the curve": changed(x=KEYS[1].to_jwk()["x"], kid=None),
}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_keyring_is_refused(text: bytes) -> None:
    with pytest.raises(KeyringError):
        Keyring.from_json(text)
