"""Private keys as signers of notes: each only for the statements its purpose allows."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signing.keys import PrivateKey
from signing.note_keys import NoteSigner
from signing.purposes import KeyPurpose, KeyPurposeError


def log_signer(origin: str, key: PrivateKey) -> NoteSigner:
    """Let a checkpoint key sign as the log of this origin (C2SP tlog-checkpoint: same name).

    Raises:
        KeyPurposeError: the key is for something else.
        MalformedNoteError: the origin cannot be the name of a key.
    """
    return _signer(origin, key, KeyPurpose.CHECKPOINTS)


def witness_signer(name: str, key: PrivateKey) -> NoteSigner:
    """Let a cosignature key sign as the witness of this name; errors as in `log_signer`.

    A witness key serves one name: the cosigned message does not hold it (C2SP tlog-cosignature).
    """
    return _signer(name, key, KeyPurpose.COSIGNATURES)


def _signer(name: str, key: PrivateKey, purpose: KeyPurpose) -> NoteSigner:
    if key.purpose is not purpose or not isinstance(key.material, Ed25519PrivateKey):
        raise KeyPurposeError(f"a key for {key.purpose} does not sign {purpose}")
    return NoteSigner(name=name, private_key=key.material)
