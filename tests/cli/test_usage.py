"""What holds for every command: help, the database it works on, and how it fails."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import conninfo_to_dict

import pgvectorize
from pgvectorize import cli as cli_module
from pgvectorize.cli import main, options

COMMANDS = {
    name: (room, says)
    for group in cli_module.COMMANDS.values()
    for name, (room, says) in group.items()
}


def command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


WRANGLERS = {
    *("create", "delete", "get", "list", "list-vectors", "insert", "upsert", "query"),
    *("get-vectors", "delete-vectors", "info"),
    *("create-metadata-index", "list-metadata-index", "delete-metadata-index"),
}


def test_the_commands_are_wranglers_and_a_few_of_ours() -> None:
    assert set(COMMANDS) >= WRANGLERS


def test_every_command_of_a_room_is_listed_there() -> None:
    """`--help` imports no room, so it has the names and the first sentences in a table."""
    rooms = {path.stem for path in Path(str(cli_module.__file__)).parent.glob("[!_]*.py")}
    found = {
        (member.name, room): member.help or ""
        for room in rooms
        for member in vars(import_module(f"pgvectorize.cli.{room}")).values()
        if isinstance(member, click.Command)
    }
    assert sorted(found) == sorted((name, room) for name, (room, _) in COMMANDS.items())
    for (name, _), help in found.items():
        assert re.match(r"[^.]+\.", " ".join(help.split())), name
        assert " ".join(help.split()).startswith(COMMANDS[str(name)][1]), name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert f"\n  pgvectorize {name}" in result.stdout
    assert "--json" in result.stdout
    assert "--dsn" in result.stdout
    for param in command(name).params:
        assert not isinstance(param, click.Option) or param.help


def test_help_names_every_command_and_the_variable() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    for group, commands in cli_module.COMMANDS.items():
        listed = result.stdout.partition(f"\n{group}:\n")[2].partition("\n\n")[0].splitlines()
        told = [(name, says) for name, (_, says) in commands.items()]
        assert [tuple(line.split(maxsplit=1)) for line in listed] == told
    assert "PGVECTORIZE_DSN" in result.stdout


def test_version() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.stdout == f"pgvectorize, version {pgvectorize.__version__}\n"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_imports_only_what_it_needs(option: str) -> None:
    """Else each call would take some 0.3 s of processor time more."""
    code = (
        "import sys; from pgvectorize.cli import main; "
        f"main(['{option}'], standalone_mode=False); print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stderr.split())
    assert {name for name in imported if name.startswith("pgvectorize")} == {
        "pgvectorize",
        "pgvectorize.cli",
        "pgvectorize.cli.options",
        "pgvectorize.embedded",
    }
    installed = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    assert {name for name in installed if not name.startswith("_")} <= {"click", "pgvectorize"}


def test_wranglers_command_lines_are_met_half_way(misused: Callable[..., str]) -> None:
    said = misused("vectorize", "insert", "docs", "--file", "a b", "--deprecated-v1", "--json")
    assert "pgvectorize insert docs --file 'a b'" in said
    said = misused("vectorize", "get", "docs", "--deprecated-v1")
    assert said == "Error: `vectorize` is left out here. Run: pgvectorize get docs"
    for words in ([], ["frobnicate"], ["--help"]):
        assert misused("vectorize", *words).endswith("Run: pgvectorize --help")
    said = misused("get", "docs", "--deprecated-v1=false")
    assert said.startswith("Error: --deprecated-v1 is wrangler's; leave it out: ")
    assert "--binding" in misused("create", "docs", "--binding", "VECTORIZE")


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pgvectorize", "get", "docs", "--dsn", "host=127.0.0.1 port=1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    error, hint = done.stderr.splitlines()
    assert error.startswith("Error: connection")
    assert hint.startswith("Hint: Check the server and the DSN")


# Which database


class Chosen(Exception):
    """Raised in place of a connection; says to what."""


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., str]:
    """Run a command up to its connection; return the DSN, or "embedded"."""
    (tmp_path / ".pgvectorize" / "data").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    def connect(dsn: str, **_: object) -> None:
        raise Chosen(dsn)

    def serve() -> None:
        raise Chosen("embedded")

    monkeypatch.setattr(pgvectorize, "connect", connect)
    monkeypatch.setattr(options, "serve", serve)

    def run(*args: str) -> str:
        result = CliRunner().invoke(main, list(args))
        assert isinstance(result.exception, Chosen), result.output
        assert ("using the embedded" in result.stderr) is (str(result.exception) == "embedded")
        return str(result.exception)

    return run


def test_the_nearest_dsn_wins(chosen: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen("list") == "embedded"
    monkeypatch.setenv("PGVECTORIZE_DSN", "")
    assert chosen("list") == "embedded"
    monkeypatch.setenv("PGHOST", "db")
    assert chosen("list") == ""
    monkeypatch.setenv("PGVECTORIZE_DSN", "dbname=variable")
    assert chosen("list") == "dbname=variable"
    assert chosen("--dsn", "dbname=group", "list") == "dbname=group"
    assert chosen("--dsn", "dbname=group", "list", "--dsn", "dbname=own") == "dbname=own"
    assert chosen("list", "--dsn", "") == ""


@pytest.mark.parametrize("name", ["PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGSERVICE"])
def test_libpq_variables_name_a_database(
    chosen: Callable[..., str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "x")
    assert chosen("list") == ""


def test_a_password_alone_names_none(
    chosen: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "x")
    assert chosen("list") == "embedded"


def test_libpq_variables_are_used(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in conninfo_to_dict(dsn).items():
        name = {"dbname": "PGDATABASE"}.get(key, f"PG{key.upper()}")
        monkeypatch.setenv(name, str(value))
    result = CliRunner().invoke(main, ["list"])
    assert (result.exit_code, result.stderr) == (0, "")


def test_bad_usage_is_refused_before_a_server_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "serve", None)
    for args in (
        ["query", "docs"],
        ["query", "docs", "--vector", "x"],
        ["create", "docs"],
        ["demo", "--json"],
        ["migrate", "--sql", "--json"],
    ):
        assert CliRunner().invoke(main, args).exit_code == 2
    assert CliRunner().invoke(main, ["insert", "docs", "--file", "missing"]).exit_code == 1


@pytest.mark.parametrize(
    "args",
    [
        ["list"],
        ["doctor"],
        ["migrate"],
        ["current"],
        ["query", "docs", "--vector", "1"],
        ["import", "docs", "--file", "vectors.ndjson"],
        ["upsert", "docs", "--file", "vectors.ndjson"],
        ["limits"],
    ],
    ids=" ".join,
)
def test_a_forgotten_dsn_makes_no_database(
    args: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vectors.ndjson").write_text('{"id": "a", "values": [1]}')
    result = CliRunner().invoke(main, args)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Error: no database is named" in result.stderr
    assert "--dsn or PGVECTORIZE_DSN" in result.stderr
    assert not (tmp_path / ".pgvectorize").exists()


@pytest.mark.slow
def test_the_embedded_server_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*args: str, input: str | None = None) -> Result:
        result = CliRunner().invoke(main, list(args), input=input)
        assert result.exit_code == 0, result.output
        assert result.stderr == (
            "using the embedded Postgres in .pgvectorize; "
            "name another with --dsn or PGVECTORIZE_DSN\n"
        )
        return result

    run("create", "docs", "--dimensions", "2", "--metric", "cosine")
    assert (tmp_path / ".pgvectorize").is_dir()
    run("upsert", "docs", "--file", "-", input='{"id": "a", "values": [1, 2]}')
    assert '"a"' in run("query", "docs", "--vector", "1", "2", "--json").stdout
    assert run("migrate").stdout.startswith("Nothing to do")
    assert "This is what this library needs." in run("current").stdout


# How it fails


def test_usage_errors_exit_with_2(misused: Callable[..., str]) -> None:
    assert "no such command" in misused("frobnicate").lower()
    assert "'NAME'" in misused("get")
    assert "--nope" in misused("list", "--nope")


@pytest.mark.parametrize("dsn", ["host=127.0.0.1 port=1", "what is this", "postgresql://h:x/d"])
@pytest.mark.parametrize("command", ["list", "migrate", "current", "demo"])
def test_a_database_that_cannot_be_reached_is_one_line(dsn: str, command: str) -> None:
    result = CliRunner().invoke(main, [command, "--dsn", dsn])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert result.stderr.splitlines()[0].startswith("Error: ")
    assert len(result.stderr.splitlines()) <= 2


def test_an_interrupt_is_quiet(cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pgvectorize.Client, "list_indexes", interrupted)
    result = cli("list")
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_a_closed_pipe_is_quiet(dsn: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pgvectorize", "presets", "--dsn", dsn],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_a_terminal_need_not_be_utf_8(
    dsn: str, make_index: Callable[..., str], client: pgvectorize.Client
) -> None:
    name = make_index()
    client.index(name).upsert([("☃", [1, 2, 3])])
    command = [sys.executable, "-m", "pgvectorize", "list-vectors", name, "--dsn", dsn]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    table = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert rb"\u2603" in table.stdout
    answer = subprocess.run([*command, "--json"], capture_output=True, env=environment, check=True)
    assert json.loads(answer.stdout)["vectors"] == [{"id": "☃"}]


def test_a_warning_is_one_line_on_stderr(
    cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def warned(*_: object, **__: object) -> list[object]:
        warnings.warn("pgvector is old", stacklevel=1)
        return []

    monkeypatch.setattr(pgvectorize.Client, "list_indexes", warned)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        result = cli("list", "--json")
    assert (result.exit_code, result.stdout) == (0, "[]\n")
    assert result.stderr == "Warning: pgvector is old\n"


def test_an_error_of_many_lines_is_one() -> None:
    error = pgvectorize.DatabaseError("first\n\tsecond\n")
    failure = cli_module._Failure(error, error.message, "do\nthis", as_json=False)
    assert (failure.message, failure.hint) == ("first second", "do this")


def test_errors_are_json_if_the_answer_would_be(
    cli: Callable[..., Result], make_index: Callable[..., str]
) -> None:
    def failed(*args: str, input: str | None = None) -> tuple[int, dict[str, object]]:
        result = cli(*args, "--json", input=input)
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        assert list(json.loads(line)) == ["error"]
        return result.exit_code, json.loads(line)["error"]

    code, error = failed("upsert", make_index(), "--file", "-", input='\n{"id": "é"}')
    assert code == 1
    assert error == {
        "type": "InvalidVector",
        "message": 'stdin, line 2, id "é": no values and no content',
        "hint": "Nothing was written.",
        "code": None,
        "sqlstate": None,
        "row": 2,
    }
    code, error = failed(
        "--strict", "query", make_index(), "--vector", "1", "0", "0", "--top-k", "101"
    )
    assert (code, error["type"]) == (1, "InvalidRequest")
    assert isinstance(error["code"], int)
    for args in (["get"], ["get", "docs", "--nope"], ["frobnicate"], ["create", "docs"]):
        code, error = failed(*args)
        assert (code, error["hint"]) == (2, None)
        assert error["message"]


# What comes from elsewhere


@pytest.mark.parametrize("module", ["click", "numpy", "psycopg.errors", "pgvectorize.cli.indexes"])
def test_ctrl_c_during_an_import_ends_without_a_traceback(module: str) -> None:
    code = f"""
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background has none
from importlib.abc import MetaPathFinder
class Interrupts(MetaPathFinder):
    def find_spec(self, name, *_):
        if name == "{module}":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
sys.argv = ["pgvectorize", "--dsn", "host=127.0.0.1 port=1", "list"]
from pgvectorize.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "\nAborted!\n")


_HOSTILE = "\x1b]0;owned\x07\x9b31m\x7f\u202e"


def test_text_for_people_holds_no_control_characters(
    cli: Callable[..., Result],
    client: pgvectorize.Client,
    make_index: Callable[..., str],
    write_lines: Callable[..., str],
) -> None:
    name = make_index(dimensions=3, metric="cosine")
    client.index(name).upsert(
        [
            pgvectorize.Vector(
                _HOSTILE, [1, 2, 3], _HOSTILE, {"k": _HOSTILE, "d": {_HOSTILE: _HOSTILE}}
            )
        ]
    )
    client.update_index(name, description=_HOSTILE)
    bad = write_lines({"id": _HOSTILE, "values": [1]}, {_HOSTILE: 1})
    for args in (
        ["list"],
        ["get-vectors", name, "--ids", _HOSTILE],
        ["list-vectors", name, "--return-metadata", "all"],
        ["list-vectors", name, "--namespace", _HOSTILE],
        ["list-namespaces", name],
        ["facets", name, "--property-name", "k"],
        ["query", name, "--vector-id", _HOSTILE, "--return-metadata", "all"],
        ["query", name, "--vector-id", "x" + _HOSTILE],
        ["query", name, "--vector", _HOSTILE],
        ["explain", name, "--vector-id", _HOSTILE, "--filter", json.dumps({"k": _HOSTILE})],
        ["create-namespace-index", name, "--namespace", _HOSTILE],
        ["delete-namespace-index", name, "--namespace", _HOSTILE],
        ["delete-metadata-index", name, "--property-name", "x" + _HOSTILE],
        ["upsert", name, "--file", bad],
        ["import", name, "--file", bad],
        ["import", name, "--file", bad, "--on-error", "skip"],
        ["get", name + _HOSTILE],
        [_HOSTILE],
        ["get", name, "--" + _HOSTILE],
        ["doctor", name],
    ):
        for more in ([], ["--json"]):
            result = cli(*args, *more)
            assert not isinstance(result.exception, UnicodeError)
            said = result.stdout + result.stderr
            bad_ones = set("\x1b\x07\x9b\x7f") | ({"\u202e"} if not more else set())
            assert not bad_ones & set(said), args
