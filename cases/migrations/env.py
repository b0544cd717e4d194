"""What Alembic runs to bring the tables up; the connection comes from `cases.database`, already in a transaction."""

from alembic import context

from cases.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
    transactional_ddl=True,  # our SQLite transactions hold DDL as well, so half a migration never stays
)
with context.begin_transaction():
    context.run_migrations()
