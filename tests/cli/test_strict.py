"""Strict mode and the limits, from the shell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pgvectorize import Client

Json = Callable[..., Any]
Text = Callable[..., str]


def test_strict_holds_for_the_command(
    refused: Text, cli_json: Json, make_index: Callable[..., str]
) -> None:
    query = ["query", make_index(), "--vector", "1", "0", "0", "--top-k", "101"]
    assert cli_json(*query)["count"] == 0
    assert "max top K is 100, but got 101" in refused("--strict", *query)


def test_create_makes_a_strict_index(
    cli_json: Json, cli_text: Text, refused: Text, client: Client
) -> None:
    says = "Dimensions must be in range: [32, 1536]"
    create = ["create", "strict-one", "--metric", "cosine", "--strict", "--dimensions"]
    assert says in refused(*create, "3")
    try:
        assert cli_json(*create, "32")["name"] == "strict-one"
        assert client.get_index("strict-one").is_strict
        assert "Vectorize's own limits hold" in cli_text("get", "strict-one")
    finally:
        client.delete_index("strict-one")


@pytest.mark.parametrize("name", ["top_k", "metadata_bytes", "ids_to_get"])
def test_limits_shows_every_limit(cli_json: Json, cli_text: Text, name: str) -> None:
    limits = {limit["name"]: limit for limit in cli_json("limits")}
    assert limits[name]["strict"]
    assert limits[name]["source"]
    assert name in cli_text("limits")


def test_a_line_that_vectorize_would_refuse_is_named(
    refused: Text, client: Client, tmp_path: Path
) -> None:
    client.create_index("strict-two", dimensions=32, metric="cosine", strict=True)
    lines = tmp_path / "vectors.ndjson"
    vectors = [{"id": id, "values": [1] * 32} for id in ("good", "i" * 65)]
    lines.write_text("".join(json.dumps(vector) + "\n" for vector in vectors))
    try:
        said = refused("upsert", "strict-two", "--file", str(lines))
        assert said.endswith(
            "vectors.ndjson, line 2: id too long; max is 64 bytes, got 65 bytes [code: 40008]"
        )
    finally:
        client.delete_index("strict-two")


def test_an_upsert_sends_batches_as_wrangler_does(
    refused: Text, cli_json: Json, client: Client, tmp_path: Path
) -> None:
    client.create_index("strict-three", dimensions=32, metric="cosine", strict=True)
    lines = tmp_path / "vectors.ndjson"
    vectors = [{"id": str(number), "values": [1] * 32} for number in range(5_001)]
    lines.write_text("".join(json.dumps(vector) + "\n" for vector in vectors))
    try:
        upsert = ["upsert", "strict-three", "--file", str(lines)]
        assert cli_json(*upsert)["count"] == 5_001
        assert cli_json("--strict", *upsert, "--batch-size", "2000")["count"] == 5_001
        assert cli_json("insert", "strict-three", "--file", str(lines))["count"] == 0
    finally:
        client.delete_index("strict-three")


def test_vectorizes_code_is_shown(refused: Text, make_index: Callable[..., str]) -> None:
    said = refused("--strict", "query", make_index(), "--vector", "1", "0", "0", "--top-k", "101")
    assert said.endswith("max top K is 100, but got 101 [code: 40025]")


def test_an_option_of_the_group_says_where_it_stands(misused: Text) -> None:
    for option in ("--strict", "--version"):
        said = misused("query", "docs", "--vector", "1", option)
        assert said == f"Error: {option} stands before the command: pgvectorize {option} …"


def test_ids_that_look_like_options_or_lists_are_explained(
    misused: Text, cli_text: Text, client: Client, make_index: Callable[..., str]
) -> None:
    name = make_index(dimensions=3)
    client.index(name).upsert([("-x", [1, 2, 3]), ("1,2", [1, 2, 3]), ("1", [1, 2, 3])])
    for args in (["--ids", "-x"], ["--ids", "1", "-x"]):
        said = misused("get-vectors", name, *args)
        assert said == ("Error: No such option: -x. A value that begins with - is written --ids=-x")
    assert '"-x"' in cli_text("get-vectors", name, "--ids=-x", "--json")
    comma = "A comma belongs to the id. Several ids are written --ids 1 2 3."
    assert comma not in cli_text("get-vectors", name, "--ids", "1,2")
    for command in (["get-vectors"], ["delete-vectors"], ["update-metadata", "--patch", "{}"]):
        assert comma in cli_text(command[0], name, "--ids", "1,3", *command[1:])
