"""The command `taskmill doctor`."""

from __future__ import annotations

import typer

from taskmill.cli.call import Call

_STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red"}


def doctor(ctx: typer.Context) -> None:
    """Check what commands depend on, and name the first thing that is wrong, with its fix.

    Versions, local cloud, settings, API, clock, credentials and tenant; then whether the newest
    tasks have code and workers. The exit code is 0 if nothing is wrong; warnings do not change it.
    """
    from taskmill.cli.doctor.checks import findings
    from taskmill.cli.doctor.findings import State

    call: Call = ctx.obj
    found = []
    for each in findings(call):
        found.append(each)
        if not call.output.as_json:
            call.output.line(f"{each.state:<8} {each.check}: {each.message}", _STYLES[each.state])
            if each.fix:
                call.output.line(f"{'':<8} fix: {each.fix}")
    if call.output.as_json:
        call.output.json(
            [
                {"check": each.check, "state": each.state, "message": each.message, "fix": each.fix}
                for each in found
            ]
        )
    if found[-1].state is State.WRONG:
        raise typer.Exit(found[-1].exit)
