"""An application with an Alembic of its own, whose revision calls `schema.upgrade`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import alembic.command
import psycopg
import pytest
from alembic.config import Config

from pgvectorize import schema
from pgvectorize.schema import SchemaState

ENV = """
import psycopg
import sqlalchemy as sa
from alembic import context

metadata = sa.MetaData()
sa.Table("notes", metadata, sa.Column("id", sa.Integer, primary_key=True))
engine = sa.create_engine(
    "postgresql+psycopg://",
    creator=lambda: psycopg.connect(context.config.attributes["dsn"]),
    poolclass=sa.NullPool,
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
"""

REVISION = """
import sqlalchemy as sa
from alembic import context, op
from pgvectorize import schema

revision = "a1"
down_revision = None

def upgrade():
    schema.upgrade(op.get_bind())
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("insert into notes (id) values (1)")
    assert context.config.attributes["dsn"]
"""


@pytest.fixture
def application(tmp_path: Path, empty_database: str) -> Callable[[str], Config]:
    """Write the application's migrations, with this as their only revision."""

    def write(revision: str) -> Config:
        (tmp_path / "versions").mkdir()
        (tmp_path / "env.py").write_text(ENV)
        (tmp_path / "versions" / "a1.py").write_text(revision)
        config = Config()
        config.set_main_option("script_location", str(tmp_path))
        config.attributes["dsn"] = empty_database
        return config

    return write


def test_its_revision_goes_on_after_ours(
    application: Callable[[str], Config], empty_database: str
) -> None:
    alembic.command.upgrade(application(REVISION), "head")
    assert schema.inspect(empty_database) == schema.wanted()
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select id from notes").fetchall() == [(1,)]


def test_the_two_version_tables_are_apart(
    application: Callable[[str], Config], empty_database: str
) -> None:
    alembic.command.upgrade(application(REVISION), "head")
    with psycopg.connect(empty_database) as connection:
        theirs = connection.execute("select version_num from public.alembic_version").fetchall()
        ours = connection.execute(
            "select version_num from pgvectorize_private.schema_version"
        ).fetchall()
    assert (theirs, ours) == ([("a1",)], [(schema.wanted().revision,)])


def test_its_autogenerate_sees_nothing_of_ours(application: Callable[[str], Config]) -> None:
    config = application(REVISION)
    alembic.command.upgrade(config, "head")
    alembic.command.check(config)  # raises if it would add or drop anything


def test_all_of_it_is_one_transaction(
    application: Callable[[str], Config], empty_database: str
) -> None:
    config = application(REVISION + '    raise RuntimeError("the last step fails")\n')
    with pytest.raises(RuntimeError, match="the last step fails"):
        alembic.command.upgrade(config, "head")
    assert schema.inspect(empty_database) == SchemaState(None, None)
