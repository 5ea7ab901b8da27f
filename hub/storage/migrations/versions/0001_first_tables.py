"""The first tables, what guards them, and who may write them."""

from alembic import op

from hub.storage.migrations.sql_files import run_sql_file

revision = "0001"
down_revision = None


def upgrade() -> None:
    for name in ("0001_tables", "0001_guards", "0001_holdings", "0001_grants"):
        run_sql_file(op.get_bind(), name)
