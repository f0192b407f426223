"""Makes the console of a call, serves it, and shows it in the browser."""

from __future__ import annotations

import os
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
    try:
        from taskmill.console.place import bound
        from taskmill.console.serving import COMMAND, run
    except ImportError as missing:
        raise missing_extra(call, missing) from None
    with bound(port, command=COMMAND) as listener, suppress(KeyboardInterrupt):
        console = console_of(call, read_only=read_only)
        run(console, listener, lambda place: show(call, place, view, only_print=only_print))


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

    from taskmill.client.settings import find_tenant
    from taskmill.console.about import About
    from taskmill.console.app import Console
    from taskmill.console.upstream import Upstream

    settings = call.settings(_NOBODYS)
    settings.auth()  # so that a region that is missing is told now
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


def show(call: Call, place: Place, view: str, *, only_print: bool) -> None:
    """Print the address of a console, and open it in the browser unless told not to."""
    threading.Thread(target=warm_up, daemon=True).start()
    address = place.address(view)
    if call.output.as_json:
        call.output.json({"address": address, "url": place.url})
    else:
        call.output.line(address)
    sys.stdout.flush()
    if only_print:
        return
    call.output.note("opened in the browser; Ctrl-C stops it")
    threading.Thread(target=_browse, args=(address,), daemon=True).start()


def warm_up() -> None:
    """Import what the first request for data needs, while the browser starts."""
    import taskmill.client.auth
    import taskmill.http.app  # noqa: F401


def _browse(address: str) -> None:
    """Open a page in the browser; where none is, the address has been printed."""
    import webbrowser

    if os.environ.get("BROWSER") == "none":
        return
    with suppress(webbrowser.Error, OSError):
        webbrowser.open(address)
