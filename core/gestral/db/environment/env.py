"""Alembic's environment for every plugin: the connection and the options come from `migrate`."""

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["metadata"],
    transaction_per_migration=True,
    **attributes["options"],
)
with context.begin_transaction():
    context.run_migrations()
