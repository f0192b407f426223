"""`taskmill init`: a new project with tasks, an app to deploy, tests and a CI workflow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.project.templates import TEMPLATES, make_project


def init(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(help="Of the project, and of its folder.")],
    template: Annotated[str, typer.Option(help=f"What it is: {', '.join(TEMPLATES)}.")] = "default",
) -> None:
    """Make a project: tasks, a CDK app, tests that pass, a CI workflow. Overwrites nothing."""
    call: Call = ctx.obj
    project = make_project(name, template, parent=Path.cwd())
    if call.output.as_json:
        call.output.json({"folder": str(project.folder), "files": project.files})
        return
    call.output.line(f"made {name} with {len(project.files)} files; next:")
    for command in project.next_commands:
        call.output.line(f"  {command}")
