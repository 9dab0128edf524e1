"""`make test-all`: which suites run, and what comes of a failure."""

from __future__ import annotations

import pytest

from tests import suites


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """The settings of the suites that ran; those on a container fail."""
    ran: list[dict[str, str]] = []

    def passes(settings: dict[str, str]) -> bool:
        ran.append(settings)
        return settings["PGVECTORIZE_TEST_SERVER"] != "container"

    monkeypatch.setattr(suites, "_passes", passes)
    return ran


def run(*names: str) -> object:
    """Run the suites; return what the process would exit with."""
    with pytest.raises(SystemExit) as exit:
        suites.main(names)
    return exit.value.code


def test_a_failure_fails_the_whole_and_keeps_no_suite_from_running(
    ran: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("18", "17", "16") == 1
    assert ran == [suites.SUITES[name] for name in ("18", "17", "16")]
    summary = [line.split()[:2] for line in capsys.readouterr().out.splitlines()[-3:]]
    assert summary == [["18", "passed"], ["17", "FAILED"], ["16", "passed"]]


def test_suites_that_pass(ran: list[dict[str, str]]) -> None:
    assert run("16", "18") == 0


def test_all_run_unless_named(ran: list[dict[str, str]]) -> None:
    run()
    assert ran == [*suites.SUITES.values()]


def test_a_suite_that_nobody_knows_is_refused(
    ran: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("18", "19") == 2
    assert "no such suite: 19" in capsys.readouterr().err
    assert ran == []


def test_a_suite_passes_if_pytest_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suites, "COMMAND", ("sh", "-c", 'exit "$STATUS"'))
    assert suites._passes({"STATUS": "0"})
    assert not suites._passes({"STATUS": "1"})
