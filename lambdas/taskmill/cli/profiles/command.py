"""The command `taskmill use`."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taskmill.cli.call import Call

if TYPE_CHECKING:
    from taskmill.cli.profiles.store import Profile, Profiles

LOCAL = "local"  # the name for no profile: what runs in this folder
_OPTIONS = {
    "url": "url",
    "tenant": "tenant",
    "profile": "aws_profile",
    "region": "region",
    "stack": "stack",
}


def use(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="The profile; 'local' for none, so that what runs in this folder is used.",
            show_default=False,
        ),
    ] = None,
    *,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the profile.")] = False,
) -> None:
    """Choose the profile that commands use, or list them all.

    With --url, --tenant, --profile, --region or --stack, these are kept in it; a new name makes a
    new profile. Options and environment variables win over a profile; with another --url, nothing
    of it is used. TASKMILL_PROFILE chooses one for a shell.
    """
    from taskmill.cli.profiles.store import Profiles

    call: Call = ctx.obj
    profiles = Profiles.read()
    given = _given(ctx)
    if name is None:
        _print(call, profiles)
        return
    if delete:
        profiles.get(name)
        del profiles.named[name]
        profiles.current = None if profiles.current == name else profiles.current
    elif name == LOCAL:
        profiles.current = None
    else:
        if given:
            profiles.named[name] = replace(profiles.named.get(name) or _new(given), **given)
        profiles.get(name)
        profiles.current = name
    profiles.save()
    _print(call, profiles)


def _given(ctx: typer.Context) -> dict[str, Any]:
    """The global options that stand on the command line, by the names of a profile's fields."""
    root = ctx.find_root()
    return {
        kept: root.params[option]
        for option, kept in _OPTIONS.items()
        if str(getattr(root.get_parameter_source(option), "name", "")) == "COMMANDLINE"
    }


def _new(given: dict[str, Any]) -> Profile:
    from taskmill.cli.profiles.store import NoProfile, Profile

    if "url" not in given:
        raise NoProfile("a new profile needs the --url of its API (the stack output ApiUrl)")
    return Profile()


def _print(call: Call, profiles: Profiles) -> None:
    if call.output.as_json:
        named = {name: asdict(profile) for name, profile in profiles.named.items()}
        call.output.json({"current": profiles.current, "profiles": named})
        return
    rows = [
        ("*" if name == profiles.current else "", name, profile.tenant or "", profile.url or "")
        for name, profile in sorted(profiles.named.items())
    ]
    call.output.table(("", "NAME", "TENANT", "URL"), rows)
    if profiles.current is None:
        call.output.note("no profile is used: commands mean what runs in this folder")
