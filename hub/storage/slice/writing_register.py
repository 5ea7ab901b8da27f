"""Writing the register: registries, accounts, initial reports, decisions and activities.

State comes from the ledger; what it does not keep (titles, sources, documents) comes from the
applied messages.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import asyncpg

from hub.domain.ledger import Ledger
from hub.domain.state import AccountKey, Decision, Key, Maintenance
from hub.storage.ids import Ids
from hub.storage.json_text import json_text
from hub.storage.queries.participants import StoredKey, revoke_key, trust_key
from hub.storage.rows import bulk_copy, bulk_insert
from hub.storage.slice.applied import Applied
from hub.storage.slice.changes import Snapshot, changed
from hub.storage.tables import activities, participants
from schema.messages import (
    AccountNotice,
    InitialReportNotice,
    JointCommitteeDecision,
)
from signing.purposes import KeyPurpose

_SUSPEND: Final = """
UPDATE registry SET suspended = $2, recorded_at = $3 WHERE registry = $1
"""
_ACCOUNTS: Final = bulk_insert(
    participants.account,
    "registry",
    "account",
    "kind",
    "status",
    "holder_party",
    "holder_entity",
    "message_id",
    "recorded_at",
    ending="""ON CONFLICT (registry, account) DO UPDATE
    SET status = excluded.status, holder_party = excluded.holder_party,
        holder_entity = excluded.holder_entity, message_id = excluded.message_id,
        recorded_at = excluded.recorded_at
    RETURNING account_id, registry, account""",
)
_REPORTS: Final = bulk_insert(
    activities.initial_report,
    "party",
    "approach",
    "submitted_on",
    "document_digest",
    "message_id",
    "recorded_at",
    ending="""ON CONFLICT (party, approach) DO UPDATE
    SET submitted_on = excluded.submitted_on, document_digest = excluded.document_digest,
        message_id = excluded.message_id, recorded_at = excluded.recorded_at""",
)
_DECISIONS: Final = bulk_copy(
    activities.decision,
    "message_id",
    "decision_id",
    "kind",
    "approach",
    "first_party",
    "activity",
    "registry",
    "decided_on",
    "period_from",
    "period_to",
    "source",
    "recorded_at",
)
_ALLOTMENTS: Final = bulk_insert(
    activities.allotment,
    "decision",
    "registry",
    "vintage",
    "tonnes",
    "issued",
    ending="ON CONFLICT (decision, registry, vintage) DO UPDATE SET issued = excluded.issued",
)
_ACTIVITIES: Final = bulk_insert(
    activities.activity,
    "approach",
    "activity",
    "first_party",
    "title",
    "sectors",
    "activity_types",
    "message_id",
    "recorded_at",
    ending="""ON CONFLICT (approach, activity) DO UPDATE
    SET title = excluded.title, sectors = excluded.sectors,
        activity_types = excluded.activity_types, message_id = excluded.message_id,
        recorded_at = excluded.recorded_at""",
)
_MAINTENANCE: Final = bulk_copy(
    participants.maintenance_window,
    "message_id",
    "registry",
    "starts_at",
    "ends_at",
    "words",
    "recorded_at",
)


async def write_registries(
    connection: asyncpg.Connection, before: Snapshot, after: Ledger, at: datetime
) -> None:
    """Suspend registries, or lift their suspension; all else about them is the operator's."""
    for old, registry in changed(before.registries, after.registries):
        assert old is not None, "the rules add no registry"
        await connection.execute(_SUSPEND, registry.registry, registry.suspended, at)


async def write_keys(
    connection: asyncpg.Connection, before: Snapshot, after: Ledger, at: datetime
) -> None:
    """Trust announced keys, and distrust revoked ones."""
    for old, key in changed(before.keys, after.keys):
        if old is None:
            await trust_key(connection, _announced(key), at=at)
        if key.revoked_from is not None:
            await revoke_key(
                connection,
                key.key_id,
                revoked_from=key.revoked_from,
                reason=key.revocation_reason,
                message_id=None,
                at=at,
            )


def _announced(key: Key) -> StoredKey:
    return StoredKey(
        key_id=key.key_id,
        issuer=key.registry,
        purpose=KeyPurpose.MESSAGES,
        jwk=json_text(key.jwk),
        valid_from=key.valid_from,
        valid_until=key.valid_until,
        message_id=key.message_id,
    )


async def write_accounts(
    connection: asyncpg.Connection,
    ids: Ids,
    before: Snapshot,
    after: Ledger,
    applied: Sequence[Applied],
) -> None:
    """Write new and changed accounts, with the notice that said so."""
    notices = {
        AccountKey(one.sender, one.message.account): one
        for one in applied
        if isinstance(one.message, AccountNotice)
    }
    rows = []
    for _, account in changed(before.accounts, after.accounts):
        notice = notices.get(account.key)
        rows.append(
            (
                account.key.registry,
                account.key.account,
                account.kind,
                account.status,
                account.holder_party,
                account.holder_entity,
                notice and notice.message.message_id,
                notice and notice.received_at,
            )
        )
    for number, registry, name in await _ACCOUNTS.fetch(connection, rows):
        ids.accounts.learn(AccountKey(registry, name), number)


async def write_reports(
    connection: asyncpg.Connection, before: Snapshot, after: Ledger, applied: Sequence[Applied]
) -> None:
    """Write initial reports, with the notice that said so."""
    notices = {
        (one.message.party, one.message.approach): (one.message, one.received_at)
        for one in applied
        if isinstance(one.message, InitialReportNotice)
    }
    rows = []
    for _, report in changed(before.initial_reports, after.initial_reports):
        message, received_at = notices.get((report.party, report.approach), (None, None))
        rows.append(
            (
                report.party,
                report.approach,
                date.fromisoformat(report.submitted_on),
                message and message.document_digest,
                message and message.message_id,
                received_at,
            )
        )
    await _REPORTS.run(connection, rows)


async def write_decisions(
    connection: asyncpg.Connection, before: Snapshot, after: Ledger, applied: Sequence[Applied]
) -> None:
    """Write new decisions with their allotments and activities, and count what was issued."""
    notices = {
        one.message.message_id: (one, one.message)
        for one in reversed(applied)  # The first to say so is its source.
        if isinstance(one.message, JointCommitteeDecision)
    }
    decisions: list[tuple[object, ...]] = []
    allotments: list[tuple[object, ...]] = []
    for old, decision in changed(before.decisions, after.decisions):
        allotments.extend(_allotments(old, decision))
        if old is not None:
            continue
        one, message = notices.get(decision.message_id, (None, None))
        decisions.append(
            (
                decision.message_id,
                decision.key.decision_id,
                decision.kind,
                decision.key.approach,
                decision.key.first_party,
                decision.activity,
                one and one.sender,
                message and message.decided_on,
                message and message.period_from,
                message and message.period_to,
                message and message.source,
                one and one.received_at,
            )
        )
    await _DECISIONS.run(connection, decisions)
    await _ALLOTMENTS.run(connection, allotments)
    await _ACTIVITIES.run(connection, [_activity(*pair) for pair in notices.values()])


def _allotments(old: Decision | None, decision: Decision) -> list[tuple[object, ...]]:
    """Return the allotments that are new or of which more was issued."""
    issued_before = {} if old is None else old.issued
    return [
        (decision.message_id, registry, vintage, tonnes, decision.issued.get(place, 0))
        for place, tonnes in sorted(decision.allotted.items())
        for registry, vintage in (place,)
        if old is None or issued_before.get(place, 0) != decision.issued.get(place, 0)
    ]


def _activity(one: Applied, message: JointCommitteeDecision) -> tuple[object, ...]:
    return (
        message.approach,
        message.activity,
        message.first_party,
        message.activity_title,
        message.sectors,
        message.activity_types,
        message.message_id,
        one.received_at,
    )


async def write_maintenance(
    connection: asyncpg.Connection, before: Snapshot, after: Ledger, at: datetime
) -> None:
    """Record announced maintenance windows."""
    rows = [
        (window.message_id, window.registry, window.starts_at, window.ends_at, window.words, at)
        for old, windows in changed(before.maintenance, after.maintenance)
        for window in windows[_count(old) :]
    ]
    await _MAINTENANCE.run(connection, rows)


def _count(windows: tuple[Maintenance, ...] | None) -> int:
    return 0 if windows is None else len(windows)
