# Made from aio/reads.py by `make sync`; edit that one.
"""Vectors by id, page by page, counted and by facet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pgvectorize.blocking.running import Handle
from pgvectorize.models import Facet, Filter, NamespaceInfo, ReturnMetadata, Vector, VectorList
from pgvectorize.operations import reads


class IndexMethods(Handle):
    def get_by_ids(self, ids: Iterable[str]) -> list[Vector]:
        """Return vectors by id, in the order in which the ids were first given.

        Ids that are not there are left out.
        """
        return self._run(reads.get_by_ids(index=self.name, ids=ids))

    def count(
        self,
        *,
        namespace: str | Sequence[str | None] | None = None,
        filter: Filter | None = None,
        exclude_ids: Sequence[str] | None = None,
    ) -> int:
        """Return how many vectors there are, or how many match; needs a scan of the table.

        `exclude_ids` do not count.
        """
        return self._run(
            reads.count(
                index=self.name, namespace=namespace, filter=filter, exclude_ids=exclude_ids
            )
        )

    def list_vectors(
        self,
        *,
        count: int = 100,
        cursor: str | None = None,
        namespace: str | None = None,
        filter: Filter | None = None,
        return_values: bool = False,
        return_metadata: ReturnMetadata | bool = "none",
        return_content: bool = False,
        exclude_ids: Sequence[str] | None = None,
    ) -> VectorList:
        """Return a page of `count` vectors, 1 to 1,000, in a stable order.

        A page ends early with the vector whose metadata bring it above 64 MB.
        To get the next page, pass the page's `next_cursor` as `cursor` within an hour, with
        the same `namespace`, `filter` and `exclude_ids`, which are left out. Vectors that
        are inserted after the first page do not appear. Changed vectors appear as they are
        by then, and deleted ones no longer.
        `total_count` is as of the first page, which needs a scan to count.

        Raises `InvalidFilter`, and `InvalidRequest` if the cursor has expired or is not one
        of this index, namespace and filter.
        """
        return self._run(
            reads.list_vectors(
                index=self.name,
                count=count,
                cursor=cursor,
                namespace=namespace,
                filter=filter,
                return_values=return_values,
                return_metadata=return_metadata,
                return_content=return_content,
                exclude_ids=exclude_ids,
            )
        )

    def list_namespaces(self) -> list[NamespaceInfo]:
        """Return the namespaces with how many vectors each holds, by name; needs a scan.

        The vectors without a namespace come first, under the name None.
        """
        return self._run(reads.list_namespaces(index=self.name))

    def facets(
        self,
        property_name: str,
        *,
        filter: Filter | None = None,
        namespace: str | None = None,
        top_k: int = 20,
        buckets: int | None = None,
    ) -> list[Facet]:
        """Count the values of a metadata property, the `top_k` most frequent first.

        With `buckets`, count its numbers in that many ranges of equal width instead, from
        the least number to the greatest. A value is a string, a number or a boolean. Each
        value in an array counts, once for each vector. A vector whose property is missing,
        None or an object is in no facet. It needs a scan of the table.

        Raises `InvalidRequest` and `InvalidFilter`.
        """
        return self._run(
            reads.facets(
                index=self.name,
                property_name=property_name,
                filter=filter,
                namespace=namespace,
                top_k=top_k,
                buckets=buckets,
            )
        )

    def __iter__(self) -> Iterator[Vector]:
        cursor: str | None = None
        while True:
            plan = reads.page(index=self.name, count=1_000, cursor=cursor)
            vectors, cursor = self._run(plan)
            for vector in vectors:
                yield vector
            if cursor is None:
                return
