"""The register has a version, and a slice is opened in one call."""

from alembic import op

from hub.storage.migrations.sql_files import run_sql_file

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql_file(op.get_bind(), "0003_register_version")
