"""Signed administrative messages: keys, suspensions, maintenance windows.

They are admitted like all others, so that the journal holds them and the audit replays them. A
registry speaks for itself; the operator (a participant that the policy names) for every registry.
"""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from hub.domain.admission import Admission, Desk, hub_message_id, is_operator, refused
from hub.domain.deadlines import answer_until, told_until, window_fault
from hub.domain.public_keys import announced_key
from hub.domain.state import Key, Maintenance, Outgoing, Transfer
from schema.codes import TransferState
from schema.messages import (
    KeyAnnouncement,
    KeyRevocation,
    MaintenanceNotice,
    MaintenanceWindow,
    MovedDeadline,
    RegistrySuspension,
)
from schema.refusals import Refusal, RefusalCode, refuse


def _entitlement(desk: Desk, registry: str) -> Iterator[Refusal]:
    if registry not in desk.ledger.registries:
        yield refuse(RefusalCode.REGISTRY_UNKNOWN, f"{registry} is not registered")
    if desk.moment.sender != registry and not is_operator(desk):
        words = f"{desk.moment.sender} does not speak for {registry}"
        yield refuse(RefusalCode.SENDER_NOT_ENTITLED, words)


def announce_key(desk: Desk, message: KeyAnnouncement) -> Admission:
    """Record a further key of a registry; windows of two keys may overlap (rotation)."""
    key = announced_key(message.jwk)
    refusals = list(_entitlement(desk, message.registry))
    if key is None:
        words = "no public JWK of a P-256 or Ed25519 key under its thumbprint"
        refusals.append(refuse(RefusalCode.KEY_UNACCEPTABLE, words))
    elif key.key_id in desk.ledger.keys:
        words = f"{key.key_id} is a key of {desk.ledger.keys[key.key_id].registry}"
        refusals.append(refuse(RefusalCode.KEY_ANNOUNCED_BEFORE, words))
    until = message.valid_until
    if until is not None and until <= max(message.valid_from, desk.moment.received_at):
        words = f"valid from {message.valid_from.isoformat()} until {until.isoformat()}"
        refusals.append(refuse(RefusalCode.PERIOD_INVALID, words))
    if key is None or refusals:
        return refused(refusals)
    desk.ledger.keys[key.key_id] = Key(
        key_id=key.key_id,
        registry=message.registry,
        jwk=key.to_jwk(),
        message_id=message.message_id,
        # A key vouches for nothing that was received before it was announced.
        valid_from=max(message.valid_from, desk.moment.received_at),
        valid_until=until,
    )
    return Admission()


def revoke_key(desk: Desk, message: KeyRevocation) -> Admission:
    """Trust a key no more from a moment on; the moment can be moved back, never forward."""
    key = desk.ledger.keys.get(message.key_id)
    refusals = list(_entitlement(desk, message.registry))
    if key is None or key.registry != message.registry:
        words = f"{message.registry} has no key {message.key_id}"
        refusals.append(refuse(RefusalCode.RECORD_UNKNOWN, words))
    elif key.revoked_from is not None and key.revoked_from <= message.revoked_from:
        words = f"revoked from {key.revoked_from.isoformat()} on"
        refusals.append(refuse(RefusalCode.ALREADY_CORRECTED, words))
    if key is None or refusals:
        return refused(refusals)
    desk.ledger.keys[key.key_id] = msgspec.structs.replace(
        key, revoked_from=message.revoked_from, revocation_reason=message.reason
    )
    return Admission()


def suspend(desk: Desk, message: RegistrySuspension) -> Admission:
    """Suspend a registry or lift the suspension; the operator alone, and never itself."""
    registry = desk.ledger.registries.get(message.registry)
    refusals = []
    if registry is None:
        words = f"{message.registry} is not registered"
        refusals.append(refuse(RefusalCode.REGISTRY_UNKNOWN, words))
    if not is_operator(desk) or message.registry == desk.moment.sender:
        words = f"{desk.moment.sender} may not suspend {message.registry}"
        refusals.append(refuse(RefusalCode.SENDER_NOT_ENTITLED, words))
    if registry is None or refusals:
        return refused(refusals)
    desk.ledger.registries[registry.registry] = msgspec.structs.replace(
        registry, suspended=message.suspended
    )
    return Admission()


def announce_maintenance(desk: Desk, message: MaintenanceWindow) -> Admission:
    """Let the deadlines of transfers that wait for the registry stand still while it is away."""
    now = desk.moment.received_at
    window = Maintenance(
        message_id=message.message_id,
        registry=message.registry,
        # The hub's clock does not stand still for a time that has run already.
        starts_at=max(message.starts_at, now),
        ends_at=message.ends_at,
        words=message.words,
    )
    refusals = list(_entitlement(desk, message.registry))
    fault = window_fault(message.starts_at, message.ends_at, now, desk.policy)
    if fault is not None:
        refusals.append(refuse(RefusalCode.PERIOD_INVALID, fault))
    if refusals:
        return refused(refusals)
    windows = (*desk.ledger.maintenance.get(message.registry, ()), window)
    desk.ledger.maintenance[message.registry] = windows
    moved = [_move(desk, transfer, windows) for transfer in _waiting_for(desk, message.registry)]
    return Admission(outgoing=tuple(_notices(desk, window, moved)))


def _waiting_for(desk: Desk, registry: str) -> list[Transfer]:
    return [
        transfer
        for transfer in desk.ledger.transfers.values()
        if transfer.state is TransferState.CHECKED and transfer.asked == registry
    ]


def _move(desk: Desk, transfer: Transfer, windows: tuple[Maintenance, ...]) -> Transfer:
    deadline = answer_until(transfer.proposed_at, windows, desk.policy)
    # A deadline never comes nearer, whatever the policy says by now.
    moved = msgspec.structs.replace(transfer, answer_until=max(deadline, transfer.answer_until))
    desk.ledger.transfers[transfer.transfer_id] = moved
    return moved


def _notices(desk: Desk, window: Maintenance, moved: list[Transfer]) -> Iterator[Outgoing]:
    """Tell the registry itself and every counterparty with a transfer under way."""
    deadlines: dict[str, list[MovedDeadline]] = defaultdict(list)
    deadlines[window.registry] = []
    for transfer in sorted(moved, key=lambda transfer: transfer.transfer_id):
        told = told_until(transfer.answer_until, desk.policy)
        for registry in (window.registry, transfer.proposer):
            deadlines[registry].append(
                MovedDeadline(transfer_id=transfer.transfer_id, answer_until=told)
            )
    for registry, entries in sorted(deadlines.items()):
        yield Outgoing(
            to=registry,
            message=MaintenanceNotice(
                message_id=hub_message_id(window.message_id, "maintenance", registry),
                registry=window.registry,
                starts_at=window.starts_at,
                ends_at=window.ends_at,
                words=window.words,
                deadlines=tuple(entries),
            ),
        )
