"""Run migrations over the connection that `hub.storage.migrate` opens."""

from alembic import context

from hub.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
