"""The command `taskmill logs`."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.completing import complete_keys
from taskmill.cli.keys import parse_key

if TYPE_CHECKING:
    from taskmill.cli.logs.entries import Wanted
    from taskmill.cli.logs.reading import LogReader

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_AROUND = timedelta(minutes=1)  # clocks differ, and a task's last line may follow its end


def read_span(text: str) -> timedelta:
    """Parse a span such as 30m, 2h or 7d.

    Raises:
        typer.BadParameter: It has another form.
    """
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is no span such as 30m, 2h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def logs(
    ctx: typer.Context,
    key: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TYPE [CODE [INDEX]]]",
            help="A task, or all of a type; by default all that the workers log.",
            show_default=False,
            autocompletion=complete_keys,
        ),
    ] = None,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is logged from now on.")
    ] = False,
    since: Annotated[
        timedelta | None,
        typer.Option(
            parser=read_span,
            metavar="SPAN",
            help="How far back, as 30m, 2h or 7d; by default 10m, and for a task its whole life.",
        ),
    ] = None,
) -> None:
    """Show what tasks have logged, by print, logging or ctx.logger, from CloudWatch Logs.

    The same on AWS and on the local cloud. It calls AWS itself, with your credentials, which must
    allow cloudformation:ListStackResources, logs:FilterLogEvents and logs:GetLogEvents.
    """
    from taskmill.cli.aws_account import NoAccount
    from taskmill.cli.logs.shown import print_entry

    call: Call = ctx.obj
    try:
        reader, begin, end = reader_for(call, key or [], since)
        count = 0
        for entry in reader.follow(begin) if follow else reader.read(begin, end):
            print_entry(call.output, entry)
            count += 1
            if follow:
                sys.stdout.flush()
    except of_aws() as error:
        raise NoAccount(f"cannot read the logs: {error}") from None
    if not count:
        call.output.note(
            "nothing was logged; --since 1d looks back a day"
            if since is None
            else "nothing was logged in that time"
        )


def reader_for(
    call: Call, words: list[str], since: timedelta | None
) -> tuple[LogReader, int, int | None]:
    """The reader, and the times (epoch ms) from and until which it reads."""
    from taskmill.cli.aws_account import NoAccount, account_of
    from taskmill.cli.logs.groups import log_groups
    from taskmill.cli.logs.reading import LogReader
    from taskmill.client.outputs import api_outputs, are_of

    dev = api_outputs(stack=call.stack)
    if "Token" in dev and not call.profile and (not call.url or are_of(dev, call.url)):
        raise NoAccount("the logs of `taskmill dev` are in the terminal that it runs in")
    wanted, begin, end = _asked(call, words)
    account = account_of(call)
    url = None if account.stack else call.url
    groups = log_groups(account, account.stack_name(url), only_task_code=wanted is None)
    if since is not None or begin is None:
        begin = datetime.now(UTC) - (since or timedelta(minutes=10))
    reader = LogReader(account.client("logs"), groups, wanted)
    return reader, _ms(begin), None if end is None else _ms(end)


def _asked(call: Call, words: list[str]) -> tuple[Wanted | None, datetime | None, datetime | None]:
    """What is asked for, and the life of the task if it is one."""
    from taskmill.cli.logs.entries import Wanted

    if not words:
        return None, None, None
    if len(words) == 1 and not re.search(r"[#/]", words[0]):
        with call.client() as client:
            return Wanted(client.tenant, words[0]), None, None
    reference = parse_key(words)
    with call.client(reference.tenant) as client:
        task = reference.find(client)
    wanted = Wanted(task.tenant_code, task.type, task.code, task.index)
    ended = task.finished_at and task.finished_at + _AROUND
    return wanted, task.created_at and task.created_at - _AROUND, ended


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)


def of_aws() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError
