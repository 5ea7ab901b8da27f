"""The tables of the hub, by theme. The database is made by the migrations, not from here.

A test holds both equal.
"""

from hub.storage.tables import (
    activities,
    authorizations,
    exchange,
    journal,
    messages,
    participants,
    reconciliation,
    reports,
    units,
)
from hub.storage.tables.base import SERIES_ID_LIMIT, metadata

__all__ = [
    "SERIES_ID_LIMIT",
    "activities",
    "authorizations",
    "exchange",
    "journal",
    "messages",
    "metadata",
    "participants",
    "reconciliation",
    "reports",
    "units",
]
