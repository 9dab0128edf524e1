"""Run the revisions, then apply every function, in the transaction that is given.

`pgvectorize.schema` is the only caller: it passes the connection (or none, to
print the SQL), the schema of the extension, and the SQL to run before and after.
"""

from __future__ import annotations

from typing import Any

from alembic import context

attributes = context.config.attributes
options: dict[str, Any] = {
    "version_table": "schema_version",
    # an application's own Alembic neither sees nor drops what lies in this schema
    "version_table_schema": "pgvectorize",
}


def apply(statement: str) -> None:
    if context.is_offline_mode():
        context.get_context().impl.static_output(statement.strip().rstrip(";") + ";\n")
    else:  # as it is written: no :name or %s is a parameter
        attributes["connection"].execution_options(no_parameters=True).exec_driver_sql(statement)


if context.is_offline_mode():
    context.configure(dialect_name="postgresql", **options)
else:
    context.configure(connection=attributes["connection"], **options)

with context.begin_transaction():
    for statement in attributes["before"]:
        apply(statement)
    context.run_migrations()
    for statement in attributes["after"]:
        apply(statement)
