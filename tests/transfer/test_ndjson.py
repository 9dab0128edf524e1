"""The reader of `insert`, `upsert` and `import`: what it reads, and what it says of the rest."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st

from pgvectorize import Client, InvalidRequest, transfer
from pgvectorize.transfer import Refusal
from pgvectorize.transfer.files import Numbered
from pgvectorize.transfer.ndjson import NdjsonReader
from pgvectorize.transfer.reading import reading
from tests.transfer.conftest import content

COMMANDS = ("insert", "upsert", "import")
VECTORS: list[dict[str, Any]] = [
    {"id": "a", "values": [1, 2, 3], "metadata": {"text": "[{\\n"}},
    {"id": "ü", "values": [4, 5, 6], "namespace": "n"},
    {"id": "c", "values": [7, 8, 9]},
]
LINES = "\n".join(map(json.dumps, VECTORS))
PRETTY = json.dumps(VECTORS, indent=2, ensure_ascii=False)


def read(data: bytes) -> list[Numbered | Refusal]:
    stream: Any = io.BufferedReader(io.BytesIO(data))
    return list(NdjsonReader("-", stream, stream, None).rows())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "text",
    [
        LINES,
        "\ufeff" + LINES.replace("\n", "\r\n\r\n"),
        json.dumps(VECTORS),
        f"\ufeff\r\n {PRETTY}\n",
        json.dumps({"vectors": VECTORS}),
        json.dumps({"vectors": VECTORS}, indent=1),
    ],
)
@pytest.mark.parametrize("name", ["x.ndjson", "x.ndjson.gz", "x.json"])
def test_each_form_is_read_whatever_the_file_is_called(
    cli_json: Callable[..., Any],
    client: Client,
    make_index: Callable[..., str],
    tmp_path: Path,
    command: str,
    text: str,
    name: str,
) -> None:
    index = make_index(dimensions=3, metric="euclidean")
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name == "x.json" else text.encode())
    options = ["--format", "ndjson"] if command == "import" else []
    cli_json(command, index, "--file", str(path), *options)
    found = content(client, index)
    assert sorted(found) == ["a", "c", "ü"]
    assert [found[id][1:3] for id in ("a", "ü")] == [(None, {"text": "[{\\n"}), ("n", None)]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"id,values\n1,2\n", "CSV"),
        (b'"id";"values"\n', "CSV"),
        (b"id\tvalues\n", "CSV"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"\x93NUMPY\x01\x00", "a numpy matrix"),
        (LINES.encode("utf-16"), "UTF-16"),
        (LINES.encode("utf-16-le"), "UTF-16"),
        (LINES.encode("utf-16-be"), "UTF-16"),
        (json.dumps(VECTORS[0], indent=2).encode(), "JSON over several lines"),
        (json.dumps(VECTORS[0], indent=0).encode(), "JSON over several lines"),
        (gzip.compress(b"id,values\n", mtime=0), "CSV"),
    ],
)
def test_another_format_is_called_by_its_name(
    cli: Callable[..., Result],
    make_index: Callable[..., str],
    tmp_path: Path,
    command: str,
    data: bytes,
    kind: str,
) -> None:
    path = tmp_path / "x.ndjson"
    path.write_bytes(data)
    result = cli(command, make_index(), "--file", str(path))
    assert result.exit_code == 1
    error, hint = result.stderr.splitlines()
    assert error == f"Error: {path} is {kind}, not NDJSON"
    assert hint.startswith("Hint: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'{LINES}\n\n{{"id": "x"', "line 5, column 11: not JSON: Expecting ',' delimiter"),
        (f"{LINES}\n7", "line 4: not a vector but 7"),
        (
            '\n[{"id": "x", "values": [1]}]',
            'line 2, column 2, id "x": expected 3 dimensions, got 1',
        ),
        (PRETTY[:-1] + ", 7]", "line 30, column 3: not a vector but 7"),
        (PRETTY[:-1], "line 30, column 1: not JSON: expecting a comma or the end"),
        (PRETTY[:-1] + ",]", "line 30, column 2: not JSON: expecting a comma or the end"),
        (PRETTY + "]", "line 30, column 2: only vectors are expected"),
        (
            '{"vectors": [{"id": 5, "values": [1]}], "n": 1}',
            "line 1, column 14: id is not a string",
        ),
        ('{"vectors": [], "n": 1}', "line 1, column 15: only vectors are expected"),
    ],
)
def test_a_fault_has_the_same_place_for_each_command(
    refused: Callable[..., str],
    client: Client,
    make_index: Callable[..., str],
    tmp_path: Path,
    text: str,
    said: str,
) -> None:
    index = make_index(dimensions=3, metric="euclidean")
    path = tmp_path / "x.ndjson"
    path.write_text(text, encoding="utf-8")
    errors = {refused(command, index, "--file", str(path)) for command in COMMANDS}
    (error,) = errors
    assert error.startswith(f"{path}, {said}")
    assert client.index(index).count() == 0


def test_an_array_is_resumed_in_the_middle(
    client: Client, make_index: Callable[..., str], tmp_path: Path
) -> None:
    index = make_index(dimensions=3, metric="euclidean")
    path = tmp_path / "x.ndjson"
    bad = [*VECTORS, {"id": "bad", "values": []}, {"id": "e", "values": [1, 1, 1]}]
    path.write_text(json.dumps(bad))
    with pytest.raises(InvalidRequest, match='id "bad"'):
        transfer.import_vectors(client, index, path, atomic=False, batch_size=2)
    assert client.index(index).count() == 2
    summary = transfer.import_vectors(
        client, index, path, on_error="skip", resume=True, batch_size=2
    )
    assert (summary.resumed_after, summary.read, summary.written, summary.refused) == (2, 3, 2, 1)


def test_a_long_document_on_one_line_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pgvectorize.transfer.ndjson._MAX_LINE", 16)
    found = read(json.dumps(VECTORS).encode())
    assert [row.vector.id for row in found if isinstance(row, Numbered)] == ["a", "ü", "c"]
    assert [row.column for row in found] == [2, 67, 124]


def test_ndjson_takes_the_same_memory_however_long_it_is(tmp_path: Path) -> None:
    peaks = []
    for count in (1_000, 20_000):
        path = tmp_path / f"{count}.ndjson"
        path.write_text('{"id": "a", "values": [1, 2, 3, 4, 5, 6, 7, 8, 9]}\n' * count)
        tracemalloc.start()
        with reading(path, "ndjson") as reader:
            assert sum(1 for _ in reader.rows()) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2 + 10_000


@settings(settings.get_profile("transfer"))
@given(
    st.one_of(
        st.binary(max_size=80),
        st.text('{}[]",:\n \\\\ai1', max_size=40).map(str.encode),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=3),
            lambda inner: st.lists(inner) | st.dictionaries(st.just("vectors"), inner),
        ).map(lambda value: json.dumps(value, indent=1).encode()),
    )
)
def test_whatever_a_file_holds_is_read_or_refused(data: bytes) -> None:
    with suppress(InvalidRequest):
        assert all(isinstance(row, (Numbered, Refusal)) for row in read(data))


def test_the_rest_of_a_line_too_long_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pgvectorize.transfer.ndjson._MAX_LINE", 16)
    for first in (b"\xef\xbb\xbf", b""):
        found = read(first + b"x" * 40 + b"\n7\n" + b"[" * 20 + b"\n8")
        assert [(row.line, getattr(row, "reason", "")[:12]) for row in found] == [
            (1, "longer than "),
            (2, "not a vector"),
            (3, "longer than "),
            (4, "not a vector"),
        ]
