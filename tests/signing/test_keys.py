import errno
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from signing.jwk import Algorithm
from signing.keys import (
    KEY_FILE_SIZE_BYTES_MAX,
    KeyFileContentError,
    KeyFileError,
    KeyFileExistsError,
    KeyFileExposedError,
    KeyFileMissingError,
    PrivateKey,
    create_key_file,
    load_key_file,
)
from signing.purposes import KeyPurpose, KeyPurposeError

MESSAGES = KeyPurpose.MESSAGES


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_key_written_to_a_file_is_read_back(tmp_path: Path, algorithm: Algorithm) -> None:
    key = PrivateKey.generate(algorithm, MESSAGES)
    create_key_file(tmp_path / "key.pem", key)
    assert load_key_file(tmp_path / "key.pem", MESSAGES) == key


def test_a_key_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        create_key_file(tmp_path / "key.pem", PrivateKey.generate(Algorithm.ES256, MESSAGES))
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    first = PrivateKey.generate(Algorithm.ED25519, MESSAGES)
    create_key_file(path, first)
    with pytest.raises(KeyFileExistsError):
        create_key_file(path, PrivateKey.generate(Algorithm.ED25519, MESSAGES))
    assert load_key_file(path, MESSAGES) == first


def test_a_key_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "key.pem").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileExistsError):
        create_key_file(tmp_path / "key.pem", PrivateKey.generate(Algorithm.ES256, MESSAGES))
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o666], ids=oct)
def test_a_key_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    create_key_file(path, PrivateKey.generate(Algorithm.ES256, MESSAGES))
    path.chmod(mode)
    with pytest.raises(KeyFileExposedError):
        load_key_file(path, MESSAGES)


def test_a_key_file_may_be_read_only(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    create_key_file(path, PrivateKey.generate(Algorithm.ES256, MESSAGES))
    path.chmod(0o400)
    load_key_file(path, MESSAGES)


@pytest.mark.parametrize("made_for", KeyPurpose)
@pytest.mark.parametrize("asked_for", KeyPurpose)
def test_a_key_serves_only_the_purpose_it_was_made_for(
    tmp_path: Path, made_for: KeyPurpose, asked_for: KeyPurpose
) -> None:
    path = tmp_path / "key.pem"
    create_key_file(path, PrivateKey.generate(Algorithm.ED25519, made_for))
    if made_for is asked_for:
        assert load_key_file(path, asked_for).purpose is made_for
    else:
        with pytest.raises(KeyFileContentError, match=f"for {made_for}"):
            load_key_file(path, asked_for)


@pytest.mark.parametrize("purpose", [KeyPurpose.CHECKPOINTS, KeyPurpose.COSIGNATURES])
def test_the_journal_is_signed_with_ed25519_only(purpose: KeyPurpose) -> None:
    with pytest.raises(KeyPurposeError):
        PrivateKey.generate(Algorithm.ES256, purpose)


def write_private(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def pem_of(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_key_of_another_tool_is_taken_for_the_purpose_stated(tmp_path: Path) -> None:
    path = write_private(tmp_path / "key.pem", pem_of(Ed25519PrivateKey.generate()))
    assert load_key_file(path, KeyPurpose.CHECKPOINTS).purpose is KeyPurpose.CHECKPOINTS


def test_a_missing_key_file_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(KeyFileMissingError):
        load_key_file(tmp_path / "none.pem", MESSAGES)


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError):
        load_key_file(tmp_path, MESSAGES)


def test_a_key_cannot_be_made_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError):
        create_key_file(tmp_path / "no" / "k", PrivateKey.generate(Algorithm.ES256, MESSAGES))


def test_a_key_that_could_not_be_written_whole_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, f"no space for {descriptor}")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(KeyFileError, match="no space"):
        create_key_file(tmp_path / "k.pem", PrivateKey.generate(Algorithm.ES256, MESSAGES))
    assert list(tmp_path.iterdir()) == []


ED25519 = Ed25519PrivateKey.generate()
CONTENTS = {
    "nothing": b"",
    "no PEM": b"hello",
    "a PEM block cut short": pem_of(ED25519)[:60],
    "a public key": ED25519.public_key().public_bytes_raw(),
    "a larger curve": generate_private_key(SECP384R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ),
    "an RSA key": generate_rsa(65537, 2048).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    ),
    "an encrypted key": ED25519.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
    ),
    "a file too large": pem_of(ED25519) + b"\n" * KEY_FILE_SIZE_BYTES_MAX,
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_a_file_without_a_usable_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = write_private(tmp_path / "key.pem", content)
    with pytest.raises(KeyFileContentError):
        load_key_file(path, MESSAGES)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_printing_a_private_key_shows_its_public_id_only(algorithm: Algorithm) -> None:
    key = PrivateKey.generate(algorithm, MESSAGES)
    assert key.public.key_id in repr(key)
    assert "material" not in repr(key)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_signature_has_64_bytes(algorithm: Algorithm) -> None:
    key = PrivateKey.generate(algorithm, MESSAGES)
    assert {len(key.sign(str(number).encode())) for number in range(300)} == {64}
