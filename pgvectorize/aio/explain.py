"""What a query did, in words."""

from __future__ import annotations

from collections.abc import Sequence

from pgvectorize.aio.running import AsyncHandle
from pgvectorize.models import Explanation, Filter, ReturnMetadata, ValuesInput
from pgvectorize.operations import explain


class IndexMethods(AsyncHandle):
    async def explain(
        self,
        vector: ValuesInput,
        *,
        top_k: int = 5,
        namespace: str | Sequence[str | None] | None = None,
        filter: Filter | None = None,
        return_values: bool = False,
        return_metadata: ReturnMetadata | bool = "none",
        return_content: bool = False,
        ef_search: int | None = None,
        exact: bool = False,
        exclude_ids: Sequence[str] | None = None,
        min_score: float | None = None,
        max_distance: float | None = None,
        offset: int = 0,
        recall: float | None = None,
    ) -> Explanation:
        """Run a query and say in words which way it took, and why, and what would help.

        The arguments are those of `query`, and so is the search, but for one thing: it does
        not use the index's own function, whose statements are planned once a session. It
        costs the query and, with a namespace or a filter, a count of all matching vectors.
        It does not count as a query. Raises what `query` raises.
        """
        return await self._run(
            explain.explain(
                index=self.name,
                vector=vector,
                top_k=top_k,
                namespace=namespace,
                filter=filter,
                return_values=return_values,
                return_metadata=return_metadata,
                return_content=return_content,
                ef_search=ef_search,
                exact=exact,
                exclude_ids=exclude_ids,
                min_score=min_score,
                max_distance=max_distance,
                offset=offset,
                recall=recall,
            )
        )
