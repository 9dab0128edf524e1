"""Files to indexes: what is read, what is refused and by which line, and how one goes on."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st

from pgvectorize import (
    Client,
    Index,
    IndexNotFound,
    InvalidRequest,
    InvalidVector,
    Mutation,
    transfer,
)
from pgvectorize.cli.output import progress_bar
from pgvectorize.transfer import Refusal, import_vectors
from pgvectorize.transfer.ndjson import NdjsonReader
from tests.cli.test_output import Terminal
from tests.transfer.conftest import content, values_of

Json = Callable[..., Any]
GOOD = [{"id": str(number), "values": [1, 2, number]} for number in range(10)]
BAD: list[tuple[Any, str | None, str]] = [
    ("{nope", None, "not JSON: Expecting property name enclosed in double quotes"),
    ("\ud800".encode("utf-8", "surrogatepass"), None, "not UTF-8"),
    ("[" * 100_000, None, "not JSON: "),
    ("7", None, "not a vector but 7"),
    ({"values": [1, 2, 3]}, None, "no id"),
    ({"id": 7, "values": [1, 2, 3]}, None, "id is not a string but int"),
    ({"id": "x"}, "x", "no values and no content"),
    ({"id": "x", "values": None, "content": ""}, "x", "no values and no content"),
    ({"id": "x", "content": 5}, "x", "content is not a string"),
    ({"id": "x", "values": "123"}, "x", "values are not a list of numbers"),
    ({"id": "x", "values": {"a": 1, "b": 2, "c": 3}}, "x", "values are not a list of numbers"),
    ({"id": "x", "values": [1, 2, "3"]}, "x", "values are not numbers: "),
    ({"id": "x", "values": [1, 2, None]}, "x", "values are not numbers: "),
    ({"id": "x", "values": [[1], [2], [3]]}, "x", "values have the shape (3, 1)"),
    ({"id": "x", "values": [1, 2]}, "x", "expected 3 dimensions, got 2"),
    ('{"id": "x", "values": [1, 2, NaN]}', "x", "value 3 is nan"),
    ({"id": "x", "values": [1, 2, 1e39]}, "x", "value 3 is 1e+39"),
    ({"id": "x", "values": [0, 0, 0]}, "x", "a vector of length zero"),
    ({"id": "", "values": [1, 2, 3]}, "", "id is empty"),
    ({"id": "é" * 600, "values": [1, 2, 3]}, "é" * 600, "id has 1200 bytes"),
    ({"id": "x", "values": [1, 2, 3], "namespace": ""}, "x", "namespace is empty"),
    ({"id": "x", "values": [1, 2, 3], "namespace": 5}, "x", "namespace is not a string"),
    ({"id": "x", "values": [1, 2, 3], "metadata": []}, "x", "metadata is not an object"),
    ({"id": "x", "values": [1, 2, 3], "metadata": {"$a": 1}}, "x", "a metadata key"),
    ('{"id": "x\\u0000", "values": [1, 2, 3]}', "x\0", "id contains the character NUL"),
    ('{"id": "\\ud800", "values": [1, 2, 3]}', "\ud800", "id contains half of a surrogate"),
    ({"id": "x", "values": [1, 2, 3], "colour": 1}, "x", "a vector has id, values, namespace, "),
]


def line(given: Any) -> bytes:
    if isinstance(given, bytes):
        return given
    return given.encode() if isinstance(given, str) else json.dumps(given).encode()


@pytest.fixture
def write_file(tmp_path: Path) -> Callable[..., str]:
    """Write lines to a file of NDJSON; return its path."""

    def write(*lines: Any, name: str = "x.ndjson") -> str:
        path = tmp_path / name
        data = b"\n".join(map(line, lines))
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return str(path)

    return write


@pytest.fixture
def empty(make_index: Callable[..., str]) -> str:
    """An empty index of three dimensions under cosine."""
    return make_index()


# What is read


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_wranglers_files_load_as_they_are(
    client: Client, empty: str, tmp_path: Path, on_error: Any
) -> None:
    path = tmp_path / "embeddings.ndjson"
    path.write_bytes(
        b'\xef\xbb\xbf{ "id": "1", "values": [32.4, 74.1, 3.2], "metadata": {"url": "/a"}}\r\n'
        b"\r\n   \n"
        b'{"id":"2","values":[15,19.2,15.8],"namespace":null,"metadata":null}\r\n\n'
        b'{"id":"3","values":[0.16,1.2,3.8],"namespace":"n","metadata":{}}'
    )
    summary = transfer.import_vectors(client, empty, path, on_error=on_error)
    assert (summary.read, summary.written, summary.refused) == (3, 3, 0)
    found = {vector.id: (vector.namespace, vector.metadata) for vector in client.index(empty)}
    assert found == {"1": (None, {"url": "/a"}), "2": (None, None), "3": ("n", {})}


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_insert_keeps_and_upsert_replaces(
    client: Client, empty: str, write_file: Callable[..., str], on_error: Any
) -> None:
    client.index(empty).upsert([("0", [9, 9, 9])])
    file = write_file(*GOOD, {"id": "1", "values": [5, 5, 5]})
    summary = transfer.import_vectors(client, empty, file, mode="insert", on_error=on_error)
    assert (summary.read, summary.written) == (11, 9)
    first, second = client.index(empty).get_by_ids(["0", "1"])
    assert (values_of(first), values_of(second)) == ([9, 9, 9], [1, 2, 1])
    transfer.import_vectors(client, empty, file, on_error=on_error)
    first, second = client.index(empty).get_by_ids(["0", "1"])
    assert (values_of(first), values_of(second)) == ([1, 2, 0], [5, 5, 5])


def test_create_takes_the_dimensions_of_the_first_vector(
    client: Client, new_name: str, write_file: Callable[..., str]
) -> None:
    file = write_file("", *GOOD)
    transfer.import_vectors(client, new_name, file, create="dot-product")
    info = client.get_index(new_name)
    assert (info.dimensions, info.metric) == (3, "dot-product")
    transfer.import_vectors(client, new_name, file, create="dot-product")  # it may be there
    with pytest.raises(InvalidRequest, match="the metric dot-product, not cosine"):
        transfer.import_vectors(client, new_name, file, create="cosine")


@pytest.mark.parametrize("lines", [[*GOOD, "{"], ["{", *GOOD], [GOOD[1], {**GOOD[2], "id": ""}]])
def test_an_index_made_for_a_file_that_is_refused_goes_again(
    client: Client, new_name: str, write_file: Callable[..., str], lines: list[Any]
) -> None:
    with pytest.raises(InvalidVector):
        transfer.import_vectors(client, new_name, write_file(*lines), create="cosine")
    with pytest.raises(IndexNotFound):
        client.get_index(new_name)


def test_create_wants_a_vector(
    client: Client, new_name: str, write_file: Callable[..., str]
) -> None:
    on_error: Any
    for on_error in ("stop", "skip"):
        with pytest.raises(InvalidRequest, match="holds no vectors"):
            transfer.import_vectors(
                client,
                new_name,
                write_file(""),
                create="cosine",
                on_error=on_error,
            )


def test_an_index_that_is_not_there_is_refused(
    client: Client, write_file: Callable[..., str]
) -> None:
    for resume in (False, True):
        with pytest.raises(IndexNotFound):
            transfer.import_vectors(client, "nope", write_file(*GOOD), resume=resume)


def test_parquet_of_others_is_read(client: Client, empty: str, tmp_path: Path) -> None:
    table = pyarrow.table(
        {
            "values": pyarrow.array([[1.0, 2.0, 3.0], None, [1.0, None, 2.0], [4.0, 5.0, 6.0]]),
            "id": ["a", "b", "c", "d"],
            "__index_level_0__": [0, 1, 2, 3],
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "x.parquet", row_group_size=2)
    refusals: list[Refusal] = []
    summary = transfer.import_vectors(
        client, empty, tmp_path / "x.parquet", on_error="skip", on_refusal=refusals.append
    )
    assert (summary.read, summary.written, summary.refused) == (4, 2, 2)
    assert [(each.line, each.id) for each in refusals] == [(2, "b"), (3, "c")]
    with pytest.raises(InvalidVector, match=r'x\.parquet, row 2, id "b": no values'):
        transfer.import_vectors(client, empty, tmp_path / "x.parquet")


def test_parquet_with_metadata_that_is_not_json_is_refused_by_its_row(
    client: Client, empty: str, tmp_path: Path
) -> None:
    table = pyarrow.table({"id": ["a"], "values": [[1.0, 2.0, 3.0]], "metadata": ["{"]})
    pyarrow.parquet.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(InvalidVector, match='row 1, id "a": metadata is not JSON'):
        transfer.import_vectors(client, empty, tmp_path / "x.parquet")


@pytest.mark.parametrize(
    "columns", [{"id": ["a"]}, {"id": ["a"], "values": [[1.0]], "colour": ["red"]}]
)
def test_parquet_with_other_columns_is_refused(
    client: Client, empty: str, tmp_path: Path, columns: dict[str, Any]
) -> None:
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "x.parquet")
    with pytest.raises(InvalidRequest, match="has the columns id"):
        transfer.import_vectors(client, empty, tmp_path / "x.parquet")


@pytest.mark.parametrize("file", ["x.parquet", "x.npy", "x.ndjson.gz"])
@pytest.mark.parametrize("data", [b"", b"nonsense", b"PAR1\x93NUMPY\x1f\x8b"])
def test_what_is_not_its_format_is_refused(
    client: Client, empty: str, tmp_path: Path, file: str, data: bytes
) -> None:
    (tmp_path / file).write_bytes(data)
    (tmp_path / "x.ndjson").touch()
    if file.endswith(".gz") and not data:
        assert transfer.import_vectors(client, empty, tmp_path / file).read == 0
        return
    with pytest.raises(InvalidRequest, match=r"cannot read|is not a \.npy|not JSON|is Parquet"):
        transfer.import_vectors(client, empty, tmp_path / file)


def test_a_gz_that_was_cut_off_is_refused(
    client: Client, empty: str, write_file: Callable[..., str]
) -> None:
    path = Path(write_file(*GOOD, name="x.ndjson.gz"))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InvalidRequest, match=r"cannot read .* after line"):
        transfer.import_vectors(client, empty, path)
    assert client.index(empty).count() == 0


@pytest.mark.parametrize(
    ("matrix", "lines", "reason"),
    [
        (np.ones((2, 3)), ['{"id": "a"}'], "has 2 rows, .* has 1 lines"),
        (np.ones(3), ['{"id": "a"}'], "is not a matrix of numbers"),
        (np.array([["x"]]), ['{"id": "a"}'], "is not a matrix of numbers"),
        (np.array([[{}]], dtype=object), ['{"id": "a"}'], r"is not a \.npy file"),
        (np.ones((1, 3)), ['{"id": "a", "values": [1]}'], "values are here and in the matrix"),
        (np.ones((2, 3)), ['{"id": "a"}', "{"], "line 2, column 2: not JSON"),
    ],
)
def test_a_matrix_that_does_not_fit_is_refused(
    client: Client, empty: str, tmp_path: Path, matrix: Any, lines: list[str], reason: str
) -> None:
    np.save(tmp_path / "x.npy", matrix)
    (tmp_path / "x.ndjson").write_text("\n".join(lines))
    with pytest.raises(InvalidRequest, match=reason):
        transfer.import_vectors(client, empty, tmp_path / "x.npy")
    assert client.index(empty).count() == 0


def test_a_refused_line_does_not_shift_the_matrix(
    client: Client, empty: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "values.npy", np.array([[1, 1, 1], [2, 2, 2], [3, 3, 3]], dtype=">f8"))
    (tmp_path / "vectors.ndjson").write_text('{"id": "a"}\n{"nope"\n\n{"id": "c"}\n')
    refusals: list[Refusal] = []
    transfer.import_vectors(
        client, empty, tmp_path, on_error="skip", on_refusal=refusals.append, batch_size=2
    )
    assert [each.line for each in refusals] == [2]
    found = {vector.id: values_of(vector) for vector in client.index(empty)}
    assert found == {"a": [1, 1, 1], "c": [3, 3, 3]}


# What is refused


@pytest.mark.parametrize("name", ["x.ndjson", "x.ndjson.gz"])
@pytest.mark.parametrize("batch_size", [2, 1_000])
@pytest.mark.parametrize(("bad", "id", "reason"), BAD)
def test_a_bad_line_stops_and_nothing_is_written(
    client: Client,
    empty: str,
    write_file: Callable[..., str],
    bad: Any,
    id: str | None,
    reason: str,
    batch_size: int,
    name: str,
) -> None:
    file = write_file(*GOOD[1:4], "", bad, *GOOD[4:], name=name)
    with pytest.raises(InvalidVector) as caught:
        transfer.import_vectors(client, empty, file, batch_size=batch_size)
    named = "" if id is None else f', id "{id[:64]}"'
    column = ", column 2" if bad == "{nope" else ", column 1" if reason == "not UTF-8" else ""
    assert caught.value.message.startswith(f"{file}, line 5{column}{named}: {reason}")
    assert caught.value.hint == "Nothing was written."
    assert caught.value.row == 5
    assert client.index(empty).count() == 0
    assert not Path(f"{file}.pgvectorize-progress").exists()


@pytest.mark.parametrize("batch_size", [1, 2, 7, 1_000])
def test_skip_loses_the_bad_lines_only(
    client: Client, empty: str, write_file: Callable[..., str], batch_size: int
) -> None:
    lines: list[Any] = []
    for (bad, _, _), good in zip(BAD, GOOD * 3, strict=False):
        lines += [bad, "", {**good, "id": f"{good['id']} after line {len(lines)}"}]
    refusals: list[Refusal] = []
    summary = transfer.import_vectors(
        client,
        empty,
        write_file(*lines),
        on_error="skip",
        batch_size=batch_size,
        on_refusal=refusals.append,
    )
    refusals.sort(key=lambda refusal: refusal.line)
    assert [each.line for each in refusals] == [1 + 3 * n for n in range(len(BAD))]
    for refusal, (_, id, reason) in zip(refusals, BAD, strict=True):
        assert refusal.id == id
        assert refusal.reason.startswith(reason)
    assert (summary.read, summary.written, summary.refused) == (2 * len(BAD), len(BAD), len(BAD))
    assert client.index(empty).count() == len(BAD)


@pytest.mark.parametrize("bad", [{"values": [1, 2]}, {"values": [0, 0, 0]}, {"values": ["x"] * 3}])
def test_skip_takes_few_calls_even_if_most_are_bad(
    client: Client,
    empty: str,
    write_file: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    bad: dict[str, Any],
) -> None:
    sent: list[int] = []
    upsert = Index.upsert

    def counted(self: Index, vectors: list[Any], **options: Any) -> Mutation:
        sent.append(len(vectors))
        return upsert(self, vectors, **options)

    monkeypatch.setattr(Index, "upsert", counted)
    for every, calls, rows in ((100, 60, 4_000), (1, 420, 1_200)):
        sent.clear()
        lines = [
            {"id": f"{every} {number}", "values": [1, 2, 3], **({} if number % every else bad)}
            for number in range(400)
        ]
        summary = transfer.import_vectors(client, empty, write_file(*lines), on_error="skip")
        assert summary.refused == 400 // every
        assert len(sent) <= calls
        assert sum(sent) <= rows


def test_a_row_that_postgres_itself_refuses_is_skipped_alone(
    client: Client, connection: Any, empty: str, write_file: Callable[..., str]
) -> None:
    connection.execute(
        f"alter table {client.get_index(empty).relation} "
        "add check (1 / (7 - (metadata ->> 'n')::integer) is not null)"
    )
    lines = [{**good, "metadata": {"n": number}} for number, good in enumerate(GOOD)]
    refusals: list[Refusal] = []
    summary = transfer.import_vectors(
        client, empty, write_file(*lines), on_error="skip", on_refusal=refusals.append
    )
    assert refusals == [Refusal(8, "7", "division by zero")]
    assert (summary.read, summary.written, summary.refused) == (10, 9, 1)


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_what_strict_mode_refuses_has_its_line(
    client: Client, new_name: str, write_file: Callable[..., str], on_error: Any
) -> None:
    client.create_index(new_name, dimensions=32, metric="cosine", strict=True)
    good = {"values": [1] * 32}
    file = write_file({**good, "id": "a"}, {**good, "id": "x" * 65}, {**good, "id": "b"})
    refusals: list[Refusal] = []
    reason = "id too long; max is 64 bytes, got 65 bytes"
    if on_error == "stop":
        with pytest.raises(InvalidVector) as caught:
            transfer.import_vectors(client, new_name, file)
        assert caught.value.message == f"{file}, line 2: {reason}"
    else:
        transfer.import_vectors(client, new_name, file, on_error="skip", on_refusal=refusals.append)
        assert refusals == [Refusal(2, "x" * 65, reason)]
    assert client.index(new_name).count() == (0 if on_error == "stop" else 2)


def test_stop_in_batches_says_how_much_was_written(
    client: Client, empty: str, write_file: Callable[..., str]
) -> None:
    file = write_file(*GOOD[:5], {"id": "bad", "values": [0, 0, 0]}, *GOOD[5:])
    with pytest.raises(InvalidVector, match='line 6, id "bad"') as caught:
        transfer.import_vectors(client, empty, file, atomic=False, batch_size=2)
    assert caught.value.hint == "The 4 vectors in the batches before it were written."
    assert client.index(empty).count() == 4
    summary = transfer.import_vectors(
        client, empty, file, on_error="skip", resume=True, batch_size=2
    )
    assert (summary.resumed_after, summary.read, summary.written, summary.refused) == (4, 7, 6, 1)
    assert client.index(empty).count() == 10


def test_a_line_without_end_is_refused(
    client: Client,
    empty: str,
    write_file: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pgvectorize.transfer.ndjson._MAX_LINE", 64)
    refusals: list[Refusal] = []
    file = write_file(GOOD[0], "x" * 1_000, "x" * 64, "x" * 63, GOOD[1], "x" * 65)
    summary = transfer.import_vectors(
        client, empty, file, on_error="skip", on_refusal=refusals.append
    )
    assert (summary.read, summary.written) == (6, 2)
    assert sorted(each.line for each in refusals) == [2, 3, 4, 6]


def test_bad_options_are_refused(
    client: Client, empty: str, write_file: Callable[..., str]
) -> None:
    file = write_file(*GOOD)
    options: Any
    for options in ({"mode": "replace"}, {"on_error": "ignore"}, {"batch_size": 0}):
        with pytest.raises(InvalidRequest):
            transfer.import_vectors(client, empty, file, **options)


# How one goes on


class Interrupted(Exception):
    """What stops an import from outside."""


@pytest.fixture(params=["x.ndjson", "x.ndjson.gz", "x.parquet", "x.npy", "folder/"])
def long_file(
    client: Client, make_index: Callable[..., str], tmp_path: Path, request: pytest.FixtureRequest
) -> str:
    """A file of 2,500 vectors of three dimensions, in each format."""
    name = make_index(dimensions=3, metric="euclidean")
    values = np.arange(7_500, dtype=np.float32).reshape(2_500, 3)
    client.index(name).upsert(ids=[str(number) for number in range(2_500)], values=values)
    path = f"{tmp_path}/{request.param}"
    transfer.export_vectors(client, name, path)
    return path


def interrupt_after(batches: int) -> transfer.Progress:
    count = 0

    def on_progress(_: int, __: int | None) -> None:
        nonlocal count
        count += 1
        if count == batches:
            raise Interrupted

    return on_progress


@pytest.mark.parametrize("options", [{"on_error": "skip"}, {"atomic": False}, {"resume": True}])
def test_an_interrupted_import_goes_on(
    client: Client,
    make_index: Callable[..., str],
    long_file: str,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
) -> None:
    name = make_index(dimensions=3, metric="euclidean")
    written: list[str] = []
    upsert = Index.upsert

    def recorded(self: Index, vectors: list[Any], **more: Any) -> Mutation:
        written.extend(vector.id for vector in vectors)
        return upsert(self, vectors, **more)

    monkeypatch.setattr(Index, "upsert", recorded)
    with pytest.raises(Interrupted):
        transfer.import_vectors(
            client, name, long_file, batch_size=600, on_progress=interrupt_after(2), **options
        )
    assert client.index(name).count() == 1_200
    progress = Path(f"{long_file.rstrip('/')}.pgvectorize-progress")
    assert progress.exists()

    summary = transfer.import_vectors(client, name, long_file, batch_size=600, resume=True)
    assert (summary.resumed_after, summary.read, summary.written) == (1_200, 1_300, 1_300)
    assert not progress.exists()
    assert sorted(written, key=int) == [str(number) for number in range(2_500)]
    matrix = {vector.id: float(np.asarray(vector.values)[0]) for vector in client.index(name)}
    assert matrix == {str(number): 3.0 * number for number in range(2_500)}
    assert transfer.import_vectors(client, name, long_file, resume=True).read == 2_500  # from new


def test_an_input_that_was_changed_is_not_resumed(
    client: Client, empty: str, new_name: str, write_file: Callable[..., str]
) -> None:
    file = write_file(*GOOD)
    progress = Path(f"{file}.pgvectorize-progress")
    with pytest.raises(Interrupted):
        transfer.import_vectors(
            client, empty, file, atomic=False, batch_size=2, on_progress=interrupt_after(1)
        )
    client.create_index(new_name, dimensions=3, metric="cosine")
    with pytest.raises(InvalidRequest, match="was being imported into another index") as caught:
        transfer.import_vectors(client, new_name, file, resume=True)
    assert caught.value.hint == f"Delete {progress} to start again."
    write_file(*GOOD, GOOD[0])
    with pytest.raises(InvalidRequest, match="was changed since its import stopped"):
        transfer.import_vectors(client, empty, file, resume=True)
    assert client.index(empty).count() == 2
    for nonsense in ("", "[]", "{}", '{"index": 1, "input": 2, "place": 3}', "\ud800"):
        progress.write_text(nonsense, encoding="utf-8", errors="surrogatepass")
        with pytest.raises(InvalidRequest, match="cannot be understood"):
            transfer.import_vectors(client, empty, file, resume=True)
    transfer.import_vectors(client, empty, file, atomic=False)  # from the beginning
    assert client.index(empty).count() == 10
    assert not progress.exists()


def test_all_or_nothing_leaves_nothing_when_interrupted(
    client: Client, empty: str, write_file: Callable[..., str]
) -> None:
    file = write_file(*GOOD)
    with pytest.raises(Interrupted):
        transfer.import_vectors(client, empty, file, batch_size=2, on_progress=interrupt_after(2))
    assert client.index(empty).count() == 0
    assert [found.name for found in Path(file).parent.iterdir()] == ["x.ndjson"]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(
    client: Client, connection: Any, make_index: Callable[..., str], tmp_path: Path
) -> None:
    name = make_index(dimensions=8, metric="euclidean")
    (hnsw,) = connection.execute(
        "select indexrelid::regclass::text from pg_index "
        "where indrelid = %s::regclass and indexrelid::regclass::text like '%%hnsw%%'",
        [client.get_index(name).relation],
    ).fetchone()
    connection.execute(f"drop index {hnsw}")  # it would take most of the time
    path = tmp_path / "x.ndjson"
    with path.open("w") as file:
        for number in range(50_000):
            file.write(f'{{"id": "{number}", "values": [1, 2, 3, 4, 5, 6, 7, {number}]}}\n')
    transfer.import_vectors(client, name, path, on_error="skip", batch_size=5_000)  # warm
    tracemalloc.start()
    try:
        transfer.import_vectors(client, name, path, on_error="skip")
        in_batches = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        transfer.export_vectors(client, name, tmp_path / "y.ndjson")
        exported = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        transfer.import_vectors(client, name, path)
        as_one = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert in_batches < 5e6
    assert exported < 5e6
    assert as_one < 20e6  # the ids


# The command


def test_the_answer(cli_json: Json, empty: str, write_file: Callable[..., str]) -> None:
    file = write_file(*GOOD)
    answer = cli_json("import", empty, "--file", file)
    assert list(answer) == [
        *("index", "file", "format", "read", "written", "refused", "resumedAfter"),
        *("seconds", "rowsPerSecond"),
    ]
    assert [answer[key] for key in list(answer)[:7]] == [empty, file, "ndjson", 10, 10, 0, 0]


def test_the_sentences(
    cli: Callable[..., Result], empty: str, write_file: Callable[..., str]
) -> None:
    file = write_file(*GOOD, GOOD[1], "{", {"id": "z", "values": [0, 0]})
    result = cli("import", empty, "--file", file, "--on-error", "skip")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        f"{file}, line 12, column 2: not JSON: Expecting property name enclosed in double quotes",
        f'{file}, line 13, id "z": expected 3 dimensions, got 2',
    ]
    first, refused, left = result.stdout.splitlines()
    assert first.startswith(f"Imported 10 of 13 vectors into index '{empty}' in ")
    assert refused == "2 were refused."
    assert left == "1 were left out: their ids come again in the file."


def test_stdin_creates_an_index(cli_json: Json, new_name: str) -> None:
    lines = "\n".join(map(json.dumps, GOOD))
    options = ["--create", "--metric", "cosine", "--no-atomic"]
    assert cli_json("import", new_name, "--file", "-", *options, input=lines)["written"] == 10


def test_a_bad_line_is_one_line_and_a_hint(refused: Callable[..., str], empty: str) -> None:
    assert refused("import", empty, "--file", "-", input="\n7").startswith("stdin, line 2: not a")
    assert refused("import", empty, "--file", "-", "--resume", input="7") == (
        "an import from stdin cannot be resumed"
    )
    assert refused("import", empty, "--file", "missing.ndjson") == (
        "cannot read missing.ndjson: No such file or directory"
    )


def test_many_refusals_are_counted_or_reported(
    cli: Callable[..., Result], empty: str, write_file: Callable[..., str], tmp_path: Path
) -> None:
    file = write_file(*["{"] * 30, GOOD[1])
    result = cli("import", empty, "--file", file, "--on-error", "skip")
    *lines, last = result.stderr.splitlines()
    assert len(lines) == 20
    assert last == "and 10 more; --report FILE keeps all"

    report = tmp_path / "report.ndjson"
    result = cli(
        "import", empty, "--file", file, "--on-error", "skip", "--report", str(report), "--json"
    )
    assert result.stderr == ""
    assert json.loads(result.stdout)["refused"] == 30
    refusals = [json.loads(line) for line in report.read_text().splitlines()]
    assert len(refusals) == 30
    assert list(refusals[0]) == ["file", "line", "column", "id", "reason"]


def test_a_bar_moves_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for stderr, drawn in ((io.StringIO(), False), (Terminal(), True)):
        monkeypatch.setattr(sys, "stderr", stderr)
        with progress_bar("importing") as move:
            assert (move is not None) is drawn
            if move is not None:
                move(1, None)
                move(2, 2)
        assert ("importing" in stderr.getvalue()) is drawn


@pytest.mark.parametrize(
    "options",
    [
        ["--create"],
        ["--metric", "cosine"],
        ["--report", "x"],
        ["--mode", "replace"],
        ["--batch-size", "0"],
    ],
)
def test_options_that_do_not_fit_are_misuse(
    misused: Callable[..., str], options: list[str]
) -> None:
    assert misused("import", "docs", "--file", "-", *options).startswith("Error: ")


# Anything at all, after a line that says that it is NDJSON

FIRST = b'{"id": "first", "values": [1, 2]}'
_nearly = st.one_of(
    st.binary(max_size=60),
    st.from_regex(rb'\{"id": ?"[a-z]*", ?"values": ?\[[-0-9eE., ]*\].{0,20}\}?', fullmatch=True),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "values", "namespace", "metadata", "x"]), inner, max_size=4
            )
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)


@settings(settings.get_profile("transfer"))
@given(st.lists(_nearly, max_size=6), st.sampled_from([b"\n", b"\r\n"]))
def test_every_line_is_a_vector_or_a_refusal(lines: list[bytes], end: bytes) -> None:
    data = end.join([FIRST, *lines])
    expected = [
        number
        for number, text in enumerate(data.split(b"\n"), 1)
        if text.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").strip()
    ]
    stream: Any = io.BufferedReader(io.BytesIO(data))
    reader = NdjsonReader("-", stream, stream, None)
    found = list(reader.rows())
    assert [row.line for row in found] == expected
    assert reader.place["offset"] == len(data)


@pytest.fixture(scope="module")
def shared(client: Client) -> Iterator[str]:
    client.create_index("test-fuzzed-import", dimensions=2, metric="cosine")
    yield "test-fuzzed-import"
    client.delete_index("test-fuzzed-import")


_field: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.lists(
        st.floats(allow_nan=True) | st.integers(-3, 3) | st.sampled_from(["1", True, None, []]),
        min_size=1,
        max_size=3,
    ),
    st.dictionaries(st.text(max_size=3), st.floats() | st.text(max_size=3), max_size=2),
)
_vector = st.fixed_dictionaries(
    {"id": st.text(max_size=3) | _field, "values": st.just([1, 2]) | _field},
    optional={"namespace": st.text(max_size=3) | _field, "metadata": _field},
)


@settings(settings.get_profile("transfer"))
@given(st.lists(st.one_of(_vector.map(lambda value: json.dumps(value).encode()), _nearly)))
def test_whatever_a_file_holds_skip_counts_it(
    client: Client, shared: str, tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.ndjson"
    path.write_bytes(b"\n".join([FIRST, *lines]))
    client.index(shared).delete_by_ids(list(content(client, shared)))
    refusals: list[Refusal] = []
    summary = transfer.import_vectors(
        client, shared, path, on_error="skip", on_refusal=refusals.append, batch_size=3
    )
    assert summary.refused == len(refusals)
    assert summary.written + summary.refused <= summary.read
    assert client.index(shared).count() <= summary.written
    assert (summary.written == 0) == (client.index(shared).count() == 0)


def test_a_pipe_is_read_with_a_bar_that_knows_no_end(
    client: Client, make_index: Callable[..., str], tmp_path: Path
) -> None:
    name = make_index(dimensions=2)
    pipe = tmp_path / "pipe.ndjson"
    os.mkfifo(pipe)
    writer = threading.Thread(
        target=pipe.write_text, args=('{"id": "a", "values": [1, 2]}\n',), daemon=True
    )
    writer.start()
    seen: list[tuple[int, int | None]] = []
    summary = import_vectors(
        client, name, pipe, on_progress=lambda done, total: seen.append((done, total))
    )
    writer.join()
    assert summary.written == 1
    assert {total for _, total in seen} <= {None}


# The HNSW index


@pytest.fixture
def many_file(tmp_path: Path) -> str:
    """A file of 1,500 vectors: more than one batch."""
    path = tmp_path / "many.ndjson"
    path.write_text(
        "".join(f'{{"id": "{row}", "values": [{row}, 1, 2]}}\n' for row in range(1_500))
    )
    return str(path)


def test_a_new_index_gets_its_hnsw_index_in_the_end(
    client: Client, new_name: str, many_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = []
    bring_back = Index.bulk_load

    def loaded(self: Index, *args: Any, **options: Any) -> Any:
        load = bring_back(self, *args, **options)
        built.append(load.build)
        return load

    monkeypatch.setattr(Index, "bulk_load", loaded)
    transfer.import_vectors(client, new_name, many_file, create="euclidean")
    (build,) = built
    assert build is not None
    assert build.vectors == 1_500
    assert client.get_index(new_name).has_hnsw

    again = transfer.import_vectors(client, new_name, many_file)
    assert (again.written, built[1]) == (1_500, None)  # nothing changed


def test_an_interrupted_import_builds_when_it_is_resumed(
    client: Client, new_name: str, many_file: str
) -> None:
    with pytest.raises(Interrupted):
        transfer.import_vectors(
            client,
            new_name,
            many_file,
            create="euclidean",
            batch_size=600,
            atomic=False,
            on_progress=interrupt_after(2),
        )
    assert not client.get_index(new_name).has_hnsw
    assert client.index(new_name).query([3.0, 0, 0], top_k=1).count == 1
    transfer.import_vectors(client, new_name, many_file, resume=True, create="euclidean")
    assert client.get_index(new_name).has_hnsw
    assert client.index(new_name).count() == 1_500


@pytest.mark.parametrize("options", [{}, {"atomic": False}, {"on_error": "skip"}, {"resume": True}])
def test_an_interrupted_import_builds_when_it_is_repeated(
    client: Client, new_name: str, many_file: str, options: Any
) -> None:
    with pytest.raises(Interrupted):
        transfer.import_vectors(
            client,
            new_name,
            many_file,
            create="euclidean",
            batch_size=600,
            atomic=False,
            on_progress=interrupt_after(1),
        )
    assert not client.get_index(new_name).has_hnsw
    transfer.import_vectors(client, new_name, many_file, create="euclidean", **options)
    assert client.get_index(new_name).has_hnsw
    assert client.index(new_name).count() == 1_500
    assert not Path(f"{many_file}.pgvectorize-progress").exists()


def test_an_index_that_was_there_keeps_its_hnsw_index_in_batches(
    client: Client, empty: str, many_file: str
) -> None:
    transfer.import_vectors(client, empty, many_file, atomic=False)
    assert client.get_index(empty).has_hnsw


@pytest.mark.parametrize("option", ["--rebuild", "--no-rebuild"])
def test_import_takes_the_options_of_a_build(
    cli_text: Callable[..., str], client: Client, empty: str, many_file: str, option: str
) -> None:
    cli_text("import", empty, "--file", many_file, option, "--memory", "64MB", "--workers", "0")
    assert client.get_index(empty).has_hnsw
    assert client.index(empty).count() == 1_500
