"""What a finding, an advice or an error suggests, as a command instead of SQL."""

from __future__ import annotations

import shlex
from typing import Any

import click

from pgvectorize import Finding, PgVectorizeError
from pgvectorize.cli.output import to_json

# commands that have another name than their action, with what else they need
_COMMANDS = {"delete_index": ["delete", "--force"]}


def command(suggested: Finding | PgVectorizeError) -> str | None:
    """Return the command that performs an action; None if there is no action."""
    if suggested.action is None:
        return None
    from pgvectorize.cli import main

    arguments = dict(suggested.arguments or {})
    name, *rest = _COMMANDS.get(suggested.action, [suggested.action.replace("_", "-")])
    if arguments.pop("rebuild", False):
        name = "rebuild"
    found = main.get_command(click.Context(main), name)
    assert found is not None
    words: list[str] = []
    for parameter in found.params:
        key = "index" if parameter.name == "name" and "index" in arguments else parameter.name
        if key in arguments:
            flags = [] if isinstance(parameter, click.Argument) else [max(parameter.opts, key=len)]
            words += [*flags, str(arguments[key])]
    return shlex.join(["pgvectorize", name, *words, *rest])


def with_command(text: str, suggested: Finding | PgVectorizeError) -> str:
    """Return a text that says the command where it says the SQL."""
    said = command(suggested)
    return text if said is None or suggested.fix is None else text.replace(suggested.fix, said)


def finding_json(finding: Finding) -> dict[str, Any]:
    return {**to_json(finding), "command": command(finding)}
