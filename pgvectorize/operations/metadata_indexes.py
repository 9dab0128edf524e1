"""Operations on metadata indexes."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from psycopg.sql import SQL, Composed

from pgvectorize.errors import DatabaseError, SchemaOutdated
from pgvectorize.models import IndexType, MetadataIndex
from pgvectorize.operations.builds import check_clash
from pgvectorize.operations.calls import many, value
from pgvectorize.operations.parameters import checked
from pgvectorize.plans import Plan, Statement

create_metadata_index = partial(value, UUID, "create_metadata_index")
list_metadata_indexes = partial(many, MetadataIndex, "list_metadata_indexes")
delete_metadata_index = partial(value, UUID, "delete_metadata_index")


def build_metadata_index(*, index: str, property_name: str, index_type: IndexType) -> Plan[UUID]:
    """Do as `create_metadata_index`, but outside of a transaction, so that nobody waits."""
    arguments = {"index": index, "property_name": property_name, "index_type": index_type}
    arguments = checked(arguments)
    clashes = 0
    while True:
        try:
            rows = yield Statement(
                """
                select statement, mutation_id
                from pgvectorize_private._next_metadata_index_statement(
                    index => %(index)s, property_name => %(property_name)s,
                    index_type => %(index_type)s
                )
                """,
                arguments,
            )
            if rows[0]["statement"] is None:
                mutation_id: UUID = rows[0]["mutation_id"]
                return mutation_id
            # Our own SQL function wrote the whole statement and quoted every name and literal.
            # psycopg would take a lone % for a placeholder.
            yield Statement(Composed([SQL(rows[0]["statement"].replace("%", "%%"))]))
        except (DatabaseError, SchemaOutdated) as error:
            clashes += 1
            check_clash(index, error, clashes)
            # the next statement depends on what the other session did
