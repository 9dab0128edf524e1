"""build, rebuild, reindex, drop-hnsw."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from pgvectorize import BuildProgress, Client, Index, IndexBusy
from pgvectorize.cli import builds
from pgvectorize.cli.options import Session

VALUES = np.random.default_rng(2).normal(size=(1_200, 64)).astype(np.float32)


@pytest.fixture
def index(client: Client, make_index: Callable[..., str]) -> Index:
    index = client.index(make_index(dimensions=64, metric="cosine"))
    index.bulk_load(ids=[str(row) for row in range(1_200)], values=VALUES)
    return index


def test_an_index_is_built_and_dropped(
    cli_text: Callable[..., str], cli_json: Callable[..., Any], index: Index
) -> None:
    name = index.name
    assert cli_text("drop-hnsw", name) == (
        f"Dropped the HNSW index of index '{name}'. A query compares with every vector now.\n"
    )
    assert not index.info().has_hnsw
    assert re.fullmatch(
        rf"Built the HNSW index of index '{name}' in [\d.]+ s: 1,200 vectors, float32, m 16, "
        r"ef_construction 64\.\n",
        cli_text("build", name),
    )
    assert cli_text("build", name) == (
        f"Index '{name}' has its HNSW index already: float32, m 16, ef_construction 64.\n"
    )
    built = cli_json("rebuild", name, "--m", "8", "--workers", "0", "--memory", "64MB")
    assert built.pop("seconds") > 0
    assert built == {
        "index": name,
        "isBuilt": True,
        "indexPrecision": "float32",
        "m": 8,
        "efConstruction": 64,
        "vectors": 1_200,
        "memory": 2**26,
        "memoryNeeded": built["memoryNeeded"],
        "vectorsInMemory": 1_200,
        "workers": 0,
    }
    assert cli_json("build", name, "--index-precision", "float16", "--no-concurrently")["isBuilt"]
    assert (index.info().m, index.info().index_precision) == (8, "float16")
    assert cli_json("drop-hnsw", name)["name"] == name


def test_what_does_not_fit_is_said_with_what_would(
    cli_text: Callable[..., str], make_index: Callable[..., str], client: Client
) -> None:
    name = make_index(dimensions=64 * 16, metric="cosine", index_precision="float32")
    client.index(name).bulk_load(
        ids=[str(row) for row in range(600)], values=VALUES[:600].repeat(16, axis=1)
    )
    assert re.search(
        r"About 3\d\d vectors fitted into 2 MB of memory, and the others took many times as "
        r"long\. All need 4 MB: use --memory 4MB, or an index precision that needs less\.\n",
        cli_text("rebuild", name, "--memory", "2MB"),
    )


def test_reindex_builds_each_that_has_one(
    cli_text: Callable[..., str],
    cli_json: Callable[..., Any],
    index: Index,
    make_index: Callable[..., str],
) -> None:
    without = make_index(dimensions=2, metric="euclidean", hnsw=False)
    assert cli_text("reindex", without) == "There is no HNSW index to rebuild.\n"
    assert cli_text("reindex", index.name).startswith("Built the HNSW index of index")
    built = {each["index"]: each["isBuilt"] for each in cli_json("reindex")}
    assert built[index.name] is True
    assert without not in built


def test_a_refusal_is_one_line(refused: Callable[..., str], index: Index) -> None:
    assert refused("build", index.name, "--m", "1").startswith("m must be between 2 and 100")
    assert refused("build", "nowhere") == 'index "nowhere" does not exist'
    assert refused("reindex", "nowhere") == 'index "nowhere" does not exist'


def test_who_watches_sees_how_far_it_is(
    index: Index, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def progress(self: Index) -> list[BuildProgress]:
        seen.append(self.name)
        return [BuildProgress(self.name, 1, "loading", 300, 1_200, 0.25)]

    monkeypatch.setattr(Index, "build_progress", progress)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(builds, "_POLL_SECONDS", 0.01)
    context: Any = None
    with builds.watched_build(Session(context, dsn, False, False), index.name):
        while not seen:
            index.count()
    assert set(seen) == {index.name}
    with builds.watched_build(Session(context, "host=127.0.0.1 port=1", False, False), "x"):
        assert index.count() == 1_200  # that it cannot be watched ends nothing


def test_a_namespace_gets_an_hnsw_index_and_loses_it(
    client: Client,
    make_index: Callable[..., str],
    cli_text: Callable[..., str],
    cli_json: Callable[..., Any],
) -> None:
    index = client.index(make_index(dimensions=64, metric="cosine"))
    index.upsert(ids=["a", "b"], values=VALUES[:2], namespaces="books")
    name = index.name
    assert cli_text("list-namespace-index", name) == f"Index '{name}' has no namespace indexes.\n"
    assert cli_text("create-namespace-index", name, "--namespace", "books") == (
        f"Created the HNSW index of namespace 'books' of index '{name}': 2 vectors, float32, "
        "m 16, ef_construction 64.\n"
    )
    assert cli_text("create-namespace-index", name, "--namespace", "books") == (
        f"Namespace 'books' of index '{name}' has its HNSW index already.\n"
    )
    (listed,) = cli_json("list-namespace-index", name)
    assert listed.pop("bytes") > 0
    assert listed == {"namespace": "books", "isBuilt": True, "vectorCount": 2}
    assert "about 2" in cli_text("list-namespace-index", name)
    index.drop_hnsw()
    assert "not built" in cli_text("list-namespace-index", name)
    assert cli_json("delete-namespace-index", name, "--namespace", "books") is None
    assert cli_json("list-namespace-index", name) == []


def test_reindex_tells_of_each_when_it_is_done(
    cli: Callable[..., Result],
    client: Client,
    make_index: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = sorted(make_index() for _ in range(2))
    built = builds._built

    def fails_at_the_second(session: Any, name: str, **options: Any) -> Any:
        if name == second:
            raise IndexBusy("it is busy")
        return built(session, name, **options)

    monkeypatch.setattr(builds, "_built", fails_at_the_second)
    result = cli("reindex")
    assert result.exit_code == 1
    assert f"Built the HNSW index of index '{first}'" in result.stdout
