from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import Result

import pgvectorize
from pgvectorize.cli import writes

Json = Callable[..., Any]
Text = Callable[..., str]

A = {"id": "a", "values": [1, 0, 0.2321], "metadata": {"price": 10, "tags": ["x", None]}}
B = {"id": "b", "values": [0.9, 0.1, 0], "namespace": "n", "metadata": {"price": 20}}
C = {"id": "c", "values": [-1, 0, -0.5]}


@pytest.fixture
def index(make_index: Callable[..., str], client: pgvectorize.Client) -> str:
    """An index of three dimensions with A, B and C."""
    name = make_index()
    client.index(name).upsert([A, B, C])
    return name


def ids(answer: dict[str, Any]) -> list[str]:
    return [match["id"] for match in answer["matches"]]


# insert and upsert


def test_vectors_go_in_and_come_out_the_same(
    cli_json: Json, make_index: Callable[..., str], write_lines: Text
) -> None:
    name = make_index()
    written = cli_json("insert", name, "--file", write_lines(A, B, C))
    assert list(written) == ["index", "mutationId", "count", "ids"]
    assert (written["index"], written["count"], written["ids"]) == (name, 3, ["a", "b", "c"])
    UUID(written["mutationId"])

    assert cli_json("query", name, "--vector", "1", "0", "0.2321", "--top-k", "1")["count"] == 1
    assert [each["id"] for each in cli_json("list-vectors", name)["vectors"]] == ["a", "b", "c"]
    assert cli_json("get-vectors", name, "--ids", "c", "b", "a") == [
        {"id": "c", "namespace": None, "metadata": None, "values": [-1, 0, -0.5]},
        {"id": "b", "namespace": "n", "metadata": {"price": 20}, "values": [0.9, 0.1, 0]},
        {"id": "a", "namespace": None, "metadata": A["metadata"], "values": [1, 0, 0.2321]},
    ]
    gone = cli_json("delete-vectors", name, "--ids", "a", "c", "zzz")
    assert gone["count"] == 2
    UUID(gone["mutationId"])
    assert cli_json("info", name)["vectorCount"] == 1


def test_a_first_load_shows_what_is_read_and_then_the_build(
    cli: Callable[..., Result],
    make_index: Callable[..., str],
    write_lines: Text,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = make_index(dimensions=1, metric="euclidean")
    file = write_lines(*({"id": f"v{row}", "values": [row]} for row in range(1_500)))
    shown = []

    @contextmanager
    def progress_bar(text: str) -> Iterator[Callable[[int, int | None], None]]:
        shown.append(text)
        yield lambda done, total: shown.append("read")
        shown.append("all read")

    @contextmanager
    def watched_build(session: object, name: str) -> Iterator[None]:
        shown.append(f"build of {name}")
        yield
        shown.append("built")

    monkeypatch.setattr(writes, "progress_bar", progress_bar)
    monkeypatch.setattr(writes, "watched_build", watched_build)
    result = cli("insert", name, "--file", file)
    assert result.exit_code == 0, result.output
    assert shown == ["writing", "read", "all read", f"build of {name}", "built"]


def test_insert_keeps_and_upsert_replaces(
    cli_json: Json, cli_text: Text, index: str, write_lines: Text
) -> None:
    file = write_lines({**A, "metadata": None}, {"id": "d", "values": [1, 1, 1]})
    inserted = cli_text("insert", index, "--file", file)
    assert inserted.startswith(f"Inserted 1 vector into index '{index}'. Mutation: ")
    assert "1 of 2 were left out: their ids exist already." in inserted
    assert cli_json("get-vectors", index, "--ids", "a")[0]["metadata"] == A["metadata"]

    upserted = cli_text("upsert", index, "--file", file)
    assert upserted.startswith(f"Upserted 2 vectors into index '{index}'. Mutation: ")
    assert cli_json("get-vectors", index, "--ids", "a")[0]["metadata"] is None


def test_upsert_reads_stdin_and_skips_blank_lines(cli_json: Json, index: str) -> None:
    lines = f"\ufeff{json.dumps(A)}\r\n\r\n   \n{json.dumps(B)}\n\n"
    assert cli_json("upsert", index, "--file", "-", input=lines)["count"] == 2


def test_upsert_reads_one_json_array(cli_json: Json, index: str) -> None:
    array = json.dumps([A, B, C], indent=2)
    assert cli_json("upsert", index, "--file", "-", input=f"\n{array}\n")["count"] == 3


@pytest.mark.parametrize("operation", ["insert", "upsert"])
@pytest.mark.parametrize("flag", [[], ["--no-atomic"]])
def test_batches_add_up(
    cli_json: Json,
    make_index: Callable[..., str],
    write_lines: Text,
    operation: str,
    flag: list[str],
) -> None:
    name = make_index()
    file = write_lines(*({"id": str(number), "values": [1, 2, number]} for number in range(25)))
    written = cli_json(operation, name, "--file", file, "--batch-size", "10", *flag)
    assert written["count"] == 25
    assert cli_json("info", name)["vectorCount"] == 25


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{nope", "line 3, column 2: not JSON: "),
        ("7", "line 3: not a vector but 7"),
        ('{"id": "x"}', 'line 3, id "x": no values'),
        ('{"id": "x", "values": [1, 2, 3], "colour": 1}', 'line 3, id "x": a vector has id, '),
        ('{"id": "x", "values": [1, 2]}', 'line 3, id "x": '),
        ('{"id": "x", "values": [1, 2, "y"]}', 'line 3, id "x": values are not numbers'),
        ('{"id": "x", "values": [1, 2, NaN]}', 'line 3, id "x": value 3 is nan'),
        ('{"id": "x", "values": [0, 0, 0]}', 'line 3, id "x": a vector of length zero'),
        ('{"id": "", "values": [1, 2, 3]}', 'line 3, id "": id is empty'),
        ('{"id": 7, "values": [1, 2, 3]}', "line 3: id is not a string but int"),
        ('{"id": "x", "values": [1, 2, 3], "metadata": []}', 'line 3, id "x": metadata is not'),
        ('{"id": "x", "values": [1, 2, 3], "metadata": {"$a": 1}}', 'line 3, id "x": a metadata'),
        ('{"id": "\\ud800", "values": [1, 2, 3]}', "line 3, "),
        ("[" * 100_000, "line 3: not JSON: "),
    ],
)
@pytest.mark.parametrize("batch_size", ["1", "1000"])
def test_a_bad_line_is_named_and_nothing_is_written(
    refused: Text,
    make_index: Callable[..., str],
    client: pgvectorize.Client,
    write_lines: Text,
    line: str,
    reason: str,
    batch_size: str,
) -> None:
    name = make_index()
    file = write_lines(A, "", line, B)
    error = refused("upsert", name, "--file", file, "--batch-size", batch_size)
    assert error.startswith(f"{file}, {reason}")
    assert client.index(name).count() == 0


@pytest.mark.parametrize("wrong", ["one", "all but one"])
@pytest.mark.parametrize("batch_size", ["3", "1000"])
def test_the_line_that_does_not_fit_the_index_is_blamed(
    refused: Text, index: str, write_lines: Text, wrong: str, batch_size: str
) -> None:
    widths = [4] * 10 if wrong == "all but one" else [3] * 10
    widths[7] = 7 - widths[7]
    file = write_lines(
        *({"id": f"v{row}", "values": [1.0] * width} for row, width in enumerate(widths))
    )
    row = widths.index(4)
    for command in ("insert", "upsert"):
        error = refused(command, index, "--file", file, "--batch-size", batch_size)
        assert error == f'{file}, line {row + 1}, id "v{row}": expected 3 dimensions, got 4'


def test_a_bad_element_of_an_array_has_a_place(refused: Text, index: str) -> None:
    bad = [A, {"id": "x", "values": [1]}]
    error = refused("upsert", index, "--file", "-", input=json.dumps(bad))
    place = f"line 1, column {len(json.dumps(A)) + 4}"
    assert error == f'stdin, {place}, id "x": expected 3 dimensions, got 1'
    error = refused("upsert", index, "--file", "-", input=f"[{json.dumps(A)},\n 7]")
    assert error == "stdin, line 2, column 2: not a vector but 7"
    error = refused("upsert", index, "--file", "-", input='[\n{"id"')
    assert error.startswith("stdin, line 2, column 6: not JSON: ")


def test_without_atomic_the_line_is_right_and_earlier_batches_stay(
    cli: Callable[..., Result], make_index: Callable[..., str], client: pgvectorize.Client
) -> None:
    name = make_index()
    bad = {"id": "bad", "values": [0, 0, 0]}
    lines = "\n".join(["", *map(json.dumps, [A, B, C, bad])])
    result = cli("upsert", name, "--file", "-", "--batch-size", "2", "--no-atomic", input=lines)
    assert result.exit_code == 1
    error, hint = result.stderr.splitlines()
    assert error.startswith('Error: stdin, line 5, id "bad": a vector of length zero')
    assert hint == "Hint: Earlier batches stay written."
    assert client.index(name).count() == 2


@pytest.mark.parametrize("text", ["", "\n \n", "[]"])
def test_a_file_without_vectors_is_refused(refused: Text, index: str, text: str) -> None:
    assert refused("insert", index, "--file", "-", input=text) == "stdin holds no vectors"


def test_a_file_that_cannot_be_read_is_refused(refused: Text, index: str, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.ndjson")
    assert refused("insert", index, "--file", missing) == (
        f"cannot read {missing}: No such file or directory"
    )
    assert refused("insert", index, "--file", str(tmp_path)) == (
        f"{tmp_path} is a folder, not NDJSON"
    )


def test_a_file_that_is_not_utf_8_is_refused(refused: Text, index: str, tmp_path: Path) -> None:
    file = tmp_path / "latin.ndjson"
    file.write_bytes('{"id": "é", "values": [1, 2, 3]}'.encode("latin-1"))
    assert refused("insert", index, "--file", str(file)) == f"{file}, line 1, column 9: not UTF-8"


@pytest.mark.parametrize("options", [[], ["--file", "-", "--batch-size", "5001"]])
def test_insert_wants_a_file_and_a_fair_batch_size(misused: Text, options: list[str]) -> None:
    assert misused("insert", "docs", *options).startswith("Error: ")


# query


def test_query_answers_with_only_what_was_asked_for(cli_json: Json, index: str) -> None:
    answer = cli_json("query", index, "--vector", "1", "0", "0")
    assert list(answer) == ["count", "matches"]
    assert answer["count"] == 3
    assert ids(answer) == ["b", "a", "c"]
    assert [list(match) for match in answer["matches"]] == [
        ["id", "score", "namespace"],
        ["id", "score"],
        ["id", "score"],
    ]

    full = cli_json(
        "query", index, "--vector", "1,0,0", "--return-values", "--return-metadata", "all"
    )
    best, second, third = full["matches"]
    assert best["values"] == [0.9, 0.1, 0]
    assert best["metadata"] == {"price": 20}
    assert best["namespace"] == "n"
    assert second["values"] == [1, 0, 0.2321]
    assert third["metadata"] == {}


@pytest.mark.parametrize(
    "vector",
    [
        ["--vector", "-1", "0", "-.5"],
        ["--vector", "-1,0,-.5"],
        ["--vector=-1,0,-.5"],
        ["--vector", "[-1, 0, -5e-1]"],
        ["--vector", "[-1,", "0,", "-.5]"],
        ["--vector", "-1", "--vector", "0", "--vector", "-0.5"],
    ],
)
def test_query_takes_numbers_in_many_ways(cli_json: Json, index: str, vector: list[str]) -> None:
    answer = cli_json("query", index, *vector, "--top-k", "1")
    assert answer["matches"] == [{"id": "c", "score": pytest.approx(1)}]


@pytest.mark.parametrize(
    ("vector", "word"),
    [
        (["1", "x", "3"], "'x'"),
        (["1,,3"], "''"),
        (["[1,2"], "'[1'"),
        ([""], "''"),
        (["[]"], "''"),
        (["1", "null"], "'null'"),
    ],
)
def test_query_refuses_what_is_not_a_number(misused: Text, vector: list[str], word: str) -> None:
    assert misused("query", "docs", "--vector", *vector).endswith(f"{word} is not a number")


@pytest.mark.parametrize("vector", [["1", "2"], ["0", "0", "0"], ["1", "2", "nan"]])
def test_query_refuses_a_vector_that_does_not_fit(
    refused: Text, index: str, vector: list[str]
) -> None:
    assert refused("query", index, "--vector", *vector).startswith("query vector: ")


@pytest.mark.parametrize("options", [[], ["--vector", "1", "--vector-id", "a"]])
def test_query_wants_a_vector_or_an_id(misused: Text, options: list[str]) -> None:
    assert misused("query", "docs", *options) == "Error: give --vector, --vector-id or --text"


def test_query_by_id_finds_itself_first(cli_json: Json, refused: Text, index: str) -> None:
    assert ids(cli_json("query", index, "--vector-id", "a", "--top-k", "2")) == ["a", "b"]
    assert "does not exist" in refused("query", index, "--vector-id", "zzz")


@pytest.mark.parametrize("indexed", [False, True])
def test_query_filters(cli_json: Json, index: str, indexed: bool) -> None:
    if indexed:
        cli_json("create-metadata-index", index, "--property-name", "price", "--type", "number")

    def found(filter: str) -> list[str]:
        return ids(cli_json("query", index, "--vector", "1", "0", "0", "--filter", filter))

    assert found('{"price": {"$gte": 20}}') == ["b"]
    assert found('{"price": {"$gte": 10, "$lt": 20}}') == ["a"]
    assert found('{"price": {"$in": [10, 20]}}') == ["b", "a"]
    assert found("{}") == ["b", "a", "c"]


def test_query_searches_one_namespace(cli_json: Json, cli_text: Text, index: str) -> None:
    query = ["query", index, "--vector", "1", "0", "0"]
    assert ids(cli_json(*query, "--namespace", "n")) == ["b"]
    assert ids(cli_json(*query, "--namespace", "n", "--namespace", "other")) == ["b"]
    assert cli_json(*query, "--namespace", "other") == {"count": 0, "matches": []}
    assert cli_text(*query, "--namespace", "other") == "No vectors match.\n"


@pytest.mark.parametrize("filter", ["{", "[1]", '"price"', "null"])
def test_query_refuses_a_filter_that_is_no_json_object(misused: Text, filter: str) -> None:
    assert "--filter" in misused("query", "docs", "--vector", "1", "--filter", filter)


@pytest.mark.parametrize("filter", ['{"price": {"$about": 3}}', '{"price": {}}', '{"$or": [1]}'])
def test_query_refuses_a_malformed_filter(refused: Text, index: str, filter: str) -> None:
    assert refused("query", index, "--vector", "1", "0", "0", "--filter", filter)


def test_query_takes_our_own_options(cli_json: Json, refused: Text, index: str) -> None:
    query = ["query", index, "--vector", "1", "0", "0"]
    assert ids(cli_json(*query, "--exact")) == ids(cli_json(*query, "--ef-search", "200"))
    assert ids(cli_json(*query, "--exclude-ids", "b", "c", "--offset", "0")) == ["a"]
    assert ids(cli_json(*query, "--offset", "1")) == ["a", "c"]
    assert ids(cli_json(*query, "--max-distance", "-0.5")) == []
    assert "offset" in refused(*query, "--offset", "-1")
    assert "ef_search" in refused(*query, "--ef-search", "0")
    assert "top_k" in refused(*query, "--top-k", "1001")


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        (["--return-values"], True),
        (["--return-values=true"], True),
        (["--return-values", "true"], True),
        (["--return-values=false"], False),
        (["--return-values", "false"], False),
        (["--no-return-values"], False),
        ([], False),
    ],
)
def test_query_takes_booleans_as_wrangler_does(
    cli_json: Json, index: str, flags: list[str], wanted: bool
) -> None:
    answer = cli_json("query", index, *flags, "--vector", "1", "0", "0")
    assert ("values" in answer["matches"][0]) is wanted


def test_query_shows_a_table(cli_text: Text, index: str) -> None:
    text = cli_text(
        "query", index, "--vector", "1", "0", "0", "--return-values", "--return-metadata", "all"
    )
    row = next(line for line in text.splitlines() if " b " in line)
    assert "0.99388" in row
    assert '{"price": 20}' in row
    assert "[0.9, 0.1, 0]" in row


# get, delete, list


def test_get_vectors_leaves_out_what_is_not_there(
    cli_json: Json, cli_text: Text, index: str
) -> None:
    got = cli_json("get-vectors", index, "--ids", "b", "zzz", "--ids", "a", "b")
    assert [each["id"] for each in got] == ["b", "a"]
    assert cli_json("get-vectors", index, "--ids", "zzz") == []
    assert "does not contain" in cli_text("get-vectors", index, "--ids", "zzz")
    assert '{"price": 20}' in cli_text("get-vectors", index, "--ids", "b")


def test_ids_may_look_like_options(cli_json: Json, client: pgvectorize.Client, index: str) -> None:
    client.index(index).upsert([(id, [1, 2, 3]) for id in ("-1", "--json", "a b", "x=y")])
    got = cli_json("get-vectors", index, "--ids", "-1", "a b", "x=y", "--ids=--json")
    assert [each["id"] for each in got] == ["-1", "a b", "x=y", "--json"]


def test_a_misspelt_option_is_not_taken_for_an_id(misused: Text) -> None:
    assert "--jsn" in misused("get-vectors", "docs", "--ids", "a", "--jsn")
    assert "--ids" in misused("get-vectors", "docs", "--ids")
    assert "--ids" in misused("delete-vectors", "docs")


def test_ids_end_at_a_double_dash(cli_text: Text, index: str) -> None:
    assert "0.2321" in cli_text("get-vectors", "--ids", "a", "--", index)


def test_control_characters_do_not_reach_the_terminal(
    cli_text: Text, cli_json: Json, client: pgvectorize.Client, index: str
) -> None:
    client.index(index).upsert([("\x1b[31mred", [1, 2, 3])])
    assert r"\x1b[31mred" in cli_text("list-vectors", index)
    assert "\x1b[31mred" in [each["id"] for each in cli_json("list-vectors", index)["vectors"]]


def test_delete_vectors_says_how_many_were_there(cli_text: Text, index: str) -> None:
    text = cli_text("delete-vectors", index, "--ids", "a", "zzz")
    assert text.startswith(f"Deleted 1 vector from index '{index}'. Mutation: ")


def test_list_vectors_goes_on_from_page_to_page(cli_json: Json, cli_text: Text, index: str) -> None:
    first = cli_json("list-vectors", index, "--count", "2")
    assert first == {
        "count": 2,
        "totalCount": 3,
        "isTruncated": True,
        "nextCursor": first["nextCursor"],
        "cursorExpirationTimestamp": first["cursorExpirationTimestamp"],
        "vectors": [{"id": "a"}, {"id": "b", "namespace": "n"}],
    }
    assert first["cursorExpirationTimestamp"].endswith("Z")
    text = cli_text("list-vectors", index, "--count", "2")
    assert "Showing 2 of 3 vectors." in text
    command = text.splitlines()[-1].split()
    assert command[0] == "pgvectorize"
    last = cli_json(*command[1:])
    assert last["vectors"] == [{"id": "c"}]
    assert (last["isTruncated"], last["nextCursor"]) == (False, None)


def test_list_vectors_of_an_empty_index(
    cli_json: Json, cli_text: Text, make_index: Callable[..., str]
) -> None:
    name = make_index()
    assert cli_json("list-vectors", name) == {
        "count": 0,
        "totalCount": 0,
        "isTruncated": False,
        "nextCursor": None,
        "cursorExpirationTimestamp": None,
        "vectors": [],
    }
    assert cli_text("list-vectors", name) == "No vectors found in this index.\n"


@pytest.mark.parametrize("options", [["--count", "1001"], ["--cursor", "nonsense"]])
def test_list_vectors_refuses_what_it_cannot_page(
    refused: Text, index: str, options: list[str]
) -> None:
    assert refused("list-vectors", index, *options)


def test_list_vectors_shows_what_is_asked_for(cli_json: Json, cli_text: Text, index: str) -> None:
    narrow = ["list-vectors", index, "--namespace", "n"]
    assert cli_json(*narrow)["vectors"] == [{"id": "b", "namespace": "n"}]
    assert cli_json(*narrow, "--return-metadata", "all")["vectors"] == [
        {"id": "b", "metadata": {"price": 20}, "namespace": "n"}
    ]
    assert cli_json(*narrow, "--return-values")["vectors"] == [
        {"id": "b", "values": [0.9, 0.1, 0], "namespace": "n"}
    ]
    text = cli_text(*narrow, "--return-values", "--return-metadata", "all")
    assert "[0.9, 0.1, 0]" in text
    assert '{"price": 20}' in text


def test_list_vectors_prints_the_whole_command_of_the_next_page(
    cli_json: Json, cli_text: Text, index: str
) -> None:
    text = cli_text(
        *("list-vectors", index, "--count", "1", "--filter", '{"price": {"$gte": 1}}'),
        *("--return-metadata", "all"),
    )
    command = shlex.split(text.splitlines()[-1])
    page = cli_json(*command[1:])
    assert page["vectors"] == [{"id": "b", "metadata": {"price": 20}, "namespace": "n"}]
    assert page["isTruncated"] is False


def test_list_vectors_leaves_out_the_ids_that_are_excluded(
    cli_json: Json, cli_text: Text, client: pgvectorize.Client, index: str
) -> None:
    client.index(index).upsert([("-x", [1.0, 2.0, 3.0])])
    command = ["list-vectors", index, "--exclude-ids=-x", "--exclude-ids", "b"]
    assert [each["id"] for each in cli_json(*command)["vectors"]] == ["a", "c"]
    text = cli_text(*command, "--count", "1")
    assert "Showing 1 of 2 vectors." in text
    page = cli_json(*shlex.split(text.splitlines()[-1])[1:])
    assert [each["id"] for each in page["vectors"]] == ["c"]


# delete by filter, truncate, update, count


def test_delete_vectors_by_filter_asks_with_the_number(
    cli: Callable[..., Result], cli_json: Json, client: pgvectorize.Client, index: str
) -> None:
    command = ["delete-vectors", index, "--filter", '{"price": {"$gte": 10}}']
    assert cli_json(*command, "--dry-run") == {"mutationId": None, "count": 2}
    no = cli(*command, input="n\n")
    assert (no.exit_code, no.stdout) == (1, "")
    assert f"OK to delete 2 vectors from index '{index}'?" in no.stderr
    assert "Deletion cancelled." in no.stderr
    assert client.index(index).count() == 3

    yes = cli(*command, input="y\n")
    assert yes.stdout.startswith(f"Deleted 2 vectors from index '{index}'. Mutation: ")
    assert client.index(index).count() == 1


@pytest.mark.parametrize("flag", ["--force", "-y"])
def test_delete_vectors_by_namespace_does_not_ask_when_forced(
    cli_json: Json, cli_text: Text, index: str, flag: str
) -> None:
    text = cli_text("delete-vectors", index, "--namespace", "n", "--dry-run")
    assert text == f"Would delete 1 vector from index '{index}'.\n"
    gone = cli_json("delete-vectors", index, "--namespace", "n", flag)
    assert gone["count"] == 1
    UUID(gone["mutationId"])
    assert cli_json("info", index)["vectorCount"] == 2


@pytest.mark.parametrize("command", [["delete-vectors"], ["update-metadata", "--patch", "{}"]])
def test_vectors_are_chosen_by_ids_or_by_a_filter(misused: Text, command: list[str]) -> None:
    name, *options = command
    said = "Error: give either --ids, or --filter, --namespace or --exclude-ids"
    assert misused(name, "docs", *options) == said
    assert misused(name, "docs", "--ids", "a", "--namespace", "n", *options) == said
    assert misused(name, "docs", "--ids", "a", "--filter", "{}", *options) == said
    assert misused(name, "docs", "--ids", "a", "--exclude-ids", "b", *options) == said


def test_delete_vectors_keeps_the_ids_that_are_excluded(
    cli: Callable[..., Result], cli_json: Json, client: pgvectorize.Client, index: str
) -> None:
    command = ["delete-vectors", index, "--exclude-ids", "a", "b"]
    assert cli_json(*command, "--dry-run")["count"] == 1
    narrow = [*command, "--filter", '{"price": {"$gte": 10}}']
    assert cli_json(*narrow, "--dry-run")["count"] == 0
    assert "OK to delete 1 vector from" in cli(*command, input="n\n").stderr
    assert cli_json(*command, "--force")["count"] == 1
    assert [vector.id for vector in client.index(index)] == ["a", "b"]


def test_a_dry_run_goes_with_a_filter(misused: Text) -> None:
    assert "--dry-run" in misused("delete-vectors", "docs", "--ids", "a", "--dry-run")


def test_delete_vectors_refuses_an_empty_filter(refused: Text, index: str) -> None:
    command = ["delete-vectors", index, "--filter", "{}", "--force"]
    assert refused(*command) == "give a filter or a namespace"


def test_truncate_asks_and_empties(
    cli: Callable[..., Result], cli_json: Json, cli_text: Text, index: str
) -> None:
    no = cli("truncate", index, input="n\n")
    assert (no.exit_code, no.stdout) == (1, "")
    assert f"OK to delete all vectors of the index '{index}'?" in no.stderr
    assert cli_json("info", index)["vectorCount"] == 3
    UUID(cli_json("truncate", index, "--force")["mutationId"])
    assert cli_json("info", index)["vectorCount"] == 0
    text = cli_text("truncate", index, "-y")
    assert text.startswith(f"Deleted all vectors of index '{index}'. Mutation: ")


def test_update_metadata_patches(cli_json: Json, cli_text: Text, index: str) -> None:
    patch = '{"price": 11, "tags": null}'
    changed = cli_json("update-metadata", index, "--ids", "a", "zzz", "--patch", patch)
    assert changed["count"] == 1
    UUID(changed["mutationId"])
    assert cli_json("get-vectors", index, "--ids", "a")[0]["metadata"] == {"price": 11}

    text = cli_text(
        *("update-metadata", index, "--filter", '{"price": {"$gt": 0}}'),
        *("--patch", '{"x": 1}', "--mode", "replace"),
    )
    assert text.startswith(f"Updated the metadata of 2 vectors in index '{index}'. Mutation: ")
    assert cli_json("get-vectors", index, "--ids", "b")[0]["metadata"] == {"x": 1}


def test_update_metadata_leaves_the_ids_that_are_excluded(
    cli_json: Json, client: pgvectorize.Client, index: str
) -> None:
    command = ["update-metadata", index, "--exclude-ids", "a", "c", "--patch", '{"x": 1}']
    assert cli_json(*command)["count"] == 1
    assert [vector.id for vector in client.index(index) if "x" in (vector.metadata or {})] == ["b"]


def test_update_metadata_refuses_a_bad_patch(misused: Text, refused: Text, index: str) -> None:
    update = ["update-metadata", index, "--ids", "a", "--patch"]
    assert "--patch" in misused(*update, "[1]")
    assert "upsert" in misused(*update, "{}", "--mode", "upsert")
    assert refused(*update, '{"$a": 1}').startswith("patch: a metadata key")


def test_list_namespaces_counts(
    cli_json: Json, cli_text: Text, index: str, make_index: Callable[..., str]
) -> None:
    assert cli_json("list-namespaces", index) == [
        {"namespace": None, "vectorCount": 2},
        {"namespace": "n", "vectorCount": 1},
    ]
    assert "(none)" in cli_text("list-namespaces", index)
    assert cli_text("list-namespaces", make_index()) == "No vectors found in this index.\n"


def test_facets_count_values_and_ranges(cli_json: Json, cli_text: Text, index: str) -> None:
    of_price = ["facets", index, "--property-name", "price"]
    no_range = {"lower": None, "upper": None}
    assert cli_json(*of_price, "--top-k", "1") == [{"value": 10, "count": 1, **no_range}]
    assert cli_json(*of_price, "--namespace", "n") == [{"value": 20, "count": 1, **no_range}]
    assert cli_json(*of_price, "--buckets", "2") == [
        {"value": None, "lower": 10, "upper": 15, "count": 1},
        {"value": None, "lower": 15, "upper": 20, "count": 1},
    ]
    assert '"x"' in cli_text("facets", index, "--property-name", "tags")
    assert "15" in cli_text(*of_price, "--buckets", "2")
    assert "No vector has a value of 'nope'." in cli_text(
        "facets", index, "--property-name", "nope"
    )


def test_facets_refuse_what_cannot_be_counted(refused: Text, misused: Text, index: str) -> None:
    assert "buckets" in refused("facets", index, "--property-name", "price", "--buckets", "0")
    assert "--property-name" in misused("facets", index)


def test_the_announcements_example_comes_out_as_printed(
    cli_json: Json, make_index: Callable[..., str], write_lines: Callable[..., str]
) -> None:
    name = make_index(dimensions=3, metric="cosine")
    products = {
        "1": ([32.4, 74.1, 3.2], "/products/sku/13913913"),
        "2": ([15.1, 19.2, 15.8], "/products/sku/10148191"),
        "3": ([0.16, 1.2, 3.8], "/products/sku/97913813"),
        "4": ([75.1, 67.1, 29.9], "/products/sku/418313"),
        "5": ([58.8, 6.7, 3.4], "/products/sku/55519183"),
    }
    file = write_lines(
        *(
            json.dumps({"id": id, "values": values, "metadata": {"url": url}})
            for id, (values, url) in products.items()
        )
    )
    inserted = cli_json("insert", name, "--file", file, "--shape", "announcement")
    assert inserted == {"count": 5, "ids": ["1", "2", "3", "4", "5"]}
    query = ["query", name, "--vector", "54.8", "5.5", "3.1", "--top-k", "3"]
    shape = ["--shape", "announcement"]
    assert cli_json(*query, *shape) == {
        "matches": {
            "count": 3,
            "matches": [
                {"vectorId": "5", "score": 0.999909},
                {"vectorId": "4", "score": 0.789848},
                {"vectorId": "2", "score": 0.611976},
            ],
        }
    }
    best = cli_json(*query, *shape, "--return-values", "--return-metadata", "all")["matches"]
    assert best["matches"][0]["vector"] == {
        "id": "5",
        "values": [58.79999923706055, 6.699999809265137, 3.4000000953674316],
        "metadata": {"url": "/products/sku/55519183"},
    }


def test_content_goes_in_and_comes_out(
    cli_json: Json,
    cli_text: Callable[..., str],
    make_index: Callable[..., str],
    refused: Any,
    write_lines: Callable[..., str],
) -> None:
    name = make_index(dimensions=2, metric="euclidean")
    file = write_lines(
        '{"id": "a", "values": [1, 2], "content": "the orange cloud"}',
        '{"id": "b", "content": "to be embedded"}',
    )
    assert cli_json("upsert", name, "--file", file)["count"] == 2
    assert cli_json("info", name)["pendingCount"] == 1
    query = ("query", name, "--vector", "1", "2")
    assert cli_json(*query)["matches"] == [{"id": "a", "score": 0}]
    assert cli_json(*query, "--return-content")["matches"] == [
        {"id": "a", "score": 0, "content": "the orange cloud"}
    ]
    assert cli_json(*query, "--return-content", "--shape", "announcement")["matches"] == {
        "count": 1,
        "matches": [
            {"vectorId": "a", "score": 0, "vector": {"id": "a", "content": "the orange cloud"}}
        ],
    }
    assert "the orange cloud" in cli_text(*query, "--return-content")
    assert "the orange cloud" not in cli_text(*query)
    listed = cli_json("list-vectors", name, "--return-content")["vectors"]
    assert listed[1] == {"id": "b", "content": "to be embedded"}
    assert "to be embedded" in cli_text("list-vectors", name, "--return-content", "--count", "2")
    assert "--return-content" in cli_text("list-vectors", name, "--return-content", "--count", "1")
    assert cli_json("get-vectors", name, "--ids", "b") == [
        {
            "id": "b",
            "values": None,
            "namespace": None,
            "metadata": None,
            "content": "to be embedded",
        }
    ]
    assert "to be embedded" in cli_text("get-vectors", name, "--ids", "b")
    for command in ("query", "explain"):
        assert 'vector "b" has no values yet' in refused(command, name, "--vector-id", "b")
