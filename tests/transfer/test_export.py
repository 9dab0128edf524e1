"""Indexes to files: what is in them, and that they are whole or not there."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from click.testing import Result

from pgvectorize import Client, Index, IndexNotFound, InvalidFilter, InvalidRequest, transfer
from pgvectorize.transfer import format_of
from tests.transfer.conftest import VECTORS, content

FILES = ["x.ndjson", "x.jsonl", "x.ndjson.gz", "x.parquet", "x.npy", "values.npy", "folder/"]
Json = Callable[..., Any]


def lines_of(path: Path) -> list[str]:
    """Return the lines of a file; `splitlines` would also divide at U+2028, which JSON may hold."""
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


@pytest.mark.parametrize("file", FILES)
def test_a_round_trip_keeps_every_bit(
    client: Client, index: str, new_name: str, tmp_path: Path, file: str
) -> None:
    path = f"{tmp_path}/{file}"
    exported = transfer.export_vectors(client, index, path)
    assert exported.written == len(VECTORS)
    imported = transfer.import_vectors(client, new_name, path, create="euclidean")
    assert (imported.read, imported.written, imported.refused) == (len(VECTORS), len(VECTORS), 0)
    assert content(client, new_name) == content(client, index)
    assert client.get_index(new_name).dimensions == 3


@pytest.mark.parametrize("file", FILES)
def test_float16_comes_back_as_it_was(
    client: Client, make_index: Callable[..., str], tmp_path: Path, file: str
) -> None:
    source = make_index(dimensions=3, metric="euclidean", storage="float16")
    client.index(source).upsert([("a", [0.1, 1 / 3, 65_519]), ("b", [1e-7, -0.0, 2_049], "n")])
    path = f"{tmp_path}/{file}"
    transfer.export_vectors(client, source, path)
    for storage in ("float16", "float32"):
        copy = make_index(dimensions=3, metric="euclidean", storage=storage)
        assert transfer.import_vectors(client, copy, path).written == 2
        assert content(client, copy) == content(client, source)


@pytest.mark.parametrize("file", FILES)
def test_more_than_a_page_or_a_row_group_comes_through(
    client: Client,
    make_index: Callable[..., str],
    new_name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
) -> None:
    monkeypatch.setattr("pgvectorize.transfer.parquet._ROW_GROUP", 1_000)
    source = make_index(dimensions=2, metric="euclidean")
    values = np.random.default_rng(7).standard_normal((2_500, 2)).astype(np.float32)
    ids = [f"{number:05}" for number in range(len(values))]
    client.index(source).upsert(ids=ids, values=values)
    path = f"{tmp_path}/{file}"
    assert transfer.export_vectors(client, source, path).written == len(values)
    transfer.import_vectors(client, new_name, path, create="cosine", batch_size=700)
    found = {vector.id: vector.values for vector in client.index(new_name)}
    assert np.array_equal(np.asarray([found[id] for id in ids]), values)


@pytest.mark.parametrize("file", FILES)
def test_an_empty_index_is_an_empty_file(
    client: Client, make_index: Callable[..., str], tmp_path: Path, file: str
) -> None:
    name = make_index()
    path = f"{tmp_path}/{file}"
    assert transfer.export_vectors(client, name, path).written == 0
    summary = transfer.import_vectors(client, name, path)
    assert (summary.read, summary.written) == (0, 0)
    assert transfer.import_vectors(client, name, path, on_error="skip").read == 0


def test_ndjson_is_vectorizes_with_the_shortest_numbers(
    client: Client, index: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.ndjson"
    transfer.export_vectors(client, index, path)
    lines = lines_of(path)
    assert '{"id":"a","values":[1.0,-0.0,0.2321]}' in lines
    assert '{"id":"b","values":[1e-45,8e+18,-1.1754944e-38],"namespace":"n"}' in lines
    assert '{"id":"empty","values":[0.0,0.0,0.0],"metadata":{}}' in lines
    assert sorted(json.loads(line)["id"] for line in lines) == sorted(v.id for v in VECTORS)


def test_a_gz_is_gzip(client: Client, index: str, tmp_path: Path) -> None:
    plain, compressed = tmp_path / "x.ndjson", tmp_path / "x.ndjson.gz"
    transfer.export_vectors(client, index, plain)
    transfer.export_vectors(client, index, compressed)
    assert gzip.decompress(compressed.read_bytes()) == plain.read_bytes()


def test_numpy_maps_the_matrix(client: Client, index: str, tmp_path: Path) -> None:
    transfer.export_vectors(client, index, tmp_path / "out", format="npy")
    matrix = np.load(tmp_path / "out" / "values.npy", mmap_mode="r")
    assert (matrix.shape, matrix.dtype) == ((len(VECTORS), 3), np.float32)
    lines = lines_of(tmp_path / "out" / "vectors.ndjson")
    row = [json.loads(line)["id"] for line in lines].index("a")
    assert matrix[row].tolist() == [1.0, -0.0, np.float32(0.2321)]
    assert "values" not in json.loads(lines[row])


def test_the_parquet_columns(client: Client, index: str, tmp_path: Path) -> None:
    transfer.export_vectors(client, index, tmp_path / "x.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "x.parquet")
    assert {field.name: str(field.type) for field in table.schema} == {
        "id": "string",
        "namespace": "string",
        "values": "fixed_size_list<element: float>[3]",
        "metadata": "string",
        "content": "string",
    }


def test_stdout_is_ndjson_and_nothing_else(dsn: str, index: str) -> None:
    command = [sys.executable, "-m", "pgvectorize", "export", index, "--output", "-", "--dsn", dsn]
    done = subprocess.run(command, capture_output=True, check=True)
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == len(VECTORS)
    assert b"Exported %d vectors" % len(VECTORS) in done.stderr
    done = subprocess.run([*command, "--json"], capture_output=True, check=True)
    summary = done.stderr[done.stderr.index(b"{") :]  # after what pgvector 0.8.0 is warned about
    assert json.loads(summary)["written"] == len(VECTORS)


@pytest.mark.parametrize("file", FILES)
def test_a_failed_export_leaves_what_was_there(
    client: Client, index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    def broken(*_: object, **__: object) -> object:
        raise RuntimeError

    path = f"{tmp_path}/{file}"
    for before in (set[Path](), None):
        if before is None:
            transfer.export_vectors(client, index, path)
        kept = {found: found.read_bytes() for found in tmp_path.rglob("*") if found.is_file()}
        with monkeypatch.context() as patch:
            patch.setattr(Index, "list_vectors", broken)
            with pytest.raises(RuntimeError):
                transfer.export_vectors(client, index, path)
        found = {found: found.read_bytes() for found in tmp_path.rglob("*") if found.is_file()}
        assert found == kept
        assert before is None or list(tmp_path.iterdir()) == []


def test_writes_meanwhile_do_no_harm(
    client: Client, make_index: Callable[..., str], tmp_path: Path
) -> None:
    name = make_index(dimensions=1, metric="euclidean")
    target = client.index(name)
    target.upsert(ids=[f"b{number:04}" for number in range(3_000)], values=[[1.0]] * 3_000)

    def write(done: int, _: int | None) -> None:
        target.upsert([(f"a{done}", [2.0]), (f"c{done}", [2.0])])
        target.delete_by_ids([f"b{done + 500:04}"])

    path = tmp_path / "x.ndjson"
    written = transfer.export_vectors(client, name, path, on_progress=write).written
    ids = [json.loads(line)["id"] for line in path.read_text().splitlines()]
    gone = {"b1500", "b2500"}  # deleted while they lay ahead
    assert ids == [id for number in range(3_000) if (id := f"b{number:04}") not in gone]
    assert written == len(ids)


def test_a_namespace_or_a_filter_is_exported(
    client: Client, cli_json: Json, index: str, tmp_path: Path
) -> None:
    def ids(**options: Any) -> list[str]:
        path = tmp_path / "x.ndjson"
        transfer.export_vectors(client, index, path, **options)
        return [json.loads(line)["id"] for line in lines_of(path)]

    assert ids(namespace="n") == ["b", "pending", "text"]
    assert ids(filter={"price": {"$gt": 1}}) == ["ünï"]
    output = str(tmp_path / "y.npy")
    answer = cli_json("export", index, "--output", output, "--filter", '{"in.ner": true}')
    assert answer["written"] == 1
    with pytest.raises(InvalidFilter):
        ids(filter={"price": {"$nope": 1}})


def test_progress_is_told_in_rows(client: Client, index: str, tmp_path: Path) -> None:
    steps: list[tuple[int, int | None]] = []
    transfer.export_vectors(
        client, index, tmp_path / "x.npy", on_progress=lambda *step: steps.append(step)
    )
    assert steps == [(len(VECTORS), len(VECTORS))]


def test_a_link_stays_and_a_pipe_is_written_to(client: Client, index: str, tmp_path: Path) -> None:
    transfer.export_vectors(client, index, tmp_path / "plain.ndjson")
    wanted = (tmp_path / "plain.ndjson").read_bytes()
    (tmp_path / "link.ndjson").symlink_to("target.ndjson")
    (tmp_path / "target.ndjson").write_text("old")
    transfer.export_vectors(client, index, tmp_path / "link.ndjson")
    assert (tmp_path / "link.ndjson").is_symlink()
    assert (tmp_path / "target.ndjson").read_bytes() == wanted

    os.mkfifo(tmp_path / "pipe.ndjson")
    with ThreadPoolExecutor(1) as elsewhere:
        read = elsewhere.submit((tmp_path / "pipe.ndjson").read_bytes)
        transfer.export_vectors(client, index, tmp_path / "pipe.ndjson")
        assert read.result(timeout=30) == wanted
    assert (tmp_path / "pipe.ndjson").is_fifo()


# Refusals


def test_an_index_that_is_not_there_makes_no_file(client: Client, tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound):
        transfer.export_vectors(client, "nope", tmp_path / "x.ndjson")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", ["no/x.ndjson", "no/x.npy", "no/folder/", "x.npy/"])
def test_what_cannot_be_written_is_refused(
    client: Client, index: str, tmp_path: Path, file: str
) -> None:
    (tmp_path / "x.npy").touch()
    with pytest.raises(InvalidRequest, match=r"cannot write .*(No such|exists|Not a directory)"):
        transfer.export_vectors(client, index, f"{tmp_path}/{file}")


def test_metadata_that_no_float_holds_is_refused_by_its_id(
    client: Client, connection: Any, index: str, tmp_path: Path
) -> None:
    client.index(index).upsert([("huge", [1, 2, 3], None, {})])
    relation = client.get_index(index).relation
    connection.execute(
        f"update {relation} set metadata = jsonb_build_object('n', 1e400 + 0.5) where id = 'huge'"
    )
    with pytest.raises(InvalidRequest, match='the metadata of "huge"'):
        transfer.export_vectors(client, index, tmp_path / "x.ndjson")


@pytest.mark.parametrize(
    ("file", "format", "expected"),
    [
        ("x.ndjson", None, "ndjson"),
        ("x.NDJSON.gz", None, "ndjson"),
        ("x", "ndjson", "ndjson"),
        ("-", None, "ndjson"),
        ("x.parquet", None, "parquet"),
        ("x.npy", None, "npy"),
        ("x/", None, "npy"),
        (".", None, "npy"),
        ("x.parquet", "npy", "npy"),
    ],
)
def test_the_ending_names_the_format(file: str, format: Any, expected: str) -> None:
    assert format_of(file, format) == expected


@pytest.mark.parametrize(
    ("file", "format", "reason"),
    [
        ("x", None, "the ending of x names no format"),
        ("x.gz", None, "the ending of x.gz names no format"),
        ("x.csv", None, "the ending of x.csv names no format"),
        ("x.parquet.gz", None, "x.parquet.gz cannot be parquet, only ndjson"),
        ("-", "npy", "stdin or stdout cannot be npy, only ndjson"),
        ("x", "csv", 'format "csv" is not known'),
    ],
)
def test_another_ending_is_refused(file: str, format: Any, reason: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        format_of(file, format)
    assert caught.value.message == reason


def test_without_pyarrow_the_command_to_install_it_is_named(
    client: Client, index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InvalidRequest, match="not installed") as caught:
        transfer.export_vectors(client, index, tmp_path / "x.parquet")
    assert caught.value.hint == "Run: pip install 'pgvectorize[parquet]'"
    assert list(tmp_path.iterdir()) == []


# The command


def test_the_answer(cli_json: Json, index: str, tmp_path: Path) -> None:
    path = str(tmp_path / "x.ndjson")
    answer = cli_json("export", index, "--output", path)
    assert list(answer) == ["index", "output", "format", "written", "seconds", "rowsPerSecond"]
    assert (answer["index"], answer["output"], answer["format"], answer["written"]) == (
        index,
        path,
        "ndjson",
        len(VECTORS),
    )


def test_the_sentence(cli_text: Callable[..., str], index: str, tmp_path: Path) -> None:
    path = f"{tmp_path}/out"
    said = cli_text("export", index, "--output", path, "--format", "npy")
    assert said.startswith(f"Exported {len(VECTORS)} vectors of index '{index}' to {path} in ")
    assert sorted(found.name for found in Path(path).iterdir()) == ["values.npy", "vectors.ndjson"]


def test_a_bad_ending_is_refused_before_a_server_is_asked(cli: Callable[..., Result]) -> None:
    result = cli("export", "nope", "--output", "x.csv")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the ending of x.csv names no format\nHint: ")
