"""A search that tells of itself, for `explain`.

Changes functions only.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FUNCTIONS_CHANGED = (
    "_graph_scans(regclass[])",
    "_graph_steps(regclass[])",
    "_search(pgvectorize.indexes, {vector}.vector, integer, text, boolean, text, integer, boolean, "
    "integer, double precision, double precision)",
)


def upgrade() -> None:
    vector: str = context.config.attributes["vector_schema"]
    for function in FUNCTIONS_CHANGED:
        op.execute(f"drop function if exists pgvectorize.{function.format(vector=vector)}")


def downgrade() -> None:
    raise NotImplementedError("revisions only go up: restore a backup made before this one")
