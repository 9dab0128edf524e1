# Made from aio/metadata_indexes.py by `make sync`; edit that one.
"""Metadata indexes, which make filters fast."""

from __future__ import annotations

from uuid import UUID

from pgvectorize.blocking.running import Handle
from pgvectorize.models import IndexType, MetadataIndex
from pgvectorize.operations import metadata_indexes


class IndexMethods(Handle):
    def create_metadata_index(self, property_name: str, index_type: IndexType) -> UUID:
        """Create a metadata index, which makes filters on a property fast; return a mutation id.

        It includes the vectors that are there already. From then on filters compare the
        property as `index_type`, "string", "number" or "boolean". Dots in the name reach
        into nested objects. If the same one exists, nothing happens, and what a killed
        build left behind is repaired.

        It is built `concurrently`, so that nobody waits. Over a borrowed connection it is
        part of the caller's transaction instead, and writers wait.

        Raises `InvalidRequest`, also if one of another type exists, and `IndexBusy`.
        """
        create = (
            metadata_indexes.build_metadata_index
            if self._client._is_free
            else metadata_indexes.create_metadata_index
        )
        return self._run(
            create(index=self.name, property_name=property_name, index_type=index_type)
        )

    def list_metadata_indexes(self) -> list[MetadataIndex]:
        """Return the metadata indexes, by property name."""
        return self._run(metadata_indexes.list_metadata_indexes(index=self.name))

    def delete_metadata_index(self, property_name: str) -> UUID:
        """Delete the metadata index on a property; return a mutation id.

        Filters on the property still work, but are slower and type-strict again.
        Raises `MetadataIndexNotFound`.
        """
        return self._run(
            metadata_indexes.delete_metadata_index(index=self.name, property_name=property_name)
        )
