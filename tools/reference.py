"""Make the reference pages in docs/ from the code, or check that they are fresh.

docs/python.md comes from the docstrings of the client, docs/sql.md from the headers of the
public functions, docs/cli.md from the help of the commands. Each page begins with a table of
contents.

usage: python tools/reference.py [--check]
"""

from __future__ import annotations

import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

import pgvectorize
from pgvectorize import cli, errors, models

ROOT = Path(__file__).parent.parent
# The rooms of sql/functions that have public functions, in the order of the page.
SECTIONS = {
    "Indexes": ("indexes", "catalog"),
    "Writes": ("writes",),
    "Search": ("search", "explain"),
    "Reads": ("reads",),
    "Metadata indexes": ("metadata_indexes",),
    "HNSW indexes": ("builds",),
    "Recall": ("recall",),
    "Adoption": ("adoption",),
    "Operating": ("doctor", "operating"),
    "Roles": ("grants",),
    "Limits": ("limits",),
}
MADE = "<!-- Made by `make sync`; edit {} instead. -->\n"


def python_page() -> Iterator[str]:
    yield MADE.format("the docstrings")
    yield "# Python\n"
    yield (
        "`AsyncClient` and `AsyncIndex` have the same methods, awaited; "
        "`await AsyncClient.connect(…)` is `connect(…)`.\n"
    )
    kinds = {kind: list(_rooms(kind)) for kind in (pgvectorize.Client, pgvectorize.Index)}
    for kind, rooms in kinds.items():
        yield f"## {kind.__name__}\n\n{inspect.getdoc(kind)}\n"
        for room, functions in rooms:
            yield f"### {kind.__name__}: {room}\n"
            for name, function in functions.items():
                signature = _signature(name, function)
                yield f"#### {kind.__name__}.{name}\n\n```text\n{signature}\n```\n"
                yield f"{inspect.getdoc(function)}\n"
    yield f"## embedded\n\n```text\n{_signature('embedded', pgvectorize.embedded)}\n```\n"
    yield f"{inspect.getdoc(pgvectorize.embedded)}\n"
    yield "## embedding\n"
    yield "`from pgvectorize.embedding import …`; see [embedding.md](embedding.md).\n"
    for name in pgvectorize.embedding.__all__:
        value = getattr(pgvectorize.embedding, name)
        yield f"### {name}\n"
        if value in (pgvectorize.embedding.HttpEmbedder, pgvectorize.embedding.as_embedder):
            yield f"```text\n{_signature(name, value)}\n```\n"
        yield f"{inspect.getdoc(value)}\n"
    yield "## Values\n"
    for name in pgvectorize.__all__:
        value = getattr(pgvectorize, name)
        if hasattr(value, "__dataclass_fields__"):
            yield f"### {name}\n\n{inspect.getdoc(value)}\n"
            yield (
                "\n".join(
                    f"- `{field.name}`: `{field.type}`"
                    for field in value.__dataclass_fields__.values()
                )
                + "\n"
            )
    yield "## Types\n"
    aliases = re.findall(r"^(\w+): TypeAlias = (.+)$", inspect.getsource(models), re.MULTILINE)
    yield "\n".join(f"- `{name}`: `{alias}`" for name, alias in sorted(aliases)) + "\n"
    tree = inspect.getdoc(errors) or ""
    yield f"## Errors\n\n```text\n{tree.partition(chr(10))[2].strip()}\n```\n"


def _rooms(kind: type) -> Iterator[tuple[str, dict[str, Any]]]:
    """The public methods of a class by the rooms, which are modules, that they come from."""
    for part in kind.__mro__:
        functions = {
            name: getattr(method, "__func__", method)
            for name, method in vars(part).items()
            if not name.startswith("_") and inspect.isroutine(method)
        }
        if functions:
            room = part.__module__.rpartition(".")[2].replace("_", " ")
            yield "connections" if part is kind else room, functions


def sql_page() -> Iterator[str]:
    yield MADE.format("sql/functions/")
    yield "# SQL\n"
    yield (
        "Functions are in schema `pgvectorize` and are called with named arguments, "
        "`pgvectorize.query(index => 'docs', …)`; those with a default may be left out.\n"
    )
    paths = list((ROOT / "sql" / "functions").rglob("[!_]*.sql"))
    known = {room for rooms in SECTIONS.values() for room in rooms}
    assert {path.parent.name for path in paths} == known, "SECTIONS names other rooms"
    for title, rooms in SECTIONS.items():
        yield f"## {title}\n"
        inside = (path for path in paths if path.parent.name in rooms)
        for path in sorted(inside, key=lambda path: path.stem):
            text = path.read_text(encoding="utf-8")
            head, body = text.split("create or replace function ", 1)
            prose = re.sub(r"^-- ?", "", head, flags=re.MULTILINE).strip()
            signature = body.split("\nlanguage ", 1)[0].replace("@vector@.", "")
            yield f"### {path.stem}\n\n```text\n{signature}\n```\n\n{_as_list(prose)}\n"
    yield "## Types\n\nWhat the functions return; `values` is a `vector`.\n"
    revisions = "".join(
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "migrations" / "versions").glob("*.py"))
    )
    for name, attributes in re.findall(
        r"create type pgvectorize\.(\w+) as \((.*?)\)\s*\"", revisions, flags=re.DOTALL
    ):
        added = re.findall(rf"alter type pgvectorize\.{name}\s(.*?)\"", revisions, flags=re.DOTALL)
        attributes = ",".join([attributes, *added]).replace("add attribute", "")
        listed = (" ".join(each.replace("{vector}.", "").split()) for each in attributes.split(","))
        yield f"- `{name}`: " + ", ".join(f"`{each}`" for each in listed)
    yield ""


def cli_page() -> Iterator[str]:
    yield MADE.format("the commands in pgvectorize/cli/")
    yield "# Command line\n"
    context = click.Context(cli.main, info_name="pgvectorize", terminal_width=80)
    yield f"```text\n{cli.main.get_help(context)}\n```\n"
    for group, names in _groups(cli.main.get_help(context), cli.main.list_commands(context)):
        yield f"## {group}\n"
        for name in names:
            command = cli.main.get_command(context, name)
            assert command is not None
            inner = click.Context(command, info_name=name, parent=context)
            yield f"### {name}\n\n```text\n{command.get_help(inner)}\n```\n"


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "python.md": python_page,
    "sql.md": sql_page,
    "cli.md": cli_page,
}


def _groups(text: str, commands: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Return the commands as `--help` lists them: each group with its names."""
    for section in re.split(r"^(?=\S.*:$)", text, flags=re.MULTILINE)[1:]:
        title, _, lines = section.partition(":\n")
        listed = re.findall(r"^  (\S+)", lines, flags=re.MULTILINE)
        names = [name for name in listed if name in commands]
        if names:
            yield title, names


def _with_contents(page: str) -> str:
    """Put a table of contents before the first section.

    A heading that has others below it is a line; what has none stands behind it in that line.
    """
    found = re.findall(r"^(##+) (.+)$", _without_code(page), flags=re.MULTILINE)
    lines: list[tuple[str, list[str]]] = []
    counted: Counter[str] = Counter()
    for (level, title), (after, _) in zip(found, [*found[1:], ("", "")], strict=True):
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")  # as GitHub makes it
        repeated = f"-{counted[anchor]}" if counted[anchor] else ""
        counted[anchor] += 1
        link = f"[{re.split('[.:] ?', title)[-1]}](#{anchor}{repeated})"
        if level == "##" or len(after) > len(level):
            lines.append((f"{'  ' * (len(level) - 2)}- {link}", []))
        else:
            lines[-1][1].append(link)
    intro, separator, sections = page.partition("\n## ")
    contents = "\n".join(": ".join(filter(None, [line, ", ".join(rest)])) for line, rest in lines)
    return f"{intro}\n{contents}\n{separator}{sections}"


def _without_code(page: str) -> str:
    return re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)


def _signature(name: str, function: Any) -> str:
    """Write a signature with one parameter a line where it is long."""
    signature = inspect.signature(function)
    parameters = [
        each for each in signature.parameters.values() if each.name not in ("self", "cls")
    ]
    text = f"{name}{signature.replace(parameters=parameters)}".replace("'", "")
    if len(text) <= 88:
        return text
    lines: list[str] = []
    keyword_only = False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            lines.append("*")
        lines.append(_unquoted(str(parameter)))
    body = ",\n    ".join(lines)
    return f"{name}(\n    {body},\n) -> {signature.return_annotation}"


def _unquoted(signature: str) -> str:
    """Take the quotes from annotations, which are strings at run time."""
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", signature)


def _as_list(prose: str) -> str:
    """Turn the parameters in a header into a list.

    One is "name    what it is", or several names with commas; what it is may begin in the next
    line. Lines that go on are indented.
    """
    prose = re.sub(r"(?<=[^\n])\n(?= {4}pgvectorize)", "\n\n", prose)

    def item(found: re.Match[str]) -> str:
        names = ", ".join(f"`{name}`" for name in found[1].split(", "))
        return f"- {names}: {' '.join(found[2].split())}"

    return re.sub(
        r"^(\w+(?:, \w+)*)(?: {2,}|\n {3,})(.+(?:\n {3,}.+)*)$", item, prose, flags=re.MULTILINE
    )


def main() -> None:
    stale = []
    for name, page in PAGES.items():
        wanted = _with_contents("\n".join(page()))
        path = ROOT / "docs" / name
        if "--check" not in sys.argv:
            path.write_text(wanted, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != wanted:
            stale.append(f"docs/{name}")
    if stale:
        sys.exit(f"{', '.join(stale)}: not what the code makes; run: make sync")


if __name__ == "__main__":
    main()
