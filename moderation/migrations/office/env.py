"""Alembic's entrance for this store; the connection is handed over by ``moderation.stores``."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=False)
context.run_migrations()
