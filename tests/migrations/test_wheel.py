"""What a user gets from the package registry: the wheel, and a migration from it."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from pgvectorize import schema

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_wheel_holds_the_sql_and_the_migrations(wheel: Path) -> None:
    held = set(ZipFile(wheel).namelist())
    functions = {
        f"pgvectorize/{path.relative_to(ROOT)}" for path in ROOT.glob("sql/functions/**/*.sql")
    }
    versions = {f"pgvectorize/{path.relative_to(ROOT)}" for path in ROOT.glob("migrations/**/*.py")}
    assert len(functions) > 1
    assert held >= functions | versions | {"pgvectorize/py.typed"}
    assert not [name for name in held if name.startswith("tests/") or ".pyc" in name]


@pytest.mark.slow
def test_an_installed_wheel_migrates_from_any_folder(
    wheel: Path, empty_database: str, tmp_path: Path
) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path)
    program = (
        "import sys, pgvectorize\n"
        "from pgvectorize import schema\n"
        "schema.migrate(sys.argv[1])\n"
        "print(schema.__file__)\n"
        "pgvectorize.connect(sys.argv[1]).close()"
    )
    told = run(python, "-I", "-W", "error", "-c", program, empty_database, cwd=tmp_path)
    assert Path(told.strip()).is_relative_to(tmp_path)
    assert schema.inspect(empty_database) == schema.wanted()
