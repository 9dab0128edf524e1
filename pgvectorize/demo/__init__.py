"""What `pgvectorize demo` shows: the main job, on five products and on 2,885 passages of speech.

products.py   Vectorize's own first sample, five vectors of three numbers
speeches.py   a search over State of the Union addresses, in Python and in SQL
stage.py      how it looks: each step's code, then what came of it
"""

from __future__ import annotations

import time

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgvectorize import Client
from pgvectorize.demo import products, speeches
from pgvectorize.demo.stage import Stage

_SQL = (
    "select id, score from pgvectorize.query_by_id("
    "index => 'demo-speeches', id => '1972_richard_nixon_r#21', top_k => 3)"
)


def run(client: Client, dsn: str, *, folder: str | None = None) -> None:
    """Run the demo; `folder` is where an embedded server keeps its data.

    The second time it finds its indexes there, and writes what is not there yet.
    """
    stage = Stage()
    started = time.perf_counter()
    products.show(stage, client)
    speeches.show(stage, client, dsn)

    stage.title("What next")
    stage.say(
        f"That took {time.perf_counter() - started:.1f} s. The indexes demo-products and "
        "demo-speeches and the table pgvectorize_demo.passages are "
        + (f"kept in {folder}/." if folder else "in your database.")
    )
    stage.say("From the shell:")
    stage.command(
        "pgvectorize query demo-speeches --vector-id '1972_richard_nixon_r#21' "
        """--return-metadata all --filter '{"year": {"$gte": 2000}}'"""
    )
    if folder:
        stage.say("From Python, on the same data:")
        stage.command('python -i -c "import pgvectorize; client = pgvectorize.embedded()"')
        stage.say("From psql, on a server of yours, which pgvectorize --dsn … demo fills too:")
    else:
        stage.say("From psql:")
    stage.command(f'psql {"…" if folder else _without_password(dsn)} -c "{_SQL}"')


def _without_password(dsn: str) -> str:
    parts = {key: value for key, value in conninfo_to_dict(dsn).items() if key != "password"}
    return f'"{make_conninfo("", **parts)}"'
