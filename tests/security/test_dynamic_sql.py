"""Where SQL is put together as text, every piece of it is a name, a literal or a number.

A small reader of PL/pgSQL follows each `execute`, and each function that returns SQL, to what it
is made of. `%I` and `%L` are quoted; a `regclass` prints itself quoted; numbers are numbers. What
is left is pasted as it is: all of it stands in `REVIEWED`, with the reason why it may.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from pgvectorize import functions

Tokens = list[str]

SOURCES = {path.stem: path.read_text() for path in functions.find("sql/functions").rglob("*.sql")}

# What returns SQL for Python to run, beside what `execute` leads to.
ROOTS = {name for name in SOURCES if name.endswith("_step")} | {"_begin_load"}

# The arguments named here are given by other functions of ours, never by a caller's text.
_ROWS = "a select over $1 … $4 or the staging table, written in the functions that call this"
_VALUE = "an expression over a column or $1, written in the functions that call this"
_HOW = "'concurrently' or '', as the operations have it"
REVIEWED: dict[str, dict[str, str]] = {
    "_adopt_copy": {
        "source": "a select that adopt_index and adopt_collection write with %I and %L"
    },
    "_align_columns": {
        "wanted . default_value": "of the table that serves as the pattern, which is an index's",
        "wanted . type": "of the same, from format_type",
        "wanted . definition": "a check of the same, from pg_get_constraintdef",
    },
    "_take_over_indexes": {"definition": "what pg_get_indexdef wrote of an index of ours"},
    "_execute_ddl": {
        "statement": "a drop, truncate or build that its callers write with %I or a regclass",
    },
    "_is_changed_sql": {
        "given": "the name of a row source, a literal in the functions that call this"
    },
    "_check_adopted": {"source": _ROWS},
    "_check_strict_batch": {"source": _ROWS},
    "_create_search_function": {
        "known . key": "what _indexed_property_sql wrote",
        "known . place": "a number",
    },
    "_doctor_bloat": {"least(100,10000.0/pages)": "a number"},
    "_doctor_metadata": {"least(100,10000.0/pages)": "a number"},
    "_run_explain": {"statement": "what _search_sql wrote"},
    "_estimate_matches": {"predicate": "what _predicate_sql wrote"},
    "_first_problem": {"source": _ROWS},
    "_transfer_ownership": {
        "given": "kind and name of what there is, from %I, regclass and regprocedure"
    },
    "_hnsw_opclass": {
        "( pgvectorize_private . _metric ( target . metric ) ) . opclass": "a literal there"
    },
    "_hnsw_key_sql": {"value": _VALUE},
    "_hnsw_step": {"how": _HOW},
    "_lock_table": {
        "how": "nowait or nothing, a literal in the functions that call this",
        "mode": "a mode of `lock table`, a literal in the functions that call this",
    },
    "_metadata_index_step": {"how": _HOW},
    "_returned_metadata_sql": {"document": _VALUE},
    "_namespace_hnsw_build_step": {"how": _HOW},
    "_namespace_condition_sql": {"value": _VALUE},
    "_property_sql": {"document": _VALUE},
    "_range_sql": {"left(comparison,1)": "of one of four comparisons, literals of its own"},
    "_search_sql": {
        "condition": "a comparison of $2, written in the functions that call this",
        "content": _VALUE,
        "embedding": _VALUE,
        "metadata": "what _returned_metadata_sql wrote",
        "metric . operator": "a literal in _metric",
        "metric . score": "a literal in _metric",
        "predicate": "what _predicate_sql wrote",
        "vector": _VALUE,
    },
    "_grant_index": {"array_agg(privilege)": "names of privileges, literals of its own"},
    "_string_value_sql": {"value": _VALUE},
    "_write": {"source": _ROWS},
}

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
    |(?P<dollar>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    |(?P<string>[Ee]?'(?:[^']|'')*')
    |(?P<word>"[^"]*"|[\w@]+)
    |(?P<operator>::|\|\||:=|=>|<>|<=|>=|\S)""",
    re.VERBOSE | re.DOTALL,
)
_NUMBERS = {"integer", "bigint", "smallint", "numeric", "boolean", "oid"}
_NAMES = {"regclass", "regprocedure", "regnamespace", "regrole", "regtype"}
_SAFE_TYPES = _NUMBERS | _NAMES | {"double"}
_SAFE_COLUMNS = {"relation", "id", "dimensions", "m", "ef_construction", "is_strict"}
_PLACEHOLDER = re.compile(r"%(?:(\d+)\$)?(.)")


def tokens(text: str) -> Tokens:
    return [found[0] for found in _TOKEN.finditer(text) if not found["comment"]]


def body(name: str) -> Tokens:
    found = re.search(r"\nas (\$\w*\$)(.*)\1", SOURCES[name], re.DOTALL)
    assert found is not None
    return tokens(found[2])


def safe_variables(name: str) -> set[str]:
    """Variables and parameters whose type can be printed as it is."""
    head, _, rest = SOURCES[name].partition("\nas $")
    declared = head + rest.partition("\nbegin")[0]
    found = re.findall(r"^ *(?:out )?(\w+) +(?:constant +)?(\w+)(\[\])?", declared, re.MULTILINE)
    return {variable for variable, type, array in found if type in _SAFE_TYPES and not array}


def upto(given: Tokens, start: int, ends: set[str]) -> int:
    """The place of the first of `ends` that is not within brackets or a `case`."""
    opened: list[str] = []
    for place in range(start, len(given)):
        token = given[place].lower()
        if not opened and token in ends:
            return place
        if token in ("(", "[", "case"):
            opened.append(token)
        elif opened and (token in (")", "]") or (token == "end" and opened[-1] == "case")):
            opened.pop()
    return len(given)


def split(given: Tokens, separators: set[str]) -> list[Tokens]:
    parts, start = [], 0
    while True:
        end = upto(given, start, separators)
        parts.append(given[start:end])
        if end == len(given):
            return parts
        start = end + 1


def pieces(given: Tokens, safe: set[str]) -> Iterator[str]:
    """What is pasted as it is where this expression becomes SQL; `_x(` for calls of ours."""
    parts = split(given, {"||"})
    if len(parts) > 1:
        for part in parts:
            yield from pieces(part, safe)
        return
    if all(is_literal(token) for token in given):
        return
    if given[-2:] == ["::", "text"]:
        given = given[:-2]
    first = given[0].lower()
    if first == "(" and upto(given, 1, {")"}) == len(given) - 1:
        yield from pieces(given[1:-1], safe)
    elif first == "case" and given[-1].lower() == "end":
        for branch in branches(given):
            yield from pieces(branch, safe)
    elif given[1:2] == ["("] and upto(given, 2, {")"}) == len(given) - 1:
        arguments = split(given[2:-1], {","})
        if first == "format":
            yield from formatted(arguments, safe)
        elif first == "string_agg":
            yield from pieces(arguments[0], safe)
        elif first in ("coalesce", "array_to_string", "nullif", "concat"):
            for argument in arguments:
                yield from pieces(argument, safe)
        elif first not in ("quote_ident", "quote_literal", "to_regclass"):
            yield "".join(given)
    elif (
        given[:1] in (["pgvectorize"], ["pgvectorize_private"])
        and given[1:2] == ["."]
        and upto(given, 4, {")"}) == len(given) - 1
    ):
        yield f"{given[2]}("
    elif not is_number(given, safe):
        yield " ".join(given)


def is_literal(token: str) -> bool:
    return token[0] in "'$" or token[:2].lower() == "e'" or token.lower() == "null"


def is_number(given: Tokens, safe: set[str]) -> bool:
    if given[-2:-1] == ["::"] and given[-1] in _NUMBERS | _NAMES:
        return True
    left = list(given)
    while left:
        if left[1:2] == ["."] and len(left) > 2 and left[2] in _SAFE_COLUMNS:
            del left[:3]
        elif left[0] in safe or left[0].isdigit() or left[0] in "+-*":
            del left[0]
        else:
            return False
    return True


def branches(given: Tokens) -> Iterator[Tokens]:
    """The expressions that a `case` may be."""
    place = 1
    while place < len(given) - 1:
        place = upto(given, place, {"then", "else"})
        end = min(upto(given, place + 1, {"when", "else", "end"}), len(given) - 1)
        yield given[place + 1 : end]
        place = end


def formatted(arguments: list[Tokens], safe: set[str]) -> Iterator[str]:
    template = arguments[0]
    if template[0].lower() == "case" and template[-1].lower() == "end":
        for branch in branches(template):
            yield from formatted([branch, *arguments[1:]], safe)
        return
    if not all(is_literal(token) for token in template):
        yield " ".join(template)
        return
    following = 1
    for position, kind in _PLACEHOLDER.findall("".join(template).replace("%%", "")):
        place = int(position) if position else following
        following = place + 1
        if kind == "s":
            yield from pieces(arguments[place], safe)
        else:
            assert kind in "IL", f"format has no %{kind}"


def executed(given: Tokens) -> Iterator[Tokens]:
    """The expressions that `execute` runs."""
    for place, token in enumerate(given):
        if token.lower() == "execute":
            yield given[place + 1 : upto(given, place + 1, {"into", "using", "loop", ";"})]


def returned(given: Tokens) -> Iterator[Tokens]:
    """The expressions that a function returns: by `return`, or as the one of a `select`."""
    for place, token in enumerate(given):
        if token.lower() == "return" and given[place + 1].lower() not in ("query", "next"):
            yield given[place + 1 : upto(given, place + 1, {";"})]
    yield from assigned("statement", given)
    if given[:1] == ["select"]:
        yield given[1 : upto(given, 1, {"from", ";"})]


def assigned(variable: str, given: Tokens) -> Iterator[Tokens]:
    """The expressions that a variable is given, where it is declared, by `:=` or by `into`."""
    for place, token in enumerate(given):
        if token == variable and ":=" in given[place + 1 : place + 4]:
            start = given.index(":=", place) + 1
            yield given[start : upto(given, start, {";"})]
        elif token == variable and given[place - 1] == "into":
            start = max(at for at in range(place) if given[at] in ("select", "execute"))
            if given[start] == "select" and given[place + 1] in (";", "from"):
                yield given[start + 1 : place - 1]


def pasted(name: str) -> tuple[set[str], set[str]]:
    """What is pasted in a function, and which functions of ours write SQL for it."""
    given, safe = body(name), safe_variables(name)
    expressions = list(executed(given))
    if name in ROOTS or name in reached:
        expressions += returned(given)
    found: set[str] = set()
    followed: set[str] = set()
    while expressions:
        for piece in pieces(expressions.pop(), safe):
            if piece.isidentifier() and piece not in followed:
                followed.add(piece)
                more = list(assigned(piece, given))
                expressions += more
                if more:
                    continue
            if not (piece.isidentifier() and list(assigned(piece, given))):
                found.add(piece)
    calls = {piece for piece in found if piece.endswith("(") and piece[:-1].isidentifier()}
    return found - calls, {call[:-1] for call in calls}


reached: set[str] = set()


def reach() -> dict[str, set[str]]:
    """Follow all that is executed to the functions that write it."""
    while True:
        results = {name: pasted(name) for name in SOURCES}
        called = set().union(*(calls for _, calls in results.values()))
        if called <= reached:
            return {name: found for name, (found, _) in results.items() if found}
        reached.update(called)


PASTED = reach()


@pytest.mark.parametrize("name", sorted(PASTED.keys() | REVIEWED.keys()))
def test_whatever_is_pasted_into_sql_was_reviewed(name: str) -> None:
    assert PASTED.get(name, set()) == REVIEWED.get(name, {}).keys()


def is_template(given: Tokens) -> bool:
    """Whether this is a literal, or a `case` of literals."""
    if given[0].lower() == "case" and given[-1].lower() == "end":
        return all(map(is_template, branches(given)))
    return all(is_literal(token) for token in given)


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_no_text_is_formatted_twice(name: str) -> None:
    """A name in a template would be read as one: `100%s` asks for another argument."""
    given = body(name)
    for place in range(len(given) - 1):
        if given[place].lower() == "format" and given[place + 1] == "(":
            template = given[place + 2 : upto(given, place + 2, {",", ")"})]
            assert is_template(template), " ".join(template)


def test_what_runs_sql_pins_the_search_path() -> None:
    """But for what only such functions call."""
    free = {
        name
        for name, source in SOURCES.items()
        if list(executed(body(name))) and "\nset search_path = pg_catalog, pg_temp\n" not in source
    }
    assert free == {"_run_explain"}  # by _search
