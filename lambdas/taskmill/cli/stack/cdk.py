"""`taskmill deploy`, `diff`, `destroy` and `bootstrap`: the pinned CDK command line, without Node.

Arguments that are none of taskmill's go to the CDK as they are.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import typer

from taskmill.cli.call import Call
from taskmill.cli.exits import Exit
from taskmill.cli.installing import install_hint

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
# Options of the CDK with a value in the next argument, so that this is no name of a stack.
_WITH_VALUE = frozenset(
    [
        "-a",
        "--app",
        "-c",
        "--context",
        "-o",
        "--output",
        "-O",
        "--outputs-file",
        "--require-approval",
        "--method",
        "--progress",
        "--profile",
        "-r",
        "--role-arn",
        "--tags",
        "-t",
        "--parameters",
        "--concurrency",
        "--toolkit-stack-name",
        "--hotswap-fallback",
        "--build-exclude",
        "-E",
        "--change-set-name",
        "-p",
        "--plugin",
        "--template",
    ]
)


def deploy(ctx: typer.Context) -> None:
    """Deploy the CDK app of this folder to AWS: all stacks, or those that are named.

    Further arguments are those of `cdk deploy`, such as --require-approval never.
    """
    raise typer.Exit(_run(ctx.obj, "deploy", _of_stacks(ctx.obj, ctx.args)))


def diff(ctx: typer.Context) -> None:
    """Show what `deploy` would change on AWS. Further arguments are those of `cdk diff`."""
    raise typer.Exit(_run(ctx.obj, "diff", [*ctx.args, *_chosen(ctx.obj)]))


def bootstrap(ctx: typer.Context) -> None:
    """Prepare the AWS account and region for the CDK, once. Further arguments: `cdk bootstrap`."""
    raise typer.Exit(_run(ctx.obj, "bootstrap", ctx.args))


def destroy(ctx: typer.Context) -> None:
    """Delete the stacks of this folder's CDK app from AWS, after asking; --force does not ask.

    Further arguments are those of `cdk destroy`. Tables and buckets with tasks stay, unless the
    stack says that they are removable.
    """
    call: Call = ctx.obj
    arguments = _of_stacks(call, ctx.args)
    if not {"--force", "-f"} & set(arguments):
        place = _check_account(call)
        which = ", ".join(_named(arguments)) or "all stacks"
        typer.confirm(f"Delete {which} of this app {place}?", abort=True, err=True)
        arguments = [*arguments, "--force"]
    raise typer.Exit(_run(call, "destroy", arguments))


def _run(call: Call, command: str, arguments: Sequence[str]) -> int:
    try:
        from taskmill_local import LocalCloudError, run_cdk
    except ImportError as missing:
        call.output.note(
            f"taskmill: deploying needs more packages ({missing}): {install_hint('cdk')}"
        )
        return Exit.USAGE
    _check_account(call)
    profile = ["--profile", call.profile] if call.profile else []
    region = {"AWS_REGION": call.region, "AWS_DEFAULT_REGION": call.region} if call.region else {}
    try:
        return run_cdk(
            Path.cwd(),
            [command, *arguments, *profile],
            environment=region,
            report=call.output.note,
        )
    except LocalCloudError as error:
        call.output.notes(f"taskmill: {error}")
        return Exit.UNREACHABLE
    except ImportError as missing:
        call.output.note(
            f"taskmill: deploying needs more packages ({missing}): {install_hint('cdk')}"
        )
        return Exit.USAGE


def _check_account(call: Call) -> str:
    """Where the CDK will work, in words.

    Raises:
        NoAccount: Region or credentials are missing.
    """
    from taskmill.cli.aws_account import aws_session

    session = aws_session(profile=call.profile, region=call.region, url=None)
    profile = call.profile or os.environ.get("AWS_PROFILE")
    return f"in {session.region_name}" + (f" (profile {profile})" if profile else "")


def _of_stacks(call: Call, arguments: Sequence[str]) -> list[str]:
    """The arguments, with `--all` unless they name stacks."""
    every = [*arguments, *_chosen(call)]
    return every if _named(every) or "--all" in every else [*every, "--all"]


def _chosen(call: Call) -> list[str]:
    return [call.stack] if call.stack else []


def _named(arguments: Sequence[str]) -> list[str]:
    """The names of stacks among arguments of the CDK."""
    pairs = zip(["", *arguments], arguments, strict=False)
    return [
        word for before, word in pairs if not word.startswith("-") and before not in _WITH_VALUE
    ]
