"""What a query did, in words."""

from __future__ import annotations

from typing import Any

from pgvectorize.encoding.wire import query_vector
from pgvectorize.models import Explanation, Finding, ValuesInput
from pgvectorize.operations.calls import call
from pgvectorize.operations.parameters import search_parameters
from pgvectorize.plans import Plan, Row


def explain(*, index: str, vector: ValuesInput, **options: Any) -> Plan[Explanation]:
    arguments = {"index": index, "vector": query_vector(vector), **search_parameters(**options)}
    rows = yield call(Explanation, "explain", arguments)
    return explanation_of_row(rows[0])


def explanation_of_row(row: Row) -> Explanation:
    return Explanation(**{**row, "advice": [Finding(**each) for each in row["advice"]]})
