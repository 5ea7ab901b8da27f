"""Reading everything but units: the register, transfers, decisions and older records."""

from collections.abc import Collection, Iterable
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from hub.domain.ledger import Ledger
from hub.domain.state import (
    Account,
    AccountKey,
    ActionRecord,
    Activity,
    ApproachPermit,
    Authorization,
    AuthorizationKey,
    Correction,
    Decision,
    DecisionKey,
    InitialReport,
    Interval,
    Key,
    Maintenance,
    MovedBlock,
    Registry,
    Transfer,
)
from hub.storage.errors import TransactionConflictError
from hub.storage.ids import Ids
from hub.storage.slice.remembered import Place, RememberedRegister
from hub.storage.slice.units import learn_keys, series_of
from schema.authorization import AuthorizationRecord
from schema.codes import (
    AccountKind,
    AccountStatus,
    ActionKind,
    CorrectionKind,
    DecisionKind,
    OutcomeResult,
    Purpose,
    RegistryKind,
    TransferState,
)
from schema.identifiers import ItmoSeries
from schema.messages import TransferProposal

_decode_authorization: Final = msgspec.json.Decoder(AuthorizationRecord).decode
_decode_jwk: Final = msgspec.json.Decoder(dict[str, str]).decode
_decode_proposal: Final = msgspec.json.Decoder(TransferProposal).decode
_decode_outcomes: Final = msgspec.json.Decoder(dict[str, OutcomeResult]).decode

_REGISTRIES: Final = "SELECT registry, party, kind, name, suspended FROM registry"
_KEYS: Final = """
SELECT key_id, issuer, jwk, message_id, valid_from, valid_until, revoked_from, revocation_reason
FROM trusted_key WHERE key_id = ANY ($1::text[]) AND purpose = 'messages'
"""
_ACCOUNTS: Final = """
SELECT a.account_id, a.registry, a.account, a.kind, a.status, a.holder_party, a.holder_entity
FROM unnest($1::text[], $2::text[]) AS n (registry, account)
JOIN account a USING (registry, account)
"""
_AUTHORIZATIONS: Final = """
SELECT a.authorization_ref, a.party, a.authorization_id, a.record, a.message_id, a.recorded_at,
       a.issued, a.first_transferred, a.first_transfer_reserved, a.used, a.confirmed
FROM unnest($1::text[], $2::text[]) AS n (party, authorization_id)
JOIN authorization_state a USING (party, authorization_id)
ORDER BY a.authorization_ref
FOR UPDATE OF a
"""
_APPROACHES: Final = """
SELECT p.party, p.approach, p.authorization_ref, p.from_day, p.until_day
FROM unnest($1::text[], $2::text[]) AS n (party, approach)
JOIN approach_authorization p USING (party, approach)
"""
_REPORTS: Final = """
SELECT r.party, r.approach, r.submitted_on
FROM unnest($1::text[], $2::text[]) AS n (party, approach)
JOIN initial_report r USING (party, approach)
"""
_DECISIONS: Final = """
SELECT d.message_id, d.decision_id, d.kind, d.approach, d.first_party, d.activity
FROM unnest($1::text[], $2::text[], $3::text[]) AS n (approach, first_party, decision_id)
JOIN decision d USING (approach, first_party, decision_id)
"""
_ALLOTMENTS: Final = """
SELECT decision, registry, vintage, tonnes, issued
FROM allotment WHERE decision = ANY ($1::uuid[])
ORDER BY decision, registry, vintage
FOR UPDATE
"""
_TRANSFERS: Final = """
SELECT transfer_id, message_id, state, from_registry, from_account, to_registry, to_account,
       purpose, authorization_party, authorization_id, proposed_at, answer_until, decided_at,
       reason, proposal, outcomes, asked, reverses, corrected_by
FROM transfer
WHERE transfer_id = ANY ($1::uuid[]) OR (state = 'checked' AND asked = ANY ($2::text[]))
ORDER BY transfer_id
FOR UPDATE
"""
_BLOCKS: Final = """
SELECT transfer_id, series_id, first, last, quantity, unit
FROM transfer_block WHERE transfer_id = ANY ($1::uuid[])
ORDER BY transfer_id, position
"""
_FIRST_TRANSFERS: Final = """
SELECT transfer_id, series_id, first, last
FROM transfer_first_transfer WHERE transfer_id = ANY ($1::uuid[])
ORDER BY transfer_id, position
"""
_ACTIONS: Final = """
SELECT message_id, registry, action, from_account, to_account, authorization_party,
       authorization_id, corrected_by
FROM action_record WHERE message_id = ANY ($1::uuid[])
ORDER BY message_id
FOR UPDATE
"""
_ACTION_BLOCKS: Final = """
SELECT message_id, series_id, first, last
FROM action_block WHERE message_id = ANY ($1::uuid[])
ORDER BY message_id, position
"""
_CORRECTIONS: Final = """
SELECT message_id, registry, kind, corrects, replacement, approvers, reason
FROM correction WHERE corrects = ANY ($1::uuid[])
"""
_ISSUED_UNDER: Final = """
SELECT s.approach, s.first_party, i.decision, i.series_id, i.first, i.last
FROM unnest($1::text[], $2::text[], $3::text[]) AS n (approach, first_party, decision)
JOIN issuance i USING (decision)
JOIN series s ON s.series_id = i.series_id
    AND (s.approach, s.first_party) = (n.approach, n.first_party)
ORDER BY i.series_id, i.first
"""
_ACTIVITIES: Final = """
SELECT a.approach, a.activity, a.first_party, a.sectors, a.activity_types
FROM unnest($1::text[], $2::text[]) AS n (approach, activity)
JOIN activity a USING (approach, activity)
"""
_MAINTENANCE: Final = """
SELECT message_id, registry, starts_at, ends_at, words
FROM maintenance_window WHERE registry = ANY ($1::text[])
ORDER BY recorded_at, message_id
"""
_SERIES_OF_DECISIONS: Final = """
SELECT DISTINCT i.series_id
FROM unnest($1::text[], $2::text[], $3::text[]) AS n (approach, first_party, decision)
JOIN issuance i USING (decision)
"""


_NOT_ABSENT: Final = """
SELECT EXISTS (SELECT FROM transfer WHERE transfer_id = ANY ($1::uuid[]))
    OR EXISTS (SELECT FROM action_record WHERE message_id = ANY ($1::uuid[]))
"""
_HEAD: Final = "SELECT FROM journal_head FOR UPDATE"


async def confirm_absent(connection: asyncpg.Connection, records: Collection[UUID]) -> None:
    """Make sure that records which were not there are still not there when this batch commits.

    What does not exist cannot be locked. Therefore the head of the journal is locked here already,
    which settles the order of the commits, and then it is looked for them again.

    Raises:
        TransactionConflictError: one came into being meanwhile; try again.
    """
    if not records:
        return
    await connection.execute(_HEAD)
    if await connection.fetchval(_NOT_ABSENT, records):
        raise TransactionConflictError("a record appeared that was said to be unknown")


def _pairs(keys: Iterable[tuple[str, str] | AccountKey | AuthorizationKey]) -> list[list[str]]:
    ordered = sorted(
        key if isinstance(key, tuple) else msgspec.structs.astuple(key) for key in keys
    )
    return [[pair[0] for pair in ordered], [pair[1] for pair in ordered]]


def _triples(keys: Iterable[DecisionKey]) -> list[list[str]]:
    ordered = sorted(keys)
    return [
        [key.approach for key in ordered],
        [key.first_party for key in ordered],
        [key.decision_id for key in ordered],
    ]


async def series_of_decisions(
    connection: asyncpg.Connection, ids: Ids, decisions: Collection[DecisionKey]
) -> set[ItmoSeries]:
    """Return the series of which something was issued under decisions."""
    if not decisions:
        return set()
    rows = await connection.fetch(_SERIES_OF_DECISIONS, *_triples(decisions))
    await learn_keys(connection, ids, series={row[0] for row in rows})
    return {series_of(ids, row[0]) for row in rows}


async def load_registries(
    connection: asyncpg.Connection, ledger: Ledger, register: RememberedRegister
) -> None:
    """Load all registries: there are few, and every message needs some."""
    if register.registries is None:
        register.registries = {
            registry: Registry(
                registry=registry,
                party=party,
                kind=RegistryKind(kind),
                name=name,
                suspended=suspended,
            )
            for registry, party, kind, name, suspended in await connection.fetch(_REGISTRIES)
        }
    ledger.registries = dict(register.registries)


async def load_keys(
    connection: asyncpg.Connection, ledger: Ledger, key_ids: Collection[str]
) -> None:
    """Load public keys of registries."""
    if not key_ids:
        return
    for row in await connection.fetch(_KEYS, sorted(key_ids)):
        ledger.keys[row["key_id"]] = Key(
            key_id=row["key_id"],
            registry=row["issuer"],
            jwk=_decode_jwk(row["jwk"]),
            message_id=row["message_id"],
            valid_from=row["valid_from"],
            valid_until=row["valid_until"],
            revoked_from=row["revoked_from"],
            revocation_reason=row["revocation_reason"] or "",
        )


async def load_accounts(
    connection: asyncpg.Connection,
    ids: Ids,
    ledger: Ledger,
    register: RememberedRegister,
    keys: Collection[AccountKey],
) -> None:
    """Load accounts."""

    async def read(unknown: list[AccountKey]) -> dict[AccountKey, tuple[int, Account]]:
        found = {}
        for row in await connection.fetch(_ACCOUNTS, *_pairs(unknown)):
            number, registry, name, kind, status, holder_party, holder_entity = row
            key = AccountKey(registry, name)
            account = Account(
                key=key,
                kind=AccountKind(kind),
                status=AccountStatus(status),
                holder_party=holder_party,
                holder_entity=holder_entity,
            )
            found[key] = number, account
        return found

    for key, (number, account) in (await register.accounts.get(keys, read)).items():
        ids.accounts.learn(key, number)
        ledger.accounts[key] = account


async def load_authorizations(
    connection: asyncpg.Connection, ids: Ids, ledger: Ledger, keys: Collection[AuthorizationKey]
) -> None:
    """Load authorizations and lock them, because of their counters."""
    if not keys:
        return
    for row in await connection.fetch(_AUTHORIZATIONS, *_pairs(keys)):
        number, party, name, record, message_id, recorded_at, *counters = row
        key = AuthorizationKey(party, name)
        ids.authorizations.learn(key, number)
        issued, first_transferred, first_transfer_reserved, used, confirmed = counters
        ledger.authorizations[key] = Authorization(
            key=key,
            record=_decode_authorization(record),
            message_id=message_id,
            recorded_at=recorded_at,
            issued=issued,
            first_transferred=first_transferred,
            first_transfer_reserved=first_transfer_reserved,
            used=used,
            confirmed=confirmed,
        )


async def load_approaches(
    connection: asyncpg.Connection,
    ids: Ids,
    ledger: Ledger,
    register: RememberedRegister,
    places: Collection[Place],
) -> None:
    """Load which authorizations of an approach are in force, by (Party, approach)."""

    async def read(unknown: list[Place]) -> dict[Place, tuple[ApproachPermit, ...]]:
        rows = await connection.fetch(_APPROACHES, *_pairs(unknown))
        await learn_keys(connection, ids, authorizations={row[2] for row in rows})
        found: dict[Place, list[ApproachPermit]] = {}
        for party, approach, number, from_day, until_day in rows:
            key = ids.authorizations.key(number)
            assert key is not None, f"authorization {number} was not learnt"
            permit = ApproachPermit(authorization=key, from_day=from_day, until_day=until_day)
            found.setdefault((party, approach), []).append(permit)
        return {
            place: tuple(sorted(permits, key=lambda permit: permit.authorization))
            for place, permits in found.items()
        }

    ledger.approach_authorizations = await register.approaches.get(places, read)


async def load_reports(
    connection: asyncpg.Connection,
    ledger: Ledger,
    register: RememberedRegister,
    places: Collection[Place],
) -> None:
    """Load initial reports, by (Party, approach)."""

    async def read(unknown: list[Place]) -> dict[Place, InitialReport]:
        return {
            (party, approach): InitialReport(
                party=party, approach=approach, submitted_on=submitted_on.isoformat()
            )
            for party, approach, submitted_on in await connection.fetch(_REPORTS, *_pairs(unknown))
        }

    ledger.initial_reports = await register.reports.get(places, read)


async def load_decisions(
    connection: asyncpg.Connection, ledger: Ledger, keys: Collection[DecisionKey]
) -> None:
    """Load decisions; their allotments are locked, because of their counters."""
    if not keys:
        return
    rows = await connection.fetch(_DECISIONS, *_triples(keys))
    if not rows:
        return
    wanted = [row[0] for row in rows]
    allotted: dict[UUID, dict[tuple[str, int], int]] = {row[0]: {} for row in rows}
    issued: dict[UUID, dict[tuple[str, int], int]] = {row[0]: {} for row in rows}
    for decision, registry, vintage, tonnes, done in await connection.fetch(_ALLOTMENTS, wanted):
        allotted[decision][registry, vintage] = tonnes
        if done:
            issued[decision][registry, vintage] = done
    for message_id, decision_id, kind, approach, first_party, activity in rows:
        key = DecisionKey(approach, first_party, decision_id)
        ledger.decisions[key] = Decision(
            key=key,
            message_id=message_id,
            kind=DecisionKind(kind),
            activity=activity,
            allotted=allotted[message_id],
            issued=issued[message_id],
        )


async def load_issued_under(
    connection: asyncpg.Connection, ids: Ids, ledger: Ledger, keys: Collection[DecisionKey]
) -> None:
    """Load which serials were issued under decisions."""
    if not keys:
        return
    rows = await connection.fetch(_ISSUED_UNDER, *_triples(keys))
    await learn_keys(connection, ids, series={row[3] for row in rows})
    for approach, first_party, decision, series_id, first, last in rows:
        key = DecisionKey(approach, first_party, decision)
        interval = Interval(series_of(ids, series_id), first, last)
        ledger.issued_under.setdefault(key, []).append(interval)


async def load_activities(
    connection: asyncpg.Connection,
    ledger: Ledger,
    register: RememberedRegister,
    places: Collection[Place],
) -> None:
    """Load what decisions say activities are, by (approach, activity)."""

    async def read(unknown: list[Place]) -> dict[Place, Activity]:
        return {
            (approach, activity): Activity(
                approach=approach,
                activity=activity,
                first_party=first_party,
                sectors=tuple(sectors),
                activity_types=tuple(activity_types),
            )
            for approach, activity, first_party, sectors, activity_types in await connection.fetch(
                _ACTIVITIES, *_pairs(unknown)
            )
        }

    ledger.activities = await register.activities.get(places, read)


async def load_maintenance(
    connection: asyncpg.Connection,
    ledger: Ledger,
    register: RememberedRegister,
    registries: Collection[str],
) -> None:
    """Load the maintenance windows that registries have announced."""

    async def read(unknown: list[str]) -> dict[str, tuple[Maintenance, ...]]:
        found: dict[str, list[Maintenance]] = {}
        for row in await connection.fetch(_MAINTENANCE, unknown):
            message_id, registry, starts_at, ends_at, words = row
            window = Maintenance(
                message_id=message_id,
                registry=registry,
                starts_at=starts_at,
                ends_at=ends_at,
                words=words,
            )
            found.setdefault(registry, []).append(window)
        return {name: tuple(windows) for name, windows in found.items()}

    ledger.maintenance = await register.maintenance.get(registries, read)


async def load_transfers(
    connection: asyncpg.Connection,
    ids: Ids,
    ledger: Ledger,
    wanted: Collection[UUID],
    *,
    waiting_for: Collection[str] = (),
) -> None:
    """Load transfers with their blocks, and lock them; also those that wait for a registry."""
    if not (wanted or waiting_for):
        return
    rows = await connection.fetch(_TRANSFERS, wanted, waiting_for)
    if not rows:
        return
    wanted = [row[0] for row in rows]
    blocks: dict[UUID, list[MovedBlock]] = {row[0]: [] for row in rows}
    firsts: dict[UUID, list[Interval]] = {row[0]: [] for row in rows}
    moved = await connection.fetch(_BLOCKS, wanted)
    first_moved = await connection.fetch(_FIRST_TRANSFERS, wanted)
    await learn_keys(connection, ids, series={row[1] for row in (*moved, *first_moved)})
    for transfer_id, series_id, first, last, quantity, unit in moved:
        interval = Interval(series_of(ids, series_id), first, last)
        blocks[transfer_id].append(MovedBlock(interval=interval, quantity=quantity, unit=unit))
    for transfer_id, series_id, first, last in first_moved:
        firsts[transfer_id].append(Interval(series_of(ids, series_id), first, last))
    for row in rows:
        transfer = _transfer(row, tuple(blocks[row[0]]), tuple(firsts[row[0]]))
        ledger.transfers[transfer.transfer_id] = transfer


def _transfer(
    row: asyncpg.Record, blocks: tuple[MovedBlock, ...], first_transfer: tuple[Interval, ...]
) -> Transfer:
    proposal = row["proposal"]
    return Transfer(
        transfer_id=row["transfer_id"],
        message_id=row["message_id"],
        state=TransferState(row["state"]),
        from_account=AccountKey(row["from_registry"], row["from_account"]),
        to_account=AccountKey(row["to_registry"], row["to_account"]),
        purpose=Purpose(row["purpose"]),
        authorization=AuthorizationKey(row["authorization_party"], row["authorization_id"]),
        blocks=blocks,
        first_transfer=first_transfer,
        proposed_at=row["proposed_at"],
        answer_until=row["answer_until"],
        decided_at=row["decided_at"],
        reason=row["reason"],
        proposal=None if proposal is None else _decode_proposal(proposal),
        outcomes=_decode_outcomes(row["outcomes"]),
        asked=row["asked"],
        reverses=row["reverses"],
        corrected_by=row["corrected_by"],
    )


async def load_actions(
    connection: asyncpg.Connection, ids: Ids, ledger: Ledger, wanted: Collection[UUID]
) -> None:
    """Load applied actions and the corrections of any record, by the record's id."""
    if not wanted:
        return
    rows = await connection.fetch(_ACTIONS, wanted)
    blocks = await connection.fetch(_ACTION_BLOCKS, wanted) if rows else []
    await learn_keys(connection, ids, series={row[1] for row in blocks})
    intervals: dict[UUID, list[Interval]] = {row[0]: [] for row in rows}
    for message_id, series_id, first, last in blocks:
        intervals[message_id].append(Interval(series_of(ids, series_id), first, last))
    for row in rows:
        message_id, registry, action, source, target, party, authorization_id, corrected_by = row
        ledger.actions[message_id] = ActionRecord(
            message_id=message_id,
            action=ActionKind(action),
            from_account=AccountKey(registry, source),
            to_account=AccountKey(registry, target),
            authorization=None if party is None else AuthorizationKey(party, authorization_id),
            intervals=tuple(intervals[message_id]),
            corrected_by=corrected_by,
        )
    for row in await connection.fetch(_CORRECTIONS, wanted):
        message_id, registry, kind, corrects, replacement, approvers, reason = row
        ledger.corrections[message_id] = Correction(
            message_id=message_id,
            registry=registry,
            kind=CorrectionKind(kind),
            corrects=corrects,
            replacement=replacement,
            approvers=tuple(approvers),
            reason=reason,
        )
