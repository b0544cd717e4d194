"""What Alembic runs to bring the tables up.

The connection comes from `cases.database`, already in a transaction, which on SQLite too holds changes of tables:
half a migration never stays.
"""

from alembic import context

from cases.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
)
with context.begin_transaction():
    context.run_migrations()
