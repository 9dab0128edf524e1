"""Changing the name and the description of an index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from pgvectorize import (
    Client,
    IndexExists,
    IndexNotFound,
    InvalidRequest,
    SchemaOutdated,
    Vector,
)
from tests.contract.faces import Face


def test_the_description_can_be_changed_and_removed(face: Face, index: str) -> None:
    before = face.get_index(index)
    changed = face.update_index(index, description='say "ü"')

    assert (changed.name, changed.description) == (index, 'say "ü"')
    assert changed.created_on == before.created_on
    assert changed.modified_on > before.modified_on
    assert face.get_index(index) == changed
    assert face.update_index(index, description="").description is None


def test_a_new_name_is_that_of_everything(face: Face, new_name: str) -> None:
    created = face.create_index("old-name", dimensions=2, metric="euclidean", description="d")
    face.insert("old-name", [Vector("a", [1, 2], None, {"p": 1})])
    face.create_metadata_index("old-name", "p", "number")
    cursor_of = face.list_vectors("old-name")
    changed = face.update_index("old-name", new_name=new_name)

    assert changed.name == new_name
    assert changed.relation == f'pgvectorize_data."{new_name}"'
    assert (changed.description, changed.has_hnsw) == ("d", True)
    assert changed.modified_on > created.modified_on
    with pytest.raises(IndexNotFound):
        face.get_index("old-name")
    assert face.query(new_name, [1, 2], filter={"p": 1})[0].id == "a"
    assert [each.property_name for each in face.list_metadata_indexes(new_name)] == ["p"]
    assert face.list_vectors(new_name).ids == cursor_of.ids
    face.upsert(new_name, [("b", [1, 2])])
    face.delete_metadata_index(new_name, "p")

    face.create_index("old-name", dimensions=3, metric="cosine")  # the name is free
    face.delete_index("old-name")


def test_name_and_description_can_be_changed_at_once(face: Face, new_name: str) -> None:
    face.create_index("old-name", dimensions=2, metric="euclidean")
    changed = face.update_index("old-name", new_name=new_name, description="d")
    assert (changed.name, changed.description) == (new_name, "d")


def test_the_same_name_is_no_error(face: Face, index: str) -> None:
    assert face.update_index(index, new_name=index, description="d").description == "d"
    assert face.count(index) == 0


@pytest.mark.parametrize("name", ["", "A-b", "a", "a" * 64, 'a"b', "x'; drop table t --x"])
def test_a_name_that_create_index_refuses_is_refused(face: Face, index: str, name: str) -> None:
    before = face.get_index(index)
    with pytest.raises(InvalidRequest, match="is not valid") as refusal:
        face.update_index(index, new_name=name, description="d")
    assert refusal.value.hint
    assert face.get_index(index) == before


def test_a_name_that_is_taken_is_refused(
    face: Face, index: str, make_index: Callable[..., str], connection: Any
) -> None:
    taken = make_index()
    before = face.get_index(index)
    connection.execute("create table pgvectorize_data.stray (a integer)")
    try:
        for name, says in ((taken, "already exists"), ("stray", "something else in schema")):
            with pytest.raises(IndexExists, match=says) as refusal:
                face.update_index(index, new_name=name)
            assert refusal.value.hint
    finally:
        connection.execute("drop table pgvectorize_data.stray")
    assert face.get_index(index) == before


def test_to_change_nothing_is_refused(face: Face, index: str) -> None:
    before = face.get_index(index)
    with pytest.raises(InvalidRequest, match="a new name, a description, whether") as refusal:
        face.update_index(index)
    assert refusal.value.hint
    assert face.get_index(index) == before


def test_an_update_can_be_taken_back(face: Face, index: str) -> None:
    before = face.get_index(index)
    with face.borrow() as borrowed, borrowed.transaction(rollback=True):
        borrowed.face.update_index(index, new_name="taken-back", description="d")
        assert borrowed.face.count("taken-back") == 0
    assert face.get_index(index) == before


def test_of_two_that_want_a_name_one_gets_it(client: Client, dsn: str, index: str) -> None:
    with psycopg.connect(dsn) as first, psycopg.connect(dsn) as second:
        Client(first).update_index(index, new_name="wanted-by-two")
        second.execute("set lock_timeout = '200ms'")
        with pytest.raises(Exception, match="lock timeout"):
            Client(second).create_index("wanted-by-two", dimensions=2, metric="cosine")
        first.rollback()
    assert client.get_index(index).name == index


@pytest.mark.parametrize("change", [{"dimensions": 3}, {"metric": "cosine"}])
def test_dimensions_and_metric_never_change(face: Face, index: str, change: dict[str, Any]) -> None:
    before = face.get_index(index)
    with pytest.raises((TypeError, SchemaOutdated)):  # there is no such parameter
        face.update_index(index, **change)
    assert face.get_index(index) == before
