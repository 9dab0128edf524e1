"""The order of the rooms of `sql/functions`, read from the text of the files."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from pgvectorize import functions
from pgvectorize.compatibility import REVISION

ROOT = Path(__file__).parents[2]
ROOMS: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pgvectorize"][
    "rooms"
]
PATHS = {path.stem: path for path in functions.find("sql/functions").rglob("*.sql")}

# Private functions that are called from one other room only, each with the reason why it still
# lies where it does.
DOORS: dict[str, str] = {
    "_check_batch": "what may be stored is said in one room",
    "_check_vector": "what may be asked is said there, too",
    "_parse_vectors": "what may be stored is said in one room",
    "_refuse_unknown_index": "how a request is refused is said in one room",
}

# Private functions that the Python package calls: a contract between a library and a schema.
CLIENT_CONTRACT = {
    "_begin_load",
    "_clean_up_failed_build",
    "_create_search_function",
    "_create_staging_table",
    "_drop_hnsw_for_load",
    "_drop_unused_hnsw",
    "_find_index",
    "_log_mutation",
    "_next_hnsw_statement",
    "_next_metadata_index_statement",
    "_next_namespace_hnsw_statement",
    "_prepare_vacuum",
    "_reapply_grants",
    "_rebuild_hnsw_after_load",
    "_reset_build_settings",
    "_set_build_settings",
    "_try_analyze",
    "_write_staged",
}


def code(text: str) -> str:
    """The text without comments."""
    text = re.sub(r"^\s*--.*|\s--\s.*", "", text, flags=re.MULTILINE)
    return re.sub(r"^comment on .*", "", text, flags=re.MULTILINE | re.DOTALL)


def room(name: str) -> str:
    return PATHS[name].parent.name


def called(text: str) -> set[str]:
    names = re.findall(r"\bpgvectorize(?:_private)?\.(\w+)\(", text)
    return {*names, *re.findall(r"'(_\w+)'", text)} & PATHS.keys()  # _first_problem takes a name


CALLS = {name: called(code(path.read_text())) - {name} for name, path in PATHS.items()}


def test_every_folder_is_a_room() -> None:
    assert {path.parent.name for path in PATHS.values()} == set(ROOMS)
    assert len(ROOMS) == len(set(ROOMS))


@pytest.mark.parametrize("name", sorted(PATHS))
def test_a_function_calls_no_later_room(name: str) -> None:
    allowed = ROOMS[: ROOMS.index(room(name)) + 1]
    assert {
        f"{room(other)}/{other}" for other in CALLS[name] if room(other) not in allowed
    } == set()


def test_a_private_function_lies_in_the_room_of_its_only_callers() -> None:
    strangers = set()
    for name in PATHS:
        callers = {room(caller) for caller, others in CALLS.items() if name in others}
        is_private = name.startswith("_") and name not in CLIENT_CONTRACT
        if is_private and len(callers) == 1 and callers != {room(name)}:
            strangers.add(name)
    assert strangers == DOORS.keys()


def test_python_calls_the_private_functions_of_the_client_contract_alone() -> None:
    package = "".join(path.read_text() for path in (ROOT / "pgvectorize").rglob("*.py"))
    assert set(re.findall(r"pgvectorize_private\.(_\w+)\(", package)) & PATHS.keys() == (
        CLIENT_CONTRACT
    )


def signature(name: str) -> str:
    """What a client must know to call a function, from its file, on one line."""
    found = re.search(rf"\.({name}\(.*?)\nlanguage ", code(PATHS[name].read_text()), re.DOTALL)
    assert found is not None
    return " ".join(found[1].split()).replace("( ", "(").replace(" )", ")")


def test_the_client_contract_changes_with_the_revision() -> None:
    """A client looks at the revision alone to know whether it can call these."""
    kept = (Path(__file__).parent / "client_contract.txt").read_text().splitlines()
    wanted = [f"revision {REVISION}", *(signature(name) for name in sorted(CLIENT_CONTRACT))]
    assert kept == wanted, (
        "Until the first release, copy what is wanted to tests/unit/client_contract.txt; after it, "
        "also add a revision and raise REVISION, so that older clients are refused:\n"
        + "\n".join(wanted)
    )


def test_nothing_is_left_that_nobody_calls() -> None:
    used = set().union(*CALLS.values()) | CLIENT_CONTRACT
    unused = {name for name in PATHS if name.startswith("_")} - used
    # by a restore, and by triggers
    assert unused == {"_load_pgvector", "_on_catalog_change", "_on_metadata_index_change"}
