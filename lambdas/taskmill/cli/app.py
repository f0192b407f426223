"""The root command `taskmill`: its global options and its subcommands."""

from __future__ import annotations

from typing import Annotated

import typer

from taskmill.cli.access import types, whoami
from taskmill.cli.bulk.command import app as bulk
from taskmill.cli.call import Call
from taskmill.cli.callbacks import app as callbacks
from taskmill.cli.commands import Commands
from taskmill.cli.console.command import console, open_task
from taskmill.cli.dev.command import dev
from taskmill.cli.doctor.command import doctor
from taskmill.cli.explaining.command import explain
from taskmill.cli.health import health, redrive
from taskmill.cli.limits import app as limits
from taskmill.cli.limits import pause, pauses, resume
from taskmill.cli.logs.command import logs
from taskmill.cli.output import Output
from taskmill.cli.profiles.applied import with_profile
from taskmill.cli.profiles.command import use
from taskmill.cli.project.command import init
from taskmill.cli.schedules import app as schedules
from taskmill.cli.stack.cdk import PASSED_ON, bootstrap, deploy, destroy, diff
from taskmill.cli.stack.local import app as local
from taskmill.cli.statistics import errors, stats
from taskmill.cli.tasks.change import cancel, retry
from taskmill.cli.tasks.listing import list_tasks
from taskmill.cli.tasks.overviews import batches, failures, tree
from taskmill.cli.tasks.read import children, get, result, subtasks
from taskmill.cli.tasks.submit import map_inputs, submit
from taskmill.cli.tasks.tail import tail
from taskmill.cli.tasks.watch import watch
from taskmill.cli.workers.sweep import sweep
from taskmill.cli.workers.work import work

HELP = """Background tasks on AWS: submit them, follow them, get their results.

Global options may be given before or after the command."""

EPILOG = """[bold]Environment[/bold]

  TASKMILL_URL, TASKMILL_TENANT, TASKMILL_STACK: as the options. TASKMILL_PROFILE: see use.

  TASKMILL_TOKEN: a bearer token, for an API with Cognito or another issuer, in place of AWS keys.

[bold]Examples[/bold]

  taskmill submit data-export '{"year": 2024}' --wait

  taskmill map resize images.jsonl --tolerate 5% --wait

  taskmill list --status FAILED --json

  taskmill result data-export 01JZ3V8Q6D5N8T0R2W4Y6A8C0E

[bold]Exit codes[/bold]

  0 done, 1 task failed or cancelled, 2 usage, 3 not found, 4 unreachable or forbidden,

  5 timeout, 6 refused by the API, 130 interrupted"""

WITHOUT_PROFILE = {"dev", "explain", "init", "local", "use"}  # these mean this folder, or none

app = typer.Typer(
    cls=Commands,
    name="taskmill",
    help=HELP,
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:  # noqa: FBT001  # typer's callback
    if asked:
        from importlib.metadata import version

        typer.echo(f"taskmill {version('taskmill')}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    *,
    url: Annotated[
        str | None,
        typer.Option(
            envvar="TASKMILL_URL",
            help="URL of the API; by default that of the local cloud of this folder.",
        ),
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(envvar="TASKMILL_TENANT", help="The tenant that owns the tasks.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="AWS region, if the URL does not contain it.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="AWS profile for the credentials.")] = None,
    stack: Annotated[
        str | None,
        typer.Option(
            envvar="TASKMILL_STACK",
            help="Name of the stack, where the local cloud has several, and for logs on AWS.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print one JSON document to stdout, everything else to stderr."
        ),
    ] = False,
    version: Annotated[  # noqa: ARG001  # handled by its callback
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ] = False,
) -> None:
    # Python code that calls the app, such as a test, can pass an httpx transport as `obj`.
    call = Call(
        url=url,
        tenant=tenant,
        region=region,
        profile=profile,
        stack=stack,
        output=Output(as_json=as_json),
        transport=ctx.obj,
    )
    ctx.obj = call if ctx.invoked_subcommand in WITHOUT_PROFILE else with_profile(call)


app.command("submit")(submit)
app.command("map")(map_inputs)
app.command("get")(get)
app.command("list")(list_tasks)
app.command("subtasks")(subtasks)
app.command("children")(children)
app.command("tree")(tree)
app.command("batches")(batches)
app.command("failures")(failures)
app.command("watch")(watch)
app.command("tail")(tail)
app.command("result")(result)
app.command("logs")(logs)
app.command("console")(console)
app.command("open")(open_task)
app.command("cancel")(cancel)
app.command("retry")(retry)
app.command("init")(init)
app.command("dev")(dev)
app.command("work")(work)
app.command("sweep")(sweep)
app.command("use")(use)
app.command("whoami")(whoami)
app.command("types")(types)
app.command("stats")(stats)
app.command("errors")(errors)
app.command("health")(health)
app.command("redrive")(redrive)
app.command("pause")(pause)
app.command("resume")(resume)
app.command("pauses")(pauses)
app.command("doctor")(doctor)
app.command("explain")(explain)
for each in (deploy, diff, destroy, bootstrap):
    app.command(context_settings=PASSED_ON)(each)
app.add_typer(bulk, name="bulk")
app.add_typer(schedules, name="schedules")
app.add_typer(callbacks, name="callbacks")
app.add_typer(limits, name="limits")
app.add_typer(local, name="local")
