"""The reference of the command line, from the Typer app itself."""

import re

import typer
from typer.cli import get_docs_for_click
from typer.main import get_command

from taskmill.cli.app import app

TITLE = "Command line"
_BOLD = re.compile(r"\[bold\](.*?)\[/bold\]")
_EXAMPLE = re.compile(r"^ {2}(taskmill .*)$", re.MULTILINE)


def page() -> str:
    """All commands with their arguments and options, in Markdown."""
    command = get_command(app)
    text = get_docs_for_click(
        obj=command, ctx=typer.Context(command, info_name="taskmill"), name="taskmill", title=TITLE
    )
    return _EXAMPLE.sub(r"    \1", _BOLD.sub(r"**\1**", text))
