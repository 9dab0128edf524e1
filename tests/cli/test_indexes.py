from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from click.testing import Result

import pgvectorize

SETTINGS = {
    "preset": None,
    "storage": "float32",
    "indexPrecision": "float32",
    "m": 16,
    "efConstruction": 64,
    "hasHnsw": True,
    "efSearch": None,
    "model": None,
    "isStrict": False,
    "isCounted": False,
}


@pytest.fixture
def name(client: pgvectorize.Client) -> Any:
    """The name of an index that the test creates; deleted afterwards if it is there."""
    yield "cli-created"
    with suppress(pgvectorize.IndexNotFound):
        client.delete_index("cli-created")


def test_create_answers_with_the_index_object(cli_json: Callable[..., Any], name: str) -> None:
    made = cli_json("create", name, "--dimensions", "3", "--metric", "euclidean")
    outer = ["name", "description", "created_on", "modified_on", "relation", "config"]
    assert list(made) == outer
    assert made["relation"] == f'pgvectorize_data."{name}"'
    assert made["name"] == name
    assert made["description"] is None
    assert made["config"] == {**SETTINGS, "dimensions": 3, "metric": "euclidean"}
    assert made["created_on"].endswith("Z")
    datetime.fromisoformat(made["created_on"].replace("Z", "+00:00"))
    assert cli_json("get", name) == made
    assert made in cli_json("list")


def test_create_takes_a_preset_and_a_description(
    cli_json: Callable[..., Any], cli_text: Callable[..., str], name: str
) -> None:
    preset = "@cf/baai/bge-small-en-v1.5"
    made = cli_json("create", name, "--preset", preset, "--description", "Größe [b]")
    known = {"dimensions": 384, "metric": "cosine", "preset": preset}
    assert made["config"] == {**SETTINGS, **known}
    assert made["description"] == "Größe [b]"
    assert "Größe [b]" in cli_text("get", name)
    assert "Größe [b]" in cli_text("list")


def test_create_and_get_say_that_an_index_has_no_hnsw(
    cli_text: Callable[..., str], cli_json: Callable[..., Any], name: str
) -> None:
    created = cli_text("create", name, "--dimensions", "3", "--metric", "cosine", "--no-hnsw")
    for text in (created, cli_text("get", name)):
        assert "It has no HNSW index: a query compares with every vector" in text
        assert "--index-precision" not in text
    assert cli_json("get", name)["config"]["hasHnsw"] is False


def test_create_says_how_lengths_that_signs_do_not_tell_get_an_hnsw_index(
    cli_text: Callable[..., str], cli_json: Callable[..., Any], name: str
) -> None:
    wide = ("create", name, "--dimensions", "4001", "--metric", "euclidean")
    created = cli_text(*wide)
    assert "With 4,001 dimensions, --index-precision binary makes one" in created
    cli_text("delete", name, "--force")
    config = cli_json(*wide, "--index-precision", "binary")["config"]
    assert (config["indexPrecision"], config["hasHnsw"]) == ("binary", True)


def test_create_takes_the_options_of_storage_and_hnsw(
    cli_text: Callable[..., str], cli_json: Callable[..., Any], name: str
) -> None:
    options = ["--storage", "float16", "--index-precision", "binary", "--m", "24"]
    made = cli_json("create", name, "--preset", "openai/text-embedding-3-large", *options)
    assert made["config"] == {
        **SETTINGS,
        "dimensions": 3_072,
        "metric": "cosine",
        "preset": "openai/text-embedding-3-large",
        "storage": "float16",
        "indexPrecision": "binary",
        "m": 24,
    }
    assert cli_json("get", name) == made
    text = cli_text("get", name)
    assert "float16" in text
    assert "binary, m 24, ef_construction 64" in text


def test_create_says_nothing_of_exact_search_otherwise(
    cli_text: Callable[..., str], name: str
) -> None:
    created = cli_text("create", name, "--dimensions", "3", "--metric", "cosine")
    assert created == f"Created index '{name}': 3 dimensions, cosine.\n"


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--dimensions", "3"],
        ["--metric", "cosine"],
        ["--dimensions", "x", "--metric", "cosine"],
        ["--dimensions", "3", "--metric", "cosine", "--storage", "float64"],
    ],
)
def test_create_wants_dimensions_and_metric_or_a_preset(
    misused: Callable[..., str], options: list[str]
) -> None:
    assert misused("create", "cli-never", *options).startswith("Error: ")


def test_a_metric_by_another_name_is_suggested_as_the_database_does(
    cli: Callable[..., Result],
) -> None:
    result = cli("create", "cli-never", "--dimensions", "3", "--metric", "l2")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        'Error: metric "l2" is not known',
        "Hint: Did you mean euclidean? Known are cosine, euclidean, dot-product.",
    ]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Docs", ["--dimensions", "3", "--metric", "cosine"]),
        ("docs", ["--dimensions", "16001", "--metric", "cosine"]),
        ("docs", ["--preset", "no/such-model"]),
        ("docs", ["--dimensions", "3", "--metric", "manhattan"]),
        ("docs", ["--dimensions", "3", "--metric", "cosine", "--m", "1"]),
        (
            "docs",
            ["--dimensions", "2001", "--metric", "cosine", "--index-precision", "float32"],
        ),
    ],
)
def test_create_refuses_what_the_database_refuses(
    refused: Callable[..., str], name: str, options: list[str]
) -> None:
    assert refused("create", name, *options)


def test_create_refuses_a_name_that_is_taken(
    refused: Callable[..., str], make_index: Callable[..., str]
) -> None:
    name = make_index()
    error = refused("create", name, "--dimensions", "3", "--metric", "cosine")
    assert error == f'index "{name}" already exists'


@pytest.mark.parametrize("flag", ["--force", "-y"])
def test_delete_does_not_ask_when_forced(
    cli_text: Callable[..., str], client: pgvectorize.Client, name: str, flag: str
) -> None:
    client.create_index(name, dimensions=3, metric="cosine")
    assert cli_text("delete", name, flag) == f"Deleted index '{name}'.\n"
    with pytest.raises(pgvectorize.IndexNotFound):
        client.get_index(name)


def test_delete_asks_on_stderr(
    cli: Callable[..., Result], client: pgvectorize.Client, name: str
) -> None:
    client.create_index(name, dimensions=3, metric="cosine")
    no = cli("delete", name, input="n\n")
    assert (no.exit_code, no.stdout) == (1, "")
    assert f"OK to delete the index '{name}'?" in no.stderr
    assert "Deletion cancelled." in no.stderr
    silence = cli("delete", name, input="")
    assert (silence.exit_code, silence.stdout) == (1, "")
    assert client.get_index(name).name == name

    yes = cli("delete", name, "--json", input="y\n")
    assert (yes.exit_code, yes.stdout) == (0, "null\n")


@pytest.mark.parametrize(
    "command",
    [
        ["get", "nothing-here"],
        ["info", "nothing-here"],
        ["delete", "nothing-here", "-y"],
        ["query", "nothing-here", "--vector", "1"],
        ["get-vectors", "nothing-here", "--ids", "a"],
        ["delete-vectors", "nothing-here", "--ids", "a"],
        ["list-vectors", "nothing-here"],
        ["insert", "nothing-here", "--file", "-"],
        ["list-metadata-index", "nothing-here"],
        ["create-metadata-index", "nothing-here", "--property-name", "a", "--type", "string"],
        ["delete-metadata-index", "nothing-here", "--property-name", "a"],
    ],
)
def test_an_unknown_index_is_one_line_and_a_hint(
    refused: Callable[..., str], cli: Callable[..., Result], command: list[str]
) -> None:
    assert refused(*command) == 'index "nothing-here" does not exist'
    in_json = cli(*command, "--json")
    assert (in_json.exit_code, in_json.stdout) == (1, "")
    error = json.loads(in_json.stderr)["error"]
    assert error.pop("hint")
    assert error == {
        "type": "IndexNotFound",
        "message": 'index "nothing-here" does not exist',
        "code": None,
        "sqlstate": "PV001",
        "row": None,
    }


def test_list_shows_a_table(cli_text: Callable[..., str], make_index: Callable[..., str]) -> None:
    name = make_index(dimensions=5, metric="dot-product")
    row = next(line for line in cli_text("list").splitlines() if f" {name} " in line)
    assert "5" in row
    assert "dot-product" in row


def test_info_counts_and_names_the_newest_mutation(
    cli_json: Callable[..., Any],
    cli_text: Callable[..., str],
    make_index: Callable[..., str],
    client: pgvectorize.Client,
) -> None:
    name = make_index()
    assert cli_json("info", name) == {
        "dimensions": 3,
        "vectorCount": 0,
        "isEstimate": False,
        "pendingCount": 0,
        "processedUpToMutation": None,
        "processedUpToDatetime": None,
        "model": None,
    }
    mutation = client.index(name).upsert([("a", [1, 2, 3])])
    found = cli_json("info", name)
    assert found["vectorCount"] == 1
    assert found["processedUpToMutation"] == str(mutation.mutation_id)
    assert found["processedUpToDatetime"].endswith("Z")
    assert str(mutation.mutation_id) in cli_text("info", name)


def test_metadata_indexes_are_created_listed_and_deleted(
    cli_json: Callable[..., Any], make_index: Callable[..., str]
) -> None:
    name = make_index()
    assert cli_json("list-metadata-index", name) == []
    create = ["create-metadata-index", name, "--property-name"]
    made = cli_json(*create, "price", "--type", "number")
    assert list(made) == ["mutationId"]
    UUID(made["mutationId"])
    cli_json(*create, "a.b", "--type", "string")
    assert cli_json("list-metadata-index", name) == [
        {"propertyName": "a.b", "indexType": "string"},
        {"propertyName": "price", "indexType": "number"},
    ]
    gone = cli_json("delete-metadata-index", name, "--property-name", "price")
    UUID(gone["mutationId"])
    assert cli_json("list-metadata-index", name) == [{"propertyName": "a.b", "indexType": "string"}]


def test_metadata_indexes_in_words(
    cli_text: Callable[..., str], refused: Callable[..., str], make_index: Callable[..., str]
) -> None:
    name = make_index()
    assert "has no metadata indexes" in cli_text("list-metadata-index", name)
    text = cli_text("create-metadata-index", name, "--property-name", "ok", "--type", "boolean")
    assert text.startswith(f"Created the metadata index on 'ok' (boolean) of index '{name}'.")
    assert "boolean" in cli_text("list-metadata-index", name)
    text = cli_text("delete-metadata-index", name, "--property-name", "ok")
    assert text.startswith(f"Deleted the metadata index on 'ok' of index '{name}'.")
    assert refused("delete-metadata-index", name, "--property-name", "ok")


def test_a_metadata_index_has_a_known_type(misused: Callable[..., str]) -> None:
    assert "date" in misused(
        "create-metadata-index", "docs", "--property-name", "on", "--type", "date"
    )


def test_update_changes_the_description_and_the_name(
    cli_json: Callable[..., Any],
    cli_text: Callable[..., str],
    refused: Callable[..., str],
    make_index: Callable[..., str],
    name: str,
    client: pgvectorize.Client,
) -> None:
    client.create_index("cli-before", dimensions=3, metric="cosine")
    text = cli_text("update", "cli-before", "--description", "Größe")
    assert text == "Updated index 'cli-before'.\n"
    taken = make_index()
    assert refused("update", "cli-before", "--name", taken) == f'index "{taken}" already exists'

    text = cli_text("update", "cli-before", "--name", name)
    assert text == f"Updated index 'cli-before', now '{name}'.\n"
    updated = cli_json("update", name, "--description", "")
    assert (updated["name"], updated["description"]) == (name, None)


def test_update_wants_something_to_change(misused: Callable[..., str]) -> None:
    said = "Error: give --name, --description, --count-queries or --ef-search"
    assert misused("update", "docs") == said


def test_info_says_that_a_number_is_an_estimate(
    cli_json: Callable[..., Any],
    cli_text: Callable[..., str],
    make_index: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = make_index()
    assert cli_json("info", name, "--exact")["isEstimate"] is False

    def describe(_: object, *, exact: bool) -> pgvectorize.IndexDescription:
        return pgvectorize.IndexDescription(3, 1_234_567, not exact, 7, None, None)

    monkeypatch.setattr(pgvectorize.Index, "describe", describe)
    assert cli_json("info", name)["isEstimate"] is True
    assert "about 1,234,567" in cli_text("info", name)
    assert cli_json("info", name)["pendingCount"] == 7
    assert "about" not in cli_text("info", name, "--exact")
