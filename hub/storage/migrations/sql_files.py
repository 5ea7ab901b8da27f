"""Statements of a migration live in SQL files, readable for who keeps the database."""

from importlib.resources import files

from sqlalchemy import Connection

SQL_FOLDER = files("hub.storage.migrations") / "sql"


def run_sql_file(connection: Connection, name: str) -> None:
    """Run all statements of a file inside the migration's transaction."""
    statements = (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    driver = connection.connection.dbapi_connection
    assert driver is not None
    assert driver.driver_connection.is_in_transaction(), "a migration is all or nothing"
    # The driver's plain protocol takes several statements at once; SQLAlchemy's does not.
    driver.run_async(lambda asyncpg_connection: asyncpg_connection.execute(statements))
