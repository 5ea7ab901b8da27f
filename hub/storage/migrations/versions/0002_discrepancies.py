"""Discrepancies carry what a run needs to find them again; what is known of registries ages."""

from alembic import op

from hub.storage.migrations.sql_files import run_sql_file

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0002_discrepancies")
