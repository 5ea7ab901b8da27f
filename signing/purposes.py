"""What a key is for: a key made for one purpose is never accepted for another."""

from enum import StrEnum, unique
from typing import Final

from signing.jwk import Algorithm


@unique
class KeyPurpose(StrEnum):
    """The purposes, kept apart so that one key lost is one promise lost."""

    MESSAGES = "messages"
    """Envelopes and receipts between registries and the hub."""
    CHECKPOINTS = "checkpoints"
    """The signed head of the journal (C2SP checkpoint)."""
    COSIGNATURES = "cosignatures"
    """A witness's statement about another log (C2SP cosignature)."""
    TOKENS = "tokens"
    """Access tokens that the hub issues to its clients."""


class KeyPurposeError(ValueError):
    """A key was offered for a purpose that is not its own."""


def check_purpose(purpose: KeyPurpose, algorithm: Algorithm) -> None:
    """Refuse a key of a type that the purpose has no format for.

    Raises:
        KeyPurposeError: the journal's notes know Ed25519 only (C2SP signed-note).
    """
    if purpose in _ED25519_ONLY and algorithm is not Algorithm.ED25519:
        raise KeyPurposeError(f"a key for {purpose} is Ed25519, not {algorithm}")


_ED25519_ONLY: Final = frozenset({KeyPurpose.CHECKPOINTS, KeyPurpose.COSIGNATURES})
