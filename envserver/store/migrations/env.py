"""Alembic's environment: the schema is changed on the connection, and in the transaction, that the server brings."""

from alembic import context

from envserver.store.schema import metadata

given = context.config.attributes
context.configure(
    connection=given["connection"],
    version_table=given["version_table"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
