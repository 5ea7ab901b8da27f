"""Keys, suspensions, maintenance, statements and accounts: every reason to refuse them."""

from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schema.refusals import RefusalCode as C
from signing.jwk import PublicKey
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    NOW,
    discrepancy_answer,
    key_announcement,
    key_revocation,
    maintenance_window,
    registry_suspension,
    stated_block,
    statement,
    statement_notice,
)
from tests.domain.federation import OPERATOR
from tests.domain.refusal_tables.row import Table, applied, policy

KEY = PublicKey.of(Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key())
HOUR = timedelta(hours=1)


def announcement(**fields: Any) -> Any:
    return key_announcement(**({"jwk": KEY.to_jwk()} | fields))


announced = applied(HOST_REGISTRY, announcement)
NEW_KEY = Table(good=lambda _: announcement())
REVOCATION = Table(good=lambda _: key_revocation(key_id=KEY.key_id))
SUSPENSION = Table(good=lambda _: registry_suspension(), sender=OPERATOR)
WINDOW = Table(good=lambda _: maintenance_window())
STATEMENT = Table(good=lambda _: statement_notice())

ROWS = (
    NEW_KEY.fine("a registry announces its next key"),
    NEW_KEY.fine("the operator announces a key for a registry", sender=OPERATOR),
    NEW_KEY.row(
        "another registry announces a key", C.SENDER_NOT_ENTITLED, sender=ACQUIRER_REGISTRY
    ),
    NEW_KEY.row("a key is for nobody", C.REGISTRY_UNKNOWN, sender=OPERATOR, registry="GHA01"),
    NEW_KEY.row("a key is announced twice", C.KEY_ANNOUNCED_BEFORE, announced),
    NEW_KEY.row(
        "a key of another registry is announced",
        C.KEY_ANNOUNCED_BEFORE,
        announced,
        sender=ACQUIRER_REGISTRY,
        registry=ACQUIRER_REGISTRY,
    ),
    NEW_KEY.row(
        "a private key is announced", C.KEY_UNACCEPTABLE, jwk={**KEY.to_jwk(), "d": "AAAA"}
    ),
    NEW_KEY.row(
        "the key has another id", C.KEY_UNACCEPTABLE, jwk={**KEY.to_jwk(), "kid": "MNG01-2"}
    ),
    NEW_KEY.row("the key is no point", C.KEY_UNACCEPTABLE, jwk={**KEY.to_jwk(), "x": "AAAA"}),
    NEW_KEY.row(
        "the key ends before it begins",
        C.PERIOD_INVALID,
        valid_from=NOW + HOUR,
        valid_until=NOW + HOUR,
    ),
    NEW_KEY.row(
        "the key has ended", C.PERIOD_INVALID, valid_from=NOW - 2 * HOUR, valid_until=NOW - HOUR
    ),
    REVOCATION.fine("a registry revokes its key", announced),
    REVOCATION.fine("the operator revokes a key", announced, sender=OPERATOR),
    REVOCATION.fine(
        "the moment of a revocation is moved back",
        announced,
        applied(HOST_REGISTRY, lambda: key_revocation(key_id=KEY.key_id)),
        revoked_from=NOW - HOUR,
    ),
    REVOCATION.row(
        "another registry revokes a key", C.SENDER_NOT_ENTITLED, announced, sender=ACQUIRER_REGISTRY
    ),
    REVOCATION.row("a key that nobody announced is revoked", C.RECORD_UNKNOWN),
    REVOCATION.row(
        "the key of another registry is revoked",
        C.RECORD_UNKNOWN,
        announced,
        sender=ACQUIRER_REGISTRY,
        registry=ACQUIRER_REGISTRY,
    ),
    REVOCATION.row(
        "a revocation is moved forward",
        C.ALREADY_CORRECTED,
        announced,
        applied(HOST_REGISTRY, lambda: key_revocation(key_id=KEY.key_id)),
        revoked_from=NOW + HOUR,
    ),
    SUSPENSION.fine("the operator suspends a registry"),
    SUSPENSION.row("a registry suspends another", C.SENDER_NOT_ENTITLED, sender=ACQUIRER_REGISTRY),
    SUSPENSION.row("there is no operator", C.SENDER_NOT_ENTITLED, policy(operator=None)),
    SUSPENSION.row("the operator suspends itself", C.SENDER_NOT_ENTITLED, registry=OPERATOR),
    SUSPENSION.row("an unknown registry is suspended", C.REGISTRY_UNKNOWN, registry="GHA01"),
    WINDOW.fine("a registry announces maintenance"),
    WINDOW.fine("a window that has begun is announced", starts_at=NOW - HOUR, ends_at=NOW + HOUR),
    WINDOW.row("another registry announces it", C.SENDER_NOT_ENTITLED, sender=ACQUIRER_REGISTRY),
    WINDOW.row("the window ends before it begins", C.PERIOD_INVALID, ends_at=NOW + HOUR),
    WINDOW.row(
        "the window is over", C.PERIOD_INVALID, starts_at=NOW - 2 * HOUR, ends_at=NOW - HOUR
    ),
    WINDOW.row(
        "the window is longer than allowed",
        C.PERIOD_INVALID,
        ends_at=NOW + timedelta(days=15, seconds=1),
    ),
    WINDOW.fine("the window is as long as allowed", ends_at=NOW + timedelta(days=15)),
    STATEMENT.fine("a registry states its holdings"),
    STATEMENT.row(
        "a registry states another's holdings",
        C.SENDER_NOT_ENTITLED,
        statement=statement(registry=ACQUIRER_REGISTRY),
    ),
    STATEMENT.row(
        "a page states serials twice",
        C.STATEMENT_CONTRADICTS_ITSELF,
        statement=statement(blocks=(stated_block(1, 50), stated_block(50, 100))),
    ),
    STATEMENT.row(
        "a page states a range from behind",
        C.STATEMENT_CONTRADICTS_ITSELF,
        statement=statement(blocks=(stated_block(9, 5, quantity="1"),)),
    ),
    STATEMENT.row(
        "another's contradictory page",
        (C.SENDER_NOT_ENTITLED, C.STATEMENT_CONTRADICTS_ITSELF),
        statement=statement(registry=ACQUIRER_REGISTRY, blocks=(stated_block(approach="JCM"),)),
    ),
    STATEMENT.fine(
        "a quantity is left to reconciliation",
        statement=statement(blocks=(stated_block(1, 50, quantity="7"),)),
    ),
    Table(good=lambda _: discrepancy_answer()).fine("a discrepancy is answered"),
)
