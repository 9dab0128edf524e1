"""Strings that get out of where they were put, wherever text is pasted into SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

CANARY = "drop table public.canary"

STRINGS = [
    *("'", "''", '"', '""', "\\", "\\'", "\\\\'", "`", ";", "--", "/*", "*/", "\n", "\t", "\x01"),
    *("%", "%%", "%s", "%L", "%I", "%1$s", "%99$L", "%(index)s", "$1", ":name", "{}", "{0}", "?"),
    *("$$", "$sql$", "$body$", "$tag$", "E'\\x27'", "U&'\\0027'", "\\u0027", "\\x27", "\u02bc"),
    f"'; {CANARY}; --",
    f"\\'; {CANARY}; --",
    f'"; {CANARY}; --',
    f"') or true; {CANARY}; --",
    f"$$; {CANARY}; $$",
    f"$sql$; {CANARY}; $sql$",
    f"$body$; {CANARY}; $body$",
    f"x'::text; {CANARY}; select '",
    f"end; $$; {CANARY}; --",
    *(
        '"a"b',
        'a"b',
        "a'b",
        "public.canary",
        "pgvectorize_private.indexes",
        "select",
        "null",
        "a.b.c",
    ),
    *("0", "-1", "NaN", "true", "[1,2]", "(1,2)", "{1,2}", "{", '{"a": 1}', "1e400"),
    *("🧭", "\u202e", "\ufeff", "\u2028", " ", "", "é" * 64, "a" * 64, "'" * 100_000),
    "../../etc/passwd",
]

# all of it in one, for what is slow to call
TOGETHER = f"\\'\"$$%s%L$sql$; {CANARY}; --"

# for what hands them on to the same functions
FEW = ["'", "\\", "%s", "%", "$1", ":name", "{0}", '"a"b', "'" * 100_000, "🧭", TOGETHER]


def documents(text: str) -> Iterator[Any]:
    """JSON with a string wherever a filter, a patch or a vector may have one."""
    yield text
    yield [text]
    yield {text: 1}
    yield {text: text}
    yield {"a": text}
    yield {"a": {text: 1}}
    yield {"a": {"$eq": text}}
    yield {"a": {"$in": [text, 1]}}
    yield {"a": {"$nin": [text]}}
    yield {"a": {"$gte": text, "$lt": text}}
    yield {"a": {"$prefix": text}}
    yield {"a": {"$contains_any": [text]}}
    yield {f"a.{text}": {"$ne": text}}
    yield {"indexed": {"$lte": text}}
    yield {"indexed": {"$in": [text, text]}}
    yield {"$or": [{text: text}, {"$not": {"a": text}}]}


def values(type_name: str, text: str, *, whole: bool) -> Iterator[Any]:
    """What to give for a parameter of this SQL type; `whole` is JSON of every shape."""
    shapes = list(documents(text)) if whole else [text, {text: text}, {"a": {"$in": [text]}}]
    if type_name == "jsonb":
        yield from map(json.dumps, shapes)
    elif type_name == "jsonb[]":
        yield from ([json.dumps(shape)] for shape in shapes)
    elif type_name.endswith("[]"):
        yield [text]
        yield [text, None, "a"]
    else:
        yield text
