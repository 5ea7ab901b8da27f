"""The registry's own outbox, for a hub that reads it because the registry cannot call."""

from uuid import uuid4

from connectors.driving.answers import LetterState
from connectors.simulator.identity import ENVELOPE_LIFETIME
from connectors.simulator.mailbox import Letter, put_in_envelope
from connectors.simulator.registry import Registry
from connectors.simulator.store import to_ticks


def outbox_page(registry: Registry, after: int, count: int) -> tuple[tuple[str, ...], int, bool]:
    """Return the envelopes after a cursor, the next cursor, and whether that was all.

    What has its receipt is passed over: it has arrived by another way.
    """
    letters = registry.mailbox.letters_after(after, count + 1)
    page = letters[:count]
    envelopes = tuple(
        _envelope(registry, letter).decode("ascii")
        for letter in page
        if letter.state is LetterState.WAITING
    )
    return envelopes, page[-1].seq if page else after, len(letters) <= count


def _envelope(registry: Registry, letter: Letter) -> bytes:
    if letter.envelope is not None:
        return letter.envelope
    assert registry.hub is not None, "only a hub that is known can read"
    jti = uuid4()
    envelope = registry.signer.seal(letter.message(), registry.hub.hub_id, jti)
    expires_at = to_ticks(registry.clock.told_now() + ENVELOPE_LIFETIME)
    with registry.store.transaction() as connection:
        put_in_envelope(connection, letter.seq, jti=jti, envelope=envelope, expires_at=expires_at)
    return envelope
