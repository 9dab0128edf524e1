"""Recall and tuning, from the shell."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

import pgvectorize
from pgvectorize import IndexInfo, RecallPoint
from pgvectorize.cli import recall as recall_module
from pgvectorize.cli.output import console

VALUES = np.random.default_rng(1).normal(size=(300, 8))


@pytest.fixture
def index(client: pgvectorize.Client, make_index: Callable[..., str]) -> str:
    name = make_index(dimensions=8)
    client.index(name).upsert(ids=[f"v{row}" for row in range(300)], values=VALUES)
    return name


def test_recall_answers_with_the_curve(
    cli_json: Callable[..., Any], cli_text: Callable[..., str], index: str
) -> None:
    *points, exact = cli_json("recall", index, "--queries", "20", "--top-k", "3")
    keys = ["efSearch", "recall", "standardError", "milliseconds", "queries", "topK"]
    assert [list(point) for point in (*points, exact)] == [keys] * (len(points) + 1)
    assert points[0]["efSearch"] == 3
    assert (exact["efSearch"], exact["recall"]) == (None, 1)
    assert (exact["queries"], exact["topK"]) == (20, 3)

    text = cli_text("recall", index, "--queries", "20", "--no-store")
    assert "1.0000 ± 0.0000" in text
    assert "█" in text
    assert "exact" in text
    assert "Of the true 10 nearest, as the mean of 20 queries" in text


def test_tune_sets_what_queries_use(
    cli_json: Callable[..., Any], cli_text: Callable[..., str], index: str
) -> None:
    assert "ef_search" not in cli_text("get", index)
    text = cli_text("tune", index, "--recall", "0.9", "--queries", "20")
    assert f"Queries of index '{index}' use ef_search 10 from now on. They find " in text
    assert cli_json("get", index)["config"]["efSearch"] == 10
    assert "ef_search" in cli_text("get", index)
    assert "in use" in cli_text("recall", index)

    point = cli_json("tune", index, "--recall", "0.9", "--top-k", "30")
    assert (point["index"], point["efSearch"], point["topK"]) == (index, 30, 30)
    answer = cli_json("query", index, "--vector-id", "v1", "--recall", "0.9")
    assert answer == cli_json("query", index, "--vector-id", "v1", "--exact")


def test_ef_search_is_set_and_taken_back(
    cli_json: Callable[..., Any], misused: Callable[..., str], index: str
) -> None:
    assert cli_json("update", index, "--ef-search", "250")["config"]["efSearch"] == 250
    assert cli_json("update", index, "--ef-search", "0")["config"]["efSearch"] is None
    assert "--ef-search" in misused("update", index)


def test_without_hnsw_it_says_that_all_is_found(
    cli_text: Callable[..., str], make_index: Callable[..., str], client: pgvectorize.Client
) -> None:
    name = make_index(dimensions=8, hnsw=False)
    client.index(name).upsert(ids=["a", "b"], values=VALUES[:2])
    assert "compares with every vector and finds all" in cli_text("tune", name, "--recall", "1")
    assert "exact" in cli_text("recall", name)


@pytest.mark.parametrize("kind", ["npy", "ndjson"])
def test_real_queries_come_from_a_file(
    cli_json: Callable[..., Any], index: str, tmp_path: Path, kind: str
) -> None:
    file = tmp_path / f"queries.{kind}"
    if kind == "npy":
        np.save(file, VALUES[:7])
    else:
        rows = [json.dumps({"values": list(row)}) for row in VALUES[:7]]
        file.write_text("\n".join(rows))
    assert cli_json("recall", index, "--vectors", str(file))[-1]["queries"] == 7
    assert cli_json("tune", index, "--recall", "0.5", "--vectors", str(file))["queries"] == 7


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("missing.npy", "cannot read missing.npy: No such file or directory"),
        ("missing.ndjson", "cannot read missing.ndjson: No such file or directory"),
        ("text.npy", "text.npy is not a .npy file"),
        ("text.ndjson", "text.ndjson, line 1"),
        ("without.ndjson", "without.ndjson, line 1"),
    ],
)
def test_a_file_without_queries_is_refused(
    refused: Callable[..., str],
    index: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("text.npy", "text.ndjson"):
        Path(name).write_text("words")
    Path("without.ndjson").write_text('{"id": "a"}\n{"id": "b"}')
    assert says in refused("recall", index, "--vectors", file)


def test_what_is_not_reached_is_refused(
    refused: Callable[..., str], misused: Callable[..., str], index: str
) -> None:
    assert "has not been measured" in refused("query", index, "--vector-id", "v1", "--recall", "1")
    assert "recall must be above 0" in refused("tune", index, "--recall", "98")
    assert "--recall" in misused("tune", index)


# Plots


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_curve_is_drawn(
    cli_text: Callable[..., str], index: str, tmp_path: Path, suffix: str
) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / f"recall.{suffix}"
    text = cli_text("recall", index, "--queries", "5", "--plot", str(file))
    assert f"Drawn in {file}" in text.replace("\n", "")
    begin = {"svg": b"<?xml", "png": b"\x89PNG"}[suffix]
    assert file.read_bytes().startswith(begin)


def test_a_plot_needs_matplotlib(
    refused: Callable[..., str], index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert "needs matplotlib" in refused("recall", index, "--plot", "recall.svg")


def test_a_plot_is_svg_png_or_pdf(refused: Callable[..., str], index: str) -> None:
    assert "cannot draw recall.txt" in refused("recall", index, "--plot", "recall.txt")


def test_a_plot_that_cannot_be_written_is_refused(
    cli: Callable[..., Result], index: str, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    result = cli("recall", index, "--plot", str(tmp_path / "no" / "recall.svg"))
    assert result.exit_code == 1
    assert "Error: cannot write" in result.stderr


def test_bars_begin_below_the_least_and_end_at_all(client: pgvectorize.Client, index: str) -> None:
    info: IndexInfo = client.get_index(index)
    points = [
        RecallPoint(ef_search, recall, 0.0, 1.0, 10, 10)
        for ef_search, recall in ((10, 0.9), (200, 0.95), (None, 1.0))
    ]
    printer = console()
    with printer.capture() as capture:
        printer.print(recall_module._curve(info, points))
    lines = [line for line in capture.get().splitlines() if "±" in line]
    assert [line.count("█") for line in lines] == [12, 18, 24]
    assert ["in use" in line for line in lines] == [False, True, False]
    assert "0.8 to 1" in capture.get()
