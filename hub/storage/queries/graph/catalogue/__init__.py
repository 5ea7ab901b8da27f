"""Where every fact of the graph stands in the tables."""

from typing import Final

from hub.storage.queries.graph.catalogue import (
    authorizations,
    cases,
    exchange,
    participants,
    programme,
    records,
    shared,
    totals,
    units,
)
from hub.storage.queries.graph.model import Entity, Record, Totals

ENTITIES: Final[dict[str, Entity]] = {
    "Account": participants.ACCOUNT,
    "Action": exchange.ACTION,
    "Activity": programme.ACTIVITY,
    "AefSubmission": records.AEF_SUBMISSION,
    "Authorization": authorizations.AUTHORIZATION,
    "Checkpoint": records.CHECKPOINT,
    "CooperativeApproach": programme.APPROACH,
    "Discrepancy": cases.DISCREPANCY,
    "Entity": authorizations.ENTITY,
    "Issuance": programme.ISSUANCE,
    "ItmoBlock": units.ITMO_BLOCK,
    "JournalEntry": records.JOURNAL_ENTRY,
    "Message": exchange.MESSAGE,
    "Party": participants.PARTY,
    "ReconciliationRun": cases.RUN,
    "Registry": participants.REGISTRY,
    "Transfer": exchange.TRANSFER,
}
"""The entities, by the names that the schema gives them."""

TOTALS: Final[dict[str, Totals]] = {
    "HoldingTotal": totals.HOLDING_TOTALS,
    "ActionTotal": totals.ACTION_TOTALS,
}
"""The sums, by the names that the schema gives their rows."""

RECORDS: Final[dict[str, Record]] = {
    **ENTITIES,
    "AefTable": records.AEF_TABLE,
    "Allotment": programme.ALLOTMENT,
    "AuthorizationVersion": authorizations.AUTHORIZATION_VERSION,
    "AuthorizedEntityTerm": authorizations.AUTHORIZED_ENTITY_TERM,
    "Cosignature": records.COSIGNATURE,
    "Decision": programme.DECISION,
    "DiscrepancyChange": cases.CHANGE,
    "MaintenanceWindow": participants.MAINTENANCE_WINDOW,
    "RefusalReason": exchange.REFUSAL,
    "RegistryKey": participants.REGISTRY_KEY,
    "SerialInterval": shared.INTERVAL,
    "TransferBlock": exchange.TRANSFER_BLOCK,
    "TransferOutcomeReport": exchange.TRANSFER_OUTCOME,
}
"""Everything that has facts, by the names that the schema gives them."""
