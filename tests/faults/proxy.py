"""A TCP proxy before a server, which a test cuts or lets hang."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from psycopg.conninfo import make_conninfo

from tests.faults.server import OwnServer


class Proxy:
    """Passes on what comes, until `cut_after` bytes from the client, or while it `hangs`."""

    def __init__(self, server: OwnServer) -> None:
        self._target = str(Path(server.folder) / ".s.PGSQL.5432")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads: list[Thread] = []
        self._goes_on = Event()
        self._goes_on.set()
        self.cut_after: int | None = None
        self.dsn = make_conninfo(
            server.dsn, host="127.0.0.1", port=self._listener.getsockname()[1], sslmode="disable"
        )
        self._start(self._accept)

    def hang(self) -> None:
        """Pass nothing on any more, nor close anything: as when a cable is pulled."""
        self._goes_on.clear()

    def cut(self) -> None:
        """Close all connections without a word."""
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._goes_on.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in list(self._threads):
            thread.join(timeout=30)
        for end in self._sockets:
            end.close()

    def _start(self, target: object, *arguments: object) -> None:
        thread = Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                self._sockets += [client, server]
                self._goes_on.wait()
                server.connect(self._target)
                self._start(self._pass_on, client, server, True)
                self._start(self._pass_on, server, client, False)

    def _pass_on(self, source: socket.socket, sink: socket.socket, is_client: bool) -> None:
        passed = 0
        with suppress(OSError):
            while data := source.recv(8_192):
                self._goes_on.wait()
                if is_client and self.cut_after is not None:
                    passed += len(data)
                    if passed > self.cut_after:
                        self.cut()
                        return
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(server: OwnServer) -> Iterator[Proxy]:
    running = Proxy(server)
    try:
        yield running
    finally:
        running.close()
