"""Private keys and the files that hold them: the one module of this package that touches files."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, assert_never

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_on_curve
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from signing.jwk import COORDINATE_SIZE_BYTES, Algorithm, KeyFormatError, PublicKey
from signing.purposes import KeyPurpose, KeyPurposeError, check_purpose

KEY_FILE_MODE: Final = 0o600
KEY_FILE_SIZE_BYTES_MAX: Final = 16 * 1024
"""A file that we write has about 350 bytes."""


class KeyFileError(Exception):
    """A key file cannot be used or made; the message names the file, never its content."""


class KeyFileExistsError(KeyFileError):
    """There is a file under this name already; keys are never overwritten."""


class KeyFileMissingError(KeyFileError):
    """There is no file under this name."""


class KeyFileExposedError(KeyFileError):
    """Others than the owner may read or write the file: treat the key as lost, or mend the mode."""


class KeyFileContentError(KeyFileError):
    """The file holds no private key that we accept, or one made for another purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKey:
    """A private key with the one purpose it serves; printing it shows its public id only."""

    purpose: KeyPurpose
    public: PublicKey
    material: EllipticCurvePrivateKey | Ed25519PrivateKey = field(repr=False, compare=False)

    @classmethod
    def of(cls, material: object, purpose: KeyPurpose) -> "PrivateKey":
        """Take a key of the cryptography library for `purpose`.

        Raises:
            KeyFormatError: a type or curve that we do not accept.
            KeyPurposeError: a type that the purpose has no format for.
        """
        if not isinstance(material, EllipticCurvePrivateKey | Ed25519PrivateKey):
            raise KeyFormatError("only P-256 and Ed25519 keys are accepted")
        public = PublicKey.of(material.public_key())
        check_purpose(purpose, public.algorithm)
        return cls(purpose=purpose, public=public, material=material)

    @classmethod
    def generate(cls, algorithm: Algorithm, purpose: KeyPurpose) -> "PrivateKey":
        """Make a new key from the operating system's randomness (KeyPurposeError as in `of`)."""
        match algorithm:
            case Algorithm.ES256:
                return cls.of(generate_on_curve(SECP256R1()), purpose)
            case Algorithm.ED25519:
                return cls.of(Ed25519PrivateKey.generate(), purpose)
            case never:
                assert_never(never)

    def sign(self, message: bytes) -> bytes:
        """Sign as JWS does: 64 bytes, for ES256 `r || s` (RFC 7518 section 3.4), not DER."""
        match self.material:
            case Ed25519PrivateKey():
                return self.material.sign(message)
            case EllipticCurvePrivateKey():
                r, s = decode_dss_signature(self.material.sign(message, _ES256))
                return b"".join(n.to_bytes(COORDINATE_SIZE_BYTES, "big") for n in (r, s))
            case never:
                assert_never(never)


def create_key_file(path: Path, key: PrivateKey) -> None:
    """Write `key` to a new file that only its owner may read (mode 0600), and make it durable.

    The folder must exist. A line above the PEM block (RFC 7468 section 2 allows text there) names
    the purpose, which `load_key_file` holds the reader to.

    Raises:
        KeyFileExistsError: the name is taken, were it by a dangling link; nothing was changed.
        KeyFileError: the operating system refused.
    """
    pem = key.material.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    text = f"Purpose: {key.purpose}\nKey-Id: {key.public.key_id}\n".encode() + pem
    try:
        # O_EXCL makes the test and the creation one step, and follows no symbolic link.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_FILE_MODE)
    except FileExistsError as cause:
        raise KeyFileExistsError(f"{path} exists; keys are never overwritten") from cause
    except OSError as cause:
        raise KeyFileError(f"{path} cannot be made: {cause.strerror}") from cause
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _make_name_durable(path)
    except OSError as cause:
        path.unlink()  # what was made a moment ago is not a whole key
        raise KeyFileError(f"{path} cannot be written: {cause.strerror}") from cause


def load_key_file(path: Path, purpose: KeyPurpose) -> PrivateKey:
    """Read a private key (PEM, not encrypted) for `purpose`.

    A file without a purpose line, from another tool, is taken for the purpose that the caller
    states.

    Raises:
        KeyFileMissingError: no such file.
        KeyFileExposedError: group or others have any right on the file.
        KeyFileContentError: no key, another type of key, or a key for another purpose.
        KeyFileError: the operating system refused.
    """
    text = _read_private(path)
    stated = _PURPOSE_LINE.search(text)
    if stated and stated[1].decode() != purpose:
        raise KeyFileContentError(f"{path} holds a key for {stated[1].decode()}, not {purpose}")
    try:
        return PrivateKey.of(load_pem_private_key(text, password=None), purpose)
    except (KeyFormatError, KeyPurposeError) as cause:
        raise KeyFileContentError(f"{path}: {cause}") from cause
    except (ValueError, TypeError, UnsupportedAlgorithm) as cause:
        detail = f"{path} holds no unencrypted private key in PEM form"
        raise KeyFileContentError(detail) from cause


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            # The mode of the open file, not of the name, which could change in between.
            mode = os.fstat(file.fileno()).st_mode
            if os.name == "posix" and mode & 0o077:
                raise KeyFileExposedError(
                    f"{path} has mode {mode & 0o777:04o}; only its owner may have rights on it"
                )
            text = file.read(KEY_FILE_SIZE_BYTES_MAX + 1)
    except FileNotFoundError as cause:
        raise KeyFileMissingError(f"{path} does not exist") from cause
    except OSError as cause:
        raise KeyFileError(f"{path} cannot be read: {cause.strerror}") from cause
    if len(text) > KEY_FILE_SIZE_BYTES_MAX:
        raise KeyFileContentError(f"{path} is too large for a key file")
    return text


def _make_name_durable(path: Path) -> None:
    if os.name != "posix":  # elsewhere a folder cannot be opened for this
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


_ES256: Final = ECDSA(SHA256())
_PURPOSE_LINE: Final = re.compile(rb"^Purpose: ([a-z]{1,32})$", re.MULTILINE)
