"""A service on this machine that speaks OpenAI's protocol, and fails as services do."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
import numpy.typing as npt

DIMENSIONS = 8
Matrix: TypeAlias = npt.NDArray[np.float32]
Action: TypeAlias = Callable[["Handler", dict[str, Any]], None]


def vectors(texts: list[str], dimensions: int = DIMENSIONS) -> Matrix:
    """What the service's model makes of texts: unit vectors at random, but always the same."""
    rows = [np.random.default_rng(crc32(text.encode())).normal(size=dimensions) for text in texts]
    matrix = np.array(rows, dtype=np.float32).reshape(len(texts), dimensions)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix


class Service:
    """What was asked of the server, and what it does next; when nothing is planned, it answers."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.planned: list[Action] = []
        self.always: Action = answer()
        self.embed: Callable[[list[str]], Matrix] = vectors
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self.running = self.most_running = 0
        self.base_url = ""
        self.addresses: list[str] = []  # of other services that a test leads here

    @property
    def texts(self) -> list[list[str]]:
        return [request["input"] for request in self.requests]


class Handler(BaseHTTPRequestHandler):
    service: Service

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service = self.service
        with service.lock:
            service.requests.append({"path": self.path, **request})
            service.headers.append({k.lower(): v for k, v in self.headers.items()})
            action = service.planned.pop(0) if service.planned else service.always
            service.running += 1
            service.most_running = max(service.most_running, service.running)
        try:
            action(self, request)
        finally:
            with service.lock:
                service.running -= 1

    def send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def answer(
    change: Callable[[list[dict[str, Any]]], Any] = lambda data: data, dimensions: int = 0
) -> Action:
    """Answer with the vectors, after a change to what is sent."""

    def act(handler: Handler, request: dict[str, Any]) -> None:
        texts = request["input"]
        wanted = dimensions or request.get("dimensions")
        matrix = vectors(texts, wanted) if wanted else handler.service.embed(texts)
        rows: list[Any] = matrix.tolist()
        if request.get("encoding_format") == "base64":
            rows = [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in matrix]
        data = [
            {"object": "embedding", "index": place, "embedding": row}
            for place, row in enumerate(rows)
        ]
        body = {"object": "list", "model": request["model"], "data": change(data)}
        handler.send(200, json.dumps(body).encode())

    return act


def shuffled() -> Action:
    return answer(lambda data: data[::-1])


def refuse(status: int, message: str = "no", code: str | None = None, **headers: str) -> Action:
    """Answer with an error; `retry_after="0"` is a header."""
    body = json.dumps({"error": {"message": message, "code": code}}).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, request: handler.send(status, body, names)


def raw(status: int, body: bytes, **headers: str) -> Action:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, request: handler.send(status, body, names)


def truncate(handler: Handler, request: dict[str, Any]) -> None:
    """Announce more than is sent, then hang up."""
    handler.send(200, b'{"data": [{"index": 0,', {"Content-Length": "4000"})


def hang_up(handler: Handler, request: dict[str, Any]) -> None:
    """Answer nothing."""
    handler.close_connection = True


def be_silent(handler: Handler, request: dict[str, Any]) -> None:
    """Answer nothing before the test ends."""
    handler.service.stopped.wait(30)


def trickle(handler: Handler, request: dict[str, Any]) -> None:
    """Send a byte now and then, without an end."""
    handler.send(200, b"", {"Content-Length": "100000"})
    try:
        while not handler.service.stopped.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()
    except OSError:
        pass  # the client has gone


@contextmanager
def running() -> Iterator[Service]:
    """Run a service until the test ends."""
    service = Service()
    handler = type("OurHandler", (Handler,), {"service": service})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        service.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield service
        finally:
            service.stopped.set()
            server.shutdown()
            thread.join()
