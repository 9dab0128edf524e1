"""The filters that are kept, by every face, and by the oracle."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pgvectorize import Client, InvalidFilter, Matches
from tests.contract.cases import CASES, Case
from tests.contract.faces import Face
from tests.contract.oracle import found

each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
def test_the_oracle_knows_what_a_kept_filter_finds(case: Case) -> None:
    assert found(case.documents, case.filter, case.types) == case.found


@pytest.fixture(scope="module")
def indexes(client: Client) -> Iterator[dict[str, str]]:
    """An index for each case, by its name; cases that differ in the filter only share one."""
    made: dict[str, str] = {}
    named: dict[str, str] = {}
    for case in CASES:
        content = repr((case.documents, case.types))
        if content not in made:
            made[content] = f"corpus-{len(made)}"
            client.create_index(made[content], dimensions=1, metric="euclidean")
            index = client.index(made[content])
            index.insert(
                (f"v{row:02}", [row], None, data) for row, data in enumerate(case.documents)
            )
            for property_name, index_type in case.types.items():
                index.create_metadata_index(property_name, index_type)  # type: ignore[arg-type]
        named[case.name] = made[content]
    yield named
    for name in made.values():
        client.delete_index(name)


@each_case
def test_the_function_of_an_index_agrees_with_query(
    client: Client, indexes: dict[str, str], case: Case
) -> None:
    """It finds few matches with statements of its own, where `query` compiles the filter."""
    index = client.index(indexes[case.name])
    answers: list[Matches | str] = []
    for exact in (False, True):  # `query` answers what is to be exact
        try:
            answers.append(index.query([0], top_k=10, filter=case.filter, exact=exact))
        except InvalidFilter as refused:
            answers.append(str(refused))
    assert answers[0] == answers[1]


@each_case
def test_a_kept_filter_finds_what_it_found(face: Face, indexes: dict[str, str], case: Case) -> None:
    case.replay(face, indexes[case.name])
