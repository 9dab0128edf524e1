"""A variant that cannot be had ends the run, and says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import variants


def test_without_the_variable_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGVECTORIZE_TEST_VARIANT", raising=False)
    assert variants.chosen() == frozenset()
    assert variants.psycopg_options() == {}


def test_several_may_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGVECTORIZE_TEST_VARIANT", "role,pgbouncer,extensions")
    assert variants.chosen() == {"role", "pgbouncer", "extensions"}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("rolle", "no such variant: rolle"),
        ("pgbouncer,pgbouncer-prepared", "one PgBouncer at a time"),
    ],
)
def test_what_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, names: str, message: str) -> None:
    monkeypatch.setenv("PGVECTORIZE_TEST_VARIANT", names)
    with pytest.raises(variants.Missing, match=message):
        variants.chosen()


@pytest.mark.parametrize("in_container", [False, True])
def test_a_missing_program_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, in_container: bool
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    monkeypatch.setattr("shutil.chown", lambda *_: None)
    with (
        pytest.raises(variants.Missing, match=r"apt-get install|\.ci/docker"),
        variants.pgbouncer(f"host={tmp_path} user=app", in_container=in_container),
    ):
        pass
