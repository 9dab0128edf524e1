"""`make audit`: what was looked up is told from what was not."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PATH = Path(__file__).parents[2] / "tools" / "audit.py"

UNKNOWN = {"name": "a", "skip_reason": "Dependency not found on PyPI and could not be audited"}
CLEAN = {"name": "b", "version": "1.0", "vulns": []}
VULNERABLE = {
    **{"name": "c", "version": "1.0"},
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.1"]}],
}


@pytest.fixture
def audit(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.delenv("PGVECTORIZE_AUDIT", raising=False)
    found = importlib.util.spec_from_file_location("audit", PATH)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let pip-audit give these packages, or None for no answer, one service after the other."""

    def give(*packages: list[dict[str, Any]] | None) -> None:
        left = list(packages)

        def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
            listed = left.pop(0)
            output = "" if listed is None else json.dumps({"dependencies": listed})
            return subprocess.CompletedProcess(command, 0, output, "it cannot be reached\n")

        monkeypatch.setattr(subprocess, "run", run)

    return give


def test_packages_that_are_clean_pass(
    audit: ModuleType, answers: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    answers([UNKNOWN, CLEAN])
    assert audit.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        "pypi: 1 packages are not known there",
        "pypi: 1 packages looked up, 0 vulnerabilities",
    ]


def test_a_vulnerability_fails(
    audit: ModuleType, answers: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    answers(None, [CLEAN, VULNERABLE])  # the second service is asked where the first is not there
    assert audit.main() == 1
    assert "c 1.0: CVE-1, PYSEC-1, mended in 1.1" in capsys.readouterr().out


def test_a_vulnerability_that_is_accepted_passes_with_its_reason(
    audit: ModuleType, answers: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    audit.ACCEPTED["CVE-1"] = "not called"
    answers([VULNERABLE])
    assert audit.main() == 0
    assert "accepted: not called" in capsys.readouterr().out


@pytest.mark.parametrize("first", [None, [], [UNKNOWN]])
@pytest.mark.parametrize("required", [False, True])
def test_what_was_not_looked_up_is_not_called_clean(
    audit: ModuleType,
    answers: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    first: list[dict[str, Any]] | None,
    required: bool,
) -> None:
    if required:
        monkeypatch.setenv("PGVECTORIZE_AUDIT", "required")
    answers(first, None)
    assert audit.main() == required
    assert "nothing was audited" in capsys.readouterr().err
