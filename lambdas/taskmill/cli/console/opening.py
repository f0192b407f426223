"""Makes the console of a call, serves it, and shows it in the browser."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import typer

from taskmill.cli.call import Call
from taskmill.cli.console.log_lines import reader_of
from taskmill.cli.exits import Exit
from taskmill.cli.installing import install_hint

if TYPE_CHECKING:
    from taskmill.console.app import Console
    from taskmill.console.serving import Place

_NOBODYS = "nobodys"  # a tenant for settings only: the page asks for one


def open_console(
    call: Call, *, view: str = "", port: int = 0, read_only: bool = False, only_print: bool = False
) -> None:
    """Serve a console for the API of a call, until Ctrl-C.

    Args:
        view: Of the page; see `Place.address`.
        port: 0: any free one.

    Raises:
        NotConfigured: As of `Call.client`.
        CannotServe: The port is taken.
    """
    if not read_only and not port and (running := _of_dev(call)):
        show(call, f"{running}{view}", only_print=only_print)
        return
    try:
        from taskmill.console.place import bound
        from taskmill.console.serving import COMMAND, run
    except ImportError as missing:
        raise missing_extra(call, missing) from None
    with bound(port, command=COMMAND) as listener, suppress(KeyboardInterrupt):
        console = console_of(call, read_only=read_only)
        run(console, listener, lambda place: _ready(call, place, view, only_print=only_print))


def open_demo(call: Call, *, port: int, read_only: bool, only_print: bool) -> None:
    """Serve the console of a made-up shop, until Ctrl-C.

    Raises:
        CannotServe: The port is taken.
    """
    try:
        from taskmill.console.demo.shop import demo_cloud, demo_console
        from taskmill.console.place import bound
        from taskmill.console.serving import COMMAND, run
    except ImportError as missing:
        raise missing_extra(call, missing) from None
    with bound(port, command=f"{COMMAND} --demo") as listener, suppress(KeyboardInterrupt):
        call.output.note("makes up a day of a shop; this takes some seconds")
        with demo_cloud() as cloud:
            console = demo_console(cloud, read_only=read_only)
            run(console, listener, lambda place: _ready(call, place, "", only_print=only_print))


def missing_extra(call: Call, missing: ImportError) -> typer.Exit:
    """Tell how to install what is missing."""
    call.output.note(f"taskmill: {missing.name} is not installed: {install_hint('console')}")
    return typer.Exit(Exit.USAGE)


def console_of(call: Call, *, read_only: bool) -> Console:
    """The console for the API that the options, the environment or a cloud of this folder name.

    Raises:
        NotConfigured: As of `Call.client`.
    """
    import httpx

    from taskmill.client.settings import find_tenant, region_in
    from taskmill.console.about import About
    from taskmill.console.app import Console
    from taskmill.console.upstream import Upstream

    settings = call.settings(_NOBODYS)
    if not (settings.token or settings.region or region_in(settings.url)):
        settings.auth()  # which region? It is told now, and costs time only here
    url = settings.url
    transport: Any = call.transport
    of_tests = transport if isinstance(transport, httpx.AsyncBaseTransport) else None
    return Console(
        upstream=Upstream(url, lambda: call.settings(_NOBODYS).auth(), of_tests),
        about=About(
            url=url,
            tenant=find_tenant(call.tenant, url),
            profile=call.using,
            read_only=read_only,
            logs=True,
        ),
        read_logs=reader_of(call),
    )


def _of_dev(call: Call) -> str | None:
    """The address of the console that the `taskmill dev` of this folder serves, if it is meant."""
    from taskmill.client.outputs import api_outputs, are_of

    outputs = api_outputs(stack=call.stack)
    is_meant = not call.url or are_of(outputs, call.url)
    return outputs.get("ConsoleUrl") if is_meant else None


def _ready(call: Call, place: Place, view: str, *, only_print: bool) -> None:
    threading.Thread(target=warm_up, daemon=True).start()
    show(call, place.address(view), only_print=only_print)
    if not only_print:
        call.output.note("Ctrl-C stops it")


def show(call: Call, address: str, *, only_print: bool) -> None:
    """Print the address of a console, and open it in the browser unless told not to."""
    if call.output.as_json:
        call.output.json({"address": address})
    else:
        call.output.line(address)
    sys.stdout.flush()
    if not only_print:
        threading.Thread(target=_browse, args=(address,)).start()


def warm_up() -> None:
    """Import what the first request for data needs, while the browser starts."""
    import taskmill.client.auth
    import taskmill.http.app  # noqa: F401


def _browse(address: str) -> None:
    """Open a page in the browser; where none is, the address has been printed."""
    import webbrowser

    with suppress(webbrowser.Error, OSError):
        webbrowser.open(address)
