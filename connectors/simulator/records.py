"""The registry's own knowledge beside its holdings: authorizations and transfers."""

import sqlite3
from dataclasses import dataclass
from uuid import UUID

import msgspec

from connectors.driving.answers import Side
from connectors.simulator.store import Store
from schema.authorization import AuthorizationRecord
from schema.codes import (
    FirstTransferForNdc,
    FirstTransferForOimp,
    Purpose,
    TransferState,
    purposes_covered,
)
from schema.messages import TransferProposal

_OIMP = frozenset(Purpose) - {Purpose.NDC}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTransfer:
    """A transfer as this registry knows it; `state` follows what the hub says."""

    transfer_id: UUID
    side: Side
    counterparty: str
    state: TransferState
    proposal: TransferProposal
    reason: str


class Records:
    """Reads authorizations and transfers."""

    def __init__(self, store: Store) -> None:
        """Read `store`."""
        self._store = store

    def authorizations(self, ticks: int | None = None) -> list[AuthorizationRecord]:
        """Return the newest version of each authorization known at an instant (None: now)."""
        rows = self._store.read(
            "SELECT record FROM authorization WHERE seq IN (SELECT max(seq) FROM authorization"
            " WHERE ? IS NULL OR since <= ? GROUP BY party, authorization_id)"
            " ORDER BY party, authorization_id",
            ticks,
            ticks,
        )
        return [msgspec.json.decode(row["record"], type=AuthorizationRecord) for row in rows]

    def authorization(
        self, party: str | None, authorization_id: str | None
    ) -> AuthorizationRecord | None:
        """Return the newest version of one authorization, where it is named and known here."""
        rows = self._store.read(
            "SELECT record FROM authorization WHERE party = ? AND authorization_id = ?"
            " ORDER BY seq DESC LIMIT 1",
            party,
            authorization_id,
        )
        if not rows:
            return None
        return msgspec.json.decode(rows[0]["record"], type=AuthorizationRecord)

    def transfer(self, transfer_id: UUID) -> KnownTransfer | None:
        """Return one transfer."""
        rows = self._store.read("SELECT * FROM transfer WHERE transfer_id = ?", str(transfer_id))
        return _transfer(rows[0]) if rows else None

    def transfers(self) -> list[KnownTransfer]:
        """Return all transfers."""
        return [_transfer(row) for row in self._store.read("SELECT * FROM transfer")]


def put_authorization(
    connection: sqlite3.Connection, record: AuthorizationRecord, ticks: int
) -> None:
    """Keep one version of an authorization, of this Party or of another."""
    connection.execute(
        "INSERT INTO authorization (party, authorization_id, record, since) VALUES (?, ?, ?, ?)",
        (record.party, record.authorization_id, msgspec.json.encode(record), ticks),
    )


def put_transfer(connection: sqlite3.Connection, transfer: KnownTransfer) -> None:
    """Keep a transfer, new or in its new state."""
    connection.execute(
        "INSERT OR REPLACE INTO transfer VALUES (?, ?, ?, ?, ?, ?)",
        (
            str(transfer.transfer_id),
            transfer.side,
            transfer.counterparty,
            transfer.state,
            msgspec.json.encode(transfer.proposal),
            transfer.reason,
        ),
    )


def first_at_issuance(record: AuthorizationRecord | None, registry_party: str) -> bool:
    """Tell whether units are first transferred by their issuance (2/CMA.3 annex para. 2)."""
    if record is None or record.elements.uses is None:
        return False
    covered = purposes_covered(record.elements.uses)
    definition = record.elements.first_transfer
    for_oimp = bool(covered & _OIMP) and definition.for_oimp in {
        FirstTransferForOimp.AUTHORIZATION,
        FirstTransferForOimp.ISSUANCE,
    }
    for_ndc = (
        Purpose.NDC in covered
        and definition.for_ndc is FirstTransferForNdc.ISSUANCE_TO_ACQUIRING_PARTY
        and registry_party != record.party
    )
    return for_oimp or for_ndc


def first_at_use(record: AuthorizationRecord | None, purpose: Purpose | None) -> bool:
    """Tell whether this use or cancellation is the first transfer (para. 2)."""
    if record is None:
        return False
    definition = record.elements.first_transfer
    if purpose is Purpose.NDC:
        return definition.for_ndc is FirstTransferForNdc.USE
    return definition.for_oimp is FirstTransferForOimp.USE_OR_CANCELLATION


def first_transferred_on_arrival(
    record: AuthorizationRecord | None, proposal: TransferProposal, issuing_party: str
) -> bool:
    """Tell whether units that the hub did not name as first transferred now already were."""
    if record is None:
        return proposal.purpose is Purpose.NDC
    if first_at_issuance(record, issuing_party):
        return True
    covered = (
        frozenset() if record.elements.uses is None else purposes_covered(record.elements.uses)
    )
    at_transfer = FirstTransferForNdc.INTERNATIONAL_TRANSFER
    return Purpose.NDC in covered and record.elements.first_transfer.for_ndc is at_transfer


def _transfer(row: sqlite3.Row) -> KnownTransfer:
    return KnownTransfer(
        transfer_id=UUID(row["transfer_id"]),
        side=Side(row["side"]),
        counterparty=row["counterparty"],
        state=TransferState(row["state"]),
        proposal=msgspec.json.decode(row["proposal"], type=TransferProposal),
        reason=row["reason"],
    )
