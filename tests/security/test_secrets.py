"""The password of a DSN is nowhere but there."""

from __future__ import annotations

import asyncio
import logging
import os
import traceback
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import pgvectorize
from pgvectorize import AsyncClient, Client, InvalidRequest, PgVectorizeError, schema
from pgvectorize.cli import main

SECRET = "Sesame-4711"

WRONG = [
    f"host=127.0.0.1 port=1 user=u password={SECRET}",
    f"postgresql://u:{SECRET}@127.0.0.1:1/d",
    f"postgresql://u:{SECRET}@127.0.0.1:port/d",
    f"postgresql://u:x@127.0.0.1:1/d?password={SECRET}",
    f"postgresql://u:{SECRET}/x@127.0.0.1:1/d",
]
MALFORMED = [
    f"postgresql://u:a@{SECRET}@127.0.0.1:1/d",
    f"postgresql://u:{SECRET}@[::1/d",
    f"postgresql://u:{SECRET}%ZZ@127.0.0.1:1/d",
    f"postgresql://u:x@127.0.0.1:1/d?password={SECRET}%ZZ",
    f"postgresql://u:{SECRET}@127.0.0.1:1/d?sslmod=require",
    f"postgres//u:{SECRET}@127.0.0.1:1/d",
    f"mysql://u:{SECRET}@127.0.0.1:1/d",
    f"host=127.0.0.1 password='{SECRET}",
    f"password={SECRET} nonsense",
    f"host=127.0.0.1 password=a {SECRET}",
]


async def connect_async(dsn: str) -> AsyncClient:
    return await AsyncClient.connect(dsn)


WAYS: list[Callable[[str], object]] = [
    Client.connect,
    lambda dsn: asyncio.run(connect_async(dsn)),
    schema.migrate,
    schema.inspect,
]


@pytest.mark.parametrize("way", WAYS, ids=["client", "async", "migrate", "inspect"])
@pytest.mark.parametrize("dsn", [*WRONG, *MALFORMED])
def test_no_error_tells_a_password(
    way: Callable[[str], object], dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(PgVectorizeError) as caught:
        way(dsn)
    assert isinstance(caught.value, InvalidRequest) == (dsn in MALFORMED)
    assert caught.value.hint
    told = "".join(traceback.format_exception(caught.value))
    assert SECRET not in told + repr(caught.value) + caught.value.hint + caplog.text


@pytest.mark.parametrize("dsn", [*WRONG, *MALFORMED])
def test_no_command_tells_a_password(dsn: str) -> None:
    result = CliRunner().invoke(main, ["--dsn", dsn, "list"])
    assert result.exit_code == 1
    assert SECRET not in result.output
    assert "Hint: " in result.stderr


def test_no_object_tells_a_password(dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with_secret = make_conninfo(dsn, passfile=os.devnull, application_name="x", **secret(dsn))
    with pgvectorize.connect(with_secret) as client:
        index = client.index("nowhere")
        with pytest.raises(pgvectorize.IndexNotFound) as caught:
            index.query([1.0])
        told = "".join(traceback.format_exception(caught.value))
        for thing in (client, index, client._source, caught.value):
            told += repr(thing) + str(thing)
    assert SECRET not in told + caplog.text


def secret(dsn: str) -> dict[str, str]:
    """A password for a server that asks for none; else a secret that libpq keeps to itself."""
    if conninfo_to_dict(dsn).get("password"):
        return {"sslpassword": SECRET}
    return {"password": SECRET}
