"""What Alembic runs to bring a store up to date, on the connection it is given."""

from alembic import context

from dtscheduler.stores.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
