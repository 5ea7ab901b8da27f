"""All tables together."""

from tests.domain.refusal_tables import (
    actions,
    administration,
    authorizations,
    corrections,
    issuance,
    transfers,
)

TABLES = (
    issuance.ROWS,
    transfers.ROWS,
    actions.ROWS,
    authorizations.ROWS,
    corrections.ROWS,
    administration.ROWS,
)
