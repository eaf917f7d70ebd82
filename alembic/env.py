"""Points Alembic at the tables. The caller hands over an open connection, or a URL in `sqlalchemy.url`."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine, make_url

from models import Base


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        # SQLite can't alter most things in place: Alembic copies the table instead.
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    migrate(handed_over)
else:
    url = make_url(context.config.get_main_option("sqlalchemy.url") or "sqlite:///data/nuanling.db")
    engine = create_engine(url.set(drivername={"postgresql": "postgresql+psycopg"}.get(url.drivername, url.drivername)))
    with engine.begin() as connection:
        migrate(connection)
    engine.dispose()
