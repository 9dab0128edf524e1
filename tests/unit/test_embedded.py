"""The embedded server: any folder, several users, and each way to end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

import pgvectorize
from pgvectorize.embedded import serve

pytestmark = pytest.mark.slow

_LOCALE = "select datlocale from pg_database where datname = current_database()"
_HELD = """
import sys, time
from pgvectorize.embedded import serve
with serve(sys.argv[1]) as dsn:
    print(dsn, flush=True)
    sys.stdin.read()
"""


def _is_running(folder: Path) -> bool:
    return (folder / "data" / "postmaster.pid").exists()


def _user(folder: Path) -> subprocess.Popen[str]:
    """Use the server in another process, until its stdin ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HELD, folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql://")
    return process


@pytest.mark.parametrize(
    "name",
    ["a folder", "x$(touch y)", "`touch y`\"'\\", "é,ü", "@", "-k", "%20", "long" * 30],
)
def test_a_folder_may_have_any_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")  # a locale that no system has
    for _ in range(2):
        with serve(name) as dsn, psycopg.connect(dsn) as connection:
            assert connection.execute(_LOCALE).fetchone() == ("C.UTF-8",)
    assert [found.name for found in tmp_path.iterdir()] == [name]
    assert not _is_running(tmp_path / name)


def test_the_last_user_stops_the_server(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    other = _user(folder)
    with serve(folder) as dsn, serve(folder):
        other.communicate("")
        psycopg.connect(dsn).close()
    assert not _is_running(folder)


def test_a_user_that_was_killed_is_forgotten(tmp_path: Path) -> None:
    other = _user(tmp_path)
    other.kill()
    other.communicate()
    assert _is_running(tmp_path)
    with serve(tmp_path) as dsn:
        psycopg.connect(dsn).close()
    assert not _is_running(tmp_path)


def test_a_server_that_was_killed_starts_again(tmp_path: Path) -> None:
    with serve(tmp_path):
        pid = int((tmp_path / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
    with serve(tmp_path) as dsn:
        psycopg.connect(dsn).close()


def test_an_initdb_that_was_killed_is_repeated(tmp_path: Path) -> None:
    left = tmp_path / "data.part"
    left.mkdir()
    (left / "PG_VERSION").write_text("18")
    with serve(tmp_path) as dsn:
        psycopg.connect(dsn).close()
    assert not left.exists()


def test_a_fork_does_not_stop_the_server(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom pgvectorize.embedded import serve\nimport psycopg\n"
        "with serve(sys.argv[1]) as dsn:\n"
        "    child = os.fork()\n"
        "    if child == 0: sys.exit()\n"
        "    os.waitpid(child, 0)\n"
        "    psycopg.connect(dsn).close()\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True)
    assert not _is_running(tmp_path)


@pytest.mark.parametrize("end", ["", "raise SystemExit", "del client", "client.close()"])
def test_a_client_that_is_not_closed_ends_with_the_program(tmp_path: Path, end: str) -> None:
    code = (
        "import pgvectorize, sys\nclient = pgvectorize.embedded(sys.argv[1])\n"
        f"client.list_indexes()\n{end}"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not _is_running(tmp_path)


def test_the_words_of_the_server_are_shown(tmp_path: Path) -> None:
    with serve(tmp_path):
        pass
    with (tmp_path / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("max_connections = 'many'\n")
    with (
        pytest.raises(pgvectorize.EmbeddedUnavailable, match='"max_connections": "many"'),
        serve(tmp_path),
    ):
        pass


def test_the_words_of_initdb_are_shown(tmp_path: Path) -> None:
    (tmp_path / "new\nline").mkdir()
    with (
        pytest.raises(pgvectorize.EmbeddedUnavailable, match="contains a newline"),
        serve(tmp_path / "new\nline"),
    ):
        pass
