"""Files that hold nothing, are damaged, or stand where others are written."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from click.testing import Result

from pgvectorize import Client, InvalidRequest, transfer

GOOD = [{"id": str(number), "values": [number, 1, 2]} for number in range(4)]


@pytest.fixture
def name(make_index: Callable[..., str]) -> str:
    return make_index(dimensions=3)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "vectors.ndjson"
    path.write_text("".join(json.dumps(vector) + "\n" for vector in GOOD))
    return path


class Interrupted(Exception):
    pass


def interrupt(*_: object) -> None:
    raise Interrupted


# Nothing to import


def test_an_import_of_nothing_fails(
    refused: Callable[..., str], cli: Callable[..., Result], name: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.ndjson"
    for nothing in ("", "\n \n", "[]"):
        path.write_text(nothing)
        for options in ([], ["--on-error", "skip"], ["--resume"]):
            result = cli("import", name, "--file", str(path), *options)
            assert result.exit_code == 1
            assert "x.ndjson holds no vectors" in result.stderr
    path.write_text('{"id": "a", "values": [1]}\n{}')
    result = cli("import", name, "--file", str(path), "--on-error", "skip", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["refused"] == 2
    assert json.loads(result.stderr.splitlines()[-1])["error"]["type"] == "InvalidRequest"


@pytest.mark.parametrize("ending", ["parquet", "npy"])
def test_the_export_of_an_empty_index_is_imported(
    cli_text: Callable[..., str], name: str, tmp_path: Path, ending: str
) -> None:
    path = f"{tmp_path}/x.{ending}"
    cli_text("export", name, "--output", path)
    assert "Imported 0 of 0" in cli_text("import", name, "--file", path)


# What Parquet can hold

_TYPES = {
    "struct": pyarrow.array([{"a": 1.0}]),
    "binary": pyarrow.array([b"abcd"]),
    "string": pyarrow.array(["[1, 2, 3]"]),
    "double": pyarrow.array([1.0]),
    "null": pyarrow.nulls(1),
    "dictionary": pyarrow.array(["a"]).dictionary_encode(),
    "map": pyarrow.array([[("a", 1.0)]], pyarrow.map_(pyarrow.string(), pyarrow.float64())),
    "list<element: string>": pyarrow.array([["a", "b", "c"]]),
    "list<element: list<": pyarrow.array([[[1.0, 2, 3]]]),
    "list<element: date32": pyarrow.array([[date(2020, 1, 1)] * 3]),
    "fixed_size_list<element: string>": pyarrow.array(
        [["a", "b", "c"]], pyarrow.list_(pyarrow.string(), 3)
    ),
}


@pytest.mark.parametrize("on_error", ["stop", "skip"])
@pytest.mark.parametrize("kind", _TYPES)
def test_values_that_are_no_lists_of_numbers_are_refused(
    refused: Callable[..., str], name: str, tmp_path: Path, kind: str, on_error: str
) -> None:
    path = str(tmp_path / "x.parquet")
    pyarrow.parquet.write_table(pyarrow.table({"id": ["a"], "values": _TYPES[kind]}), path)
    said = refused("import", name, "--file", path, "--on-error", on_error)
    assert f"has values of the type {kind}" in said


@pytest.mark.parametrize(
    "columns",
    [
        {"metadata": pyarrow.array([[("a", 1.0)]], pyarrow.map_(pyarrow.string(), pyarrow.int8()))},
        {"metadata": pyarrow.array([b'{"a": 1}'])},
        {"metadata": pyarrow.array([[1]])},
        {"namespace": pyarrow.array([1])},
        {"namespace": pyarrow.array([b"n"])},
        {"id": pyarrow.array([1])},
        {"id": pyarrow.array([b"a"])},
        {"values": pyarrow.array([[1.0, None, 2.0]])},
        {"values": pyarrow.array([[1.0, float("nan"), 2.0]])},
    ],
)
def test_columns_of_other_types_name_their_row(
    refused: Callable[..., str], name: str, tmp_path: Path, columns: dict[str, Any]
) -> None:
    path = str(tmp_path / "x.parquet")
    whole = {"id": ["a"], "values": [[1.0, 2.0, 3.0]], **columns}
    pyarrow.parquet.write_table(pyarrow.table(whole), path)
    assert "x.parquet, row 1" in refused("import", name, "--file", path)


# The progress file


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: "[" * 100_000,
        lambda text: "null",
        lambda text: "[]",
        lambda text: text[:-2],
        lambda text: text.replace('"offset"', '"offest"'),
        lambda text: text.replace('"offset": ', '"offset": -'),
        lambda text: text.replace('"offset": ', '"offset": 99999'),
        lambda text: text.replace('"offset": ', '"offset": 0.'),
        lambda text: text.replace('"line": 2', '"line": null'),
        lambda text: text.replace('"line": 2', '"line": "2"'),
        lambda text: text.replace('"line": 2', '"line": ' + "9" * 5_000),
        lambda text: text.replace('"read": 2', '"read": "x"'),
        lambda text: text.replace('"read": 2', '"read": [2]'),
        lambda text: text.replace('"read": 2', '"read": 3'),
        lambda text: text.replace("false", "true"),
        lambda text: text.replace('"digest": ', '"digest": 1'),
    ],
)
def test_a_damaged_progress_file_is_refused(
    client: Client, name: str, file: Path, damage: Callable[[str], str]
) -> None:
    with pytest.raises(Interrupted):
        transfer.import_vectors(
            client, name, file, atomic=False, batch_size=2, on_progress=interrupt
        )
    progress = Path(f"{file}.pgvectorize-progress")
    whole = progress.read_text()
    assert damage(whole) != whole
    progress.write_text(damage(whole))
    with pytest.raises(InvalidRequest, match="cannot be understood") as caught:
        transfer.import_vectors(client, name, file, resume=True)
    assert caught.value.hint == f"Delete {progress} to start again."
    progress.write_text(whole)
    assert transfer.import_vectors(client, name, file, resume=True).resumed_after == 2
    assert client.index(name).count() == 4


def test_nothing_is_written_through_a_link(client: Client, name: str, file: Path) -> None:
    precious = file.with_name("precious")
    precious.write_text("precious")
    progress = Path(f"{file}.pgvectorize-progress")
    output = file.with_name("out.ndjson")
    for link in (
        progress,
        progress.with_name(progress.name + ".part"),
        output.with_name(f".{output.name}.{os.getpid()}.part"),
    ):
        link.symlink_to(precious)
    with pytest.raises(Interrupted):
        transfer.import_vectors(
            client, name, file, atomic=False, batch_size=2, on_progress=interrupt
        )
    assert json.loads(progress.read_text())["read"] == 2
    transfer.export_vectors(client, name, output)
    assert precious.read_text() == "precious"


# Other files


@pytest.mark.parametrize("link", ["same", "symlink", "hard link", "matrix"])
def test_the_report_is_not_the_input(
    misused: Callable[..., str], name: str, file: Path, link: str
) -> None:
    report, given = file, file
    if link == "symlink":
        report = file.with_name("report")
        report.symlink_to(file)
    elif link == "hard link":
        report = file.with_name("report")
        report.hardlink_to(file)
    elif link == "matrix":
        given = file.with_name("values.npy")
        np.save(given, np.zeros((4, 3)))
    before = file.read_text()
    said = misused(
        "import", name, "--file", str(given), "--on-error", "skip", "--report", str(report)
    )
    assert "is the file that is imported" in said
    assert file.read_text() == before


def test_the_lines_of_a_matrix_are_no_pipe(client: Client, name: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((1, 3)))
    pipe = tmp_path / "x.ndjson"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=('{"id": "a"}\n',), daemon=True)
    writer.start()
    with pytest.raises(InvalidRequest, match=r"x\.ndjson is not a regular file"):
        transfer.import_vectors(client, name, tmp_path / "x.npy")


def test_an_import_from_a_pipe_cannot_be_resumed(client: Client, name: str, tmp_path: Path) -> None:
    pipe = tmp_path / "x.ndjson"
    os.mkfifo(pipe)
    with pytest.raises(InvalidRequest, match="cannot be resumed"):
        transfer.import_vectors(client, name, pipe, resume=True)
