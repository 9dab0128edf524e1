"""Run the revisions, then apply every function, in the transaction that is given.

`pgvectorize.schema` is the only caller. It passes the connection (or none, to print the
SQL), the schema of the extension, and what is to happen before and after the revisions.
"""

from __future__ import annotations

from typing import Any

from alembic import context

attributes = context.config.attributes
options: dict[str, Any] = {
    "version_table": "schema_version",
    "version_table_schema": "pgvectorize_private",
}


def run(statement: str) -> None:
    if context.is_offline_mode():
        context.get_context().impl.static_output(statement.strip().rstrip(";") + ";\n")
    else:  # as it is written: no :name or %s is a parameter
        attributes["connection"].execution_options(no_parameters=True).exec_driver_sql(statement)


if context.is_offline_mode():
    context.configure(dialect_name="postgresql", **options)
else:
    context.configure(connection=attributes["connection"], **options)

with context.begin_transaction():
    attributes["before"](run)
    context.run_migrations()
    attributes["after"](run)
