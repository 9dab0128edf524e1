"""What a query did, in words."""

from __future__ import annotations

from typing import Any

from pgvectorize.encoding.wire import query_vector
from pgvectorize.models import Explanation, ValuesInput
from pgvectorize.operations.calls import one
from pgvectorize.operations.parameters import search_parameters
from pgvectorize.plans import Plan


def explain(*, index: str, vector: ValuesInput, **options: Any) -> Plan[Explanation]:
    return one(
        Explanation,
        "explain",
        index=index,
        vector=query_vector(vector),
        **search_parameters(**options),
    )
