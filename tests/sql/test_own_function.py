"""Each index has a function of its own, which is what `query` is with a vector alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import psycopg
import pytest

import pgvectorize
from pgvectorize import IndexNotFound

DIMENSIONS = 8


@pytest.fixture
def name(client: pgvectorize.Client, make_index: Callable[..., str]) -> str:
    name = make_index(dimensions=DIMENSIONS)
    values = np.random.default_rng(0).normal(size=(300, DIMENSIONS))
    client.index(name).upsert(
        ids=[f"v{row}" for row in range(300)],
        values=values,
        namespaces=["even" if row % 2 == 0 else None for row in range(300)],
        metadata=[{"row": row} if row % 3 == 0 else None for row in range(300)],
    )
    return name


def rows(
    connection: psycopg.Connection[tuple[object, ...]], function: str, arguments: str
) -> list[tuple[object, ...]]:
    return connection.execute(
        f"select id, score, namespace, values::text, metadata from {function}({arguments})"
    ).fetchall()


VECTOR = "vector => '[1,2,3,4,5,6,7,8]'"


@pytest.mark.parametrize(
    "more",
    [
        "",
        ", top_k => 1",
        ", top_k => 10",
        ", top_k => 11",
        ", top_k => 300",
        ", top_k => 301",
        ", return_values => true",
        ", return_metadata => 'all'",
        ", return_metadata => 'indexed'",
        ", return_values => true, return_metadata => 'all', top_k => 10",
    ],
)
def test_it_answers_as_query_does(
    connection: psycopg.Connection[tuple[object, ...]], name: str, more: str
) -> None:
    own = rows(connection, f'pgvectorize_data."{name}"', VECTOR + more)
    assert own == rows(connection, "pgvectorize.query", f"index => '{name}', {VECTOR}{more}")
    assert own


FILTERS = [
    '{"n": 7}',
    '{"n": {"$eq": 7}}',
    '{"n": "7"}',
    '{"n": {"$lt": 7}}',
    '{"n": {"$lte": 7.0}}',
    '{"n": {"$gt": 290}}',
    '{"n": {"$gte": 3, "$lt": 5}}',
    '{"n": {"$gt": 3, "$lte": 5}}',
    '{"n": {"$gt": 5, "$lt": 3}}',
    '{"n": {"$gt": 3, "$lt": 3}}',
    '{"n": {"$gte": 3, "$lte": 3}}',
    '{"n": {"$gte": 0}}',
    '{"n": {"$in": [3, 5]}}',
    '{"n": {"$ne": 3}}',
    '{"n": null}',
    '{"color": "c3"}',
    '{"color": {"$eq": "c3"}}',
    '{"color": {"$in": ["c3", "c4", "none"]}}',
    '{"color": {"$in": ["c3", null, 4]}}',
    '{"color": {"$in": []}}',
    '{"color": {"$gte": "c19"}}',
    '{"color": {"$prefix": "c1"}}',
    '{"half": true}',
    '{"half": {"$eq": false}, "n": {"$lt": 20}}',
    '{"half": true, "color": "c3"}',
    '{"color": "c4", "n": {"$gte": 100, "$lt": 200}}',
    '{"color": "c4", "half": true, "n": {"$gte": 100}}',
    '{"n": 7, "free": 1}',
    '{"free": 1}',
    '{"$or": [{"n": 1}, {"n": 2}]}',
    "{}",
]


@pytest.fixture
def filtered(client: pgvectorize.Client, make_index: Callable[..., str]) -> str:
    """Of 600 vectors, two have each `n`, 30 each `color`, and half of them each `half`."""
    name = make_index(dimensions=DIMENSIONS)
    index = client.index(name)
    index.upsert(
        ids=[f"v{row}" for row in range(600)],
        values=np.random.default_rng(0).normal(size=(600, DIMENSIONS)),
        namespaces=[
            ("small" if row % 10 == 0 else "large") if row % 3 else None for row in range(600)
        ],
        metadata=[
            {"n": row // 2, "color": f"c{row % 20}", "half": row % 2 == 0, "free": row % 7}
            for row in range(600)
        ],
    )
    index.create_metadata_index("n", "number")
    index.create_metadata_index("color", "string")
    index.create_metadata_index("half", "boolean")
    return name


@pytest.mark.parametrize(
    "more", ["", ", namespaces => '{small}'", ", namespaces => '{large,null}'"]
)
def test_it_filters_as_query_does(
    connection: psycopg.Connection[tuple[object, ...]], filtered: str, more: str
) -> None:
    for filter in FILTERS:
        given = f"{VECTOR}, top_k => 10, return_metadata => 'all', filter => '{filter}'{more}"
        own = rows(connection, f'pgvectorize_data."{filtered}"', given)
        asked = f"index => '{filtered}', exact => true, {given}"
        assert own == rows(connection, "pgvectorize.query", asked), filter


def test_few_matches_are_found_without_a_plan_of_their_own(
    connection: psycopg.Connection[tuple[object, ...]], filtered: str
) -> None:
    def is_planned(arguments: str) -> bool:
        with connection.transaction(force_rollback=True):
            rows(connection, f'pgvectorize_data."{filtered}"', f"{VECTOR}, {arguments}")
            found = connection.execute(
                "select count(*) from pg_stat_xact_user_functions where funcname = 'query'"
            ).fetchone()
        assert found is not None
        return found != (0,)

    connection.execute("set track_functions = 'all'")
    assert not is_planned("filter => '{\"n\": 7}'")
    assert not is_planned('filter => \'{"n": {"$lt": 90}, "half": true}\'')
    assert not is_planned("namespaces => '{small}'")
    assert is_planned("filter => '{\"half\": true}'")
    assert is_planned('filter => \'{"n": 7, "free": 1}\'')


def test_it_follows_the_metadata_indexes(
    connection: psycopg.Connection[tuple[object, ...]], client: pgvectorize.Client, filtered: str
) -> None:
    def text() -> str:
        found = connection.execute(
            "select prosrc from pg_proc where pronamespace = 'pgvectorize_data'::regnamespace"
            " and proname = %s",
            [filtered],
        ).fetchone()
        assert found is not None
        return str(found[0])

    index = client.index(filtered)
    assert "'free'" not in text()
    index.create_metadata_index("free", "number")
    assert "'free'" in text()
    assert index.query([1.0] * DIMENSIONS, filter={"n": 7, "free": 0}).count == 1
    index.delete_metadata_index("free")
    assert "'free'" not in text()
    assert index.query([1.0] * DIMENSIONS, filter={"n": 7, "free": 0}).count == 1


@pytest.mark.parametrize(
    "arguments",
    [
        "vector => '[1,2]'",
        f'{VECTOR}, filter => \'{{"n": {{"$what": 1}}}}\'',
        f"{VECTOR}, filter => '[]'",
        f"{VECTOR}, filter => '7'",
        f"{VECTOR}, filter => 'null'",
        f"{VECTOR}, namespaces => '{{}}'",
        f"{VECTOR}, namespaces => '{{\"\"}}'",
        "vector => null",
        "vector => '[0,0,0,0,0,0,0,0]'",
        f"{VECTOR}, top_k => 0",
        f"{VECTOR}, top_k => 1001",
        f"{VECTOR}, top_k => null",
        f"{VECTOR}, return_metadata => 'some'",
    ],
)
def test_it_refuses_what_query_refuses(
    connection: psycopg.Connection[tuple[object, ...]], name: str, arguments: str
) -> None:
    messages = []
    for function, given in (
        (f'pgvectorize_data."{name}"', arguments),
        ("pgvectorize.query", f"index => '{name}', {arguments}"),
    ):
        with pytest.raises(psycopg.Error) as refused:
            rows(connection, function, given)
        messages.append((refused.value.sqlstate, refused.value.diag.message_primary))
    assert messages[0] == messages[1]


def test_it_keeps_the_settings_of_the_session(
    connection: psycopg.Connection[tuple[object, ...]], name: str
) -> None:
    connection.execute("set hnsw.ef_search = 7")
    rows(connection, f'pgvectorize_data."{name}"', VECTOR)
    assert connection.execute("show hnsw.ef_search").fetchone() == ("7",)


def test_it_goes_where_the_index_goes(
    connection: psycopg.Connection[tuple[object, ...]], client: pgvectorize.Client, name: str
) -> None:
    renamed = f"{name}-r"
    index = client.index(name)
    found = [match.id for match in index.query([1.0] * DIMENSIONS)]
    client.update_index(name, new_name=renamed)
    with pytest.raises(IndexNotFound):
        index.query([1.0] * DIMENSIONS)
    assert [match.id for match in client.index(renamed).query([1.0] * DIMENSIONS)] == found

    client.create_index(name, dimensions=2, metric="euclidean")
    index.upsert([("other", [1.0, 0.0])])
    assert [match.id for match in index.query([1.0, 0.0])] == ["other"]

    client.delete_index(name)
    with pytest.raises(IndexNotFound):
        index.query([1.0, 0.0])
    with (
        connection.transaction(),
        pytest.raises(IndexNotFound),
        connection.transaction(),
    ):
        client.using(connection).index(name).query([1.0, 0.0])
    client.update_index(renamed, new_name=name)


def test_without_it_query_answers(
    connection: psycopg.Connection[tuple[object, ...]], client: pgvectorize.Client, name: str
) -> None:
    before = client.index(name).query([1.0] * DIMENSIONS)
    connection.execute(
        f'drop function pgvectorize_data."{name}"('
        "vector, integer, boolean, text, jsonb, text[], boolean)"
    )
    assert [match.id for match in client.index(name).query([1.0] * DIMENSIONS)] == [
        match.id for match in before
    ]


def test_a_strict_session_stays_strict(
    connection: psycopg.Connection[tuple[object, ...]], name: str
) -> None:
    connection.execute("set pgvectorize.strict = on")
    with pytest.raises(psycopg.Error, match="max top K is 100"):
        rows(connection, f'pgvectorize_data."{name}"', f"{VECTOR}, top_k => 101")
    with pytest.raises(psycopg.Error, match="expected 8 dimensions"):
        rows(connection, f'pgvectorize_data."{name}"', "vector => '[1,2]', top_k => 3")


def test_without_an_hnsw_index_it_is_exact(
    client: pgvectorize.Client, make_index: Callable[..., str]
) -> None:
    # a euclidean index of so many dimensions has none; signs cannot tell these vectors apart
    index = client.index(make_index(dimensions=4_001, metric="euclidean"))
    index.upsert([(f"v{row:03}", [1.0 + row, *[1.0] * 4_000]) for row in range(300)])
    assert [match.id for match in index.query([251.0, *[1.0] * 4_000], top_k=1)] == ["v250"]


# What the function of an index is made from, each column with another value.
MADE_FROM = {
    "name": "name || '-r'",
    "relation": "%(other)s",
    "dimensions": "9",
    "metric": "'euclidean'",
    "storage": "'float16'",
    "is_strict": "true",
    "is_counted": "true",
    "wants_hnsw": "false",
    "index_precision": "'float16'",
    "m": "8",
    "ef_search": "50",
}
OTHERS = {
    "preset": "'@cf/baai/bge-m3'",
    "description": "'words'",
    "model": "'{}'",
    "has_other_hnsw": "true",
    "ef_construction": "100",
    "hnsw_step_cost": "7",
    "created_on": "created_on + interval '1 day'",
    "modified_on": "modified_on + interval '1 day'",
}


def test_every_column_of_the_catalog_is_known(
    connection: psycopg.Connection[tuple[object, ...]],
) -> None:
    columns = connection.execute(
        "select attname::text from pg_attribute where attnum > 0 and not attisdropped"
        " and attrelid = 'pgvectorize_private.indexes'::regclass and attidentity = ''"
    ).fetchall()
    assert {column for (column,) in columns} == MADE_FROM.keys() | OTHERS.keys()


@pytest.mark.parametrize("column", [*MADE_FROM, *OTHERS])
def test_it_is_made_again_only_if_what_it_is_made_from_changes(
    connection: psycopg.Connection[tuple[object, ...]],
    make_index: Callable[..., str],
    column: str,
) -> None:
    name, other = make_index(dimensions=DIMENSIONS), make_index(dimensions=DIMENSIONS)
    given = {"name": name, "other": f'pgvectorize_data."{other}"'}

    def update(value: str) -> None:
        where = f"where name = '{name}'"
        connection.execute(
            f"update pgvectorize_private.indexes set {column} = {value} {where}".encode(), given
        )

    def made(*more: str) -> list[tuple[object, ...]]:
        columns = ", ".join(["proname", "prosrc", "proconfig", *more])
        return connection.execute(
            f"select {columns} from pg_proc".encode()
            + b" where pronamespace = 'pgvectorize_data'::regnamespace"
            b" and starts_with(proname, %(name)s)",
            given,
        ).fetchall()

    with connection.transaction(force_rollback=True):
        connection.execute("delete from pgvectorize_private.indexes where name = %s", [other])
        same, text = made("xmin::text"), made()
        update(column)
        assert made("xmin::text") == same
        update({**MADE_FROM, **OTHERS}[column])
        if column in MADE_FROM:
            assert made() != text
        else:
            assert made("xmin::text") == same
            connection.execute(
                "select pgvectorize_private._create_search_function("
                "pgvectorize_private._find_index(%s))",
                [name],
            )
            assert made("xmin::text") != same
            assert made() == text
