"""Serves a console: on a socket of this machine, in this thread or in one of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from taskmill.console.about import About
from taskmill.console.app import Console
from taskmill.console.logs import ReadLogs
from taskmill.console.place import ADDRESS, bound
from taskmill.console.static_files import FOLDER
from taskmill.console.upstream import Upstream

if TYPE_CHECKING:
    import uvicorn

    from taskmill.testing.cloud import InProcessCloud

Lifespan = Literal["on", "off"]  # whether the application is told of start and end
COMMAND = "taskmill console"
START_SECONDS = 10.0


@dataclass(frozen=True)
class Place:
    """Where a console is.

    Attributes:
        url: Of the server, without a slash at the end.
        key: What requests for data must show as `x-taskmill-key`.
    """

    url: str
    key: str

    def address(self, view: str = "") -> str:
        """What to open in a browser.

        Args:
            view: Of the page, beginning with a slash: `/acme/tasks`; its overview by default.
        """
        return f"{self.url}/#k={self.key}{view}"


def run(console: Console, listener: socket.socket, ready: Callable[[Place], None]) -> None:
    """Serve in this thread until it is interrupted.

    Args:
        ready: Called once requests are answered.
    """
    place = place_of(console, listener)
    _server(console, listener, lambda: ready(place)).run(sockets=[listener])


@contextmanager
def serve(
    served: Console | Upstream | InProcessCloud,
    port: int = 0,
    *,
    tenant: str | None = "acme",
    read_only: bool = False,
    environment: str | None = None,
    read_logs: ReadLogs | None = None,
    static: Path = FOLDER,
) -> Iterator[Place]:
    """Serve a console inside a `with` block, in a thread: for tests and demos.

    Args:
        served: The console; or the API or cloud in which its page reads, and then the options.
        port: 0: any free one.
    """
    if isinstance(served, Console):
        console = served
    else:
        upstream = served if isinstance(served, Upstream) else in_process(served)
        about = About(
            url=upstream.url,
            tenant=tenant,
            read_only=read_only,
            environment=environment,
            logs=read_logs is not None,
        )
        console = Console(upstream=upstream, about=about, read_logs=read_logs, static=static)
    with _served(console, port) as place:
        yield place


@contextmanager
def _served(console: Console, port: int) -> Iterator[Place]:
    started = threading.Event()
    with bound(port, command=COMMAND) as listener:
        server = _server(console, listener, started.set)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            if not started.wait(START_SECONDS):
                raise RuntimeError("the server of the console did not start")
            yield place_of(console, listener)
        finally:
            server.should_exit = True
            thread.join(START_SECONDS)


def in_process(cloud: InProcessCloud) -> Upstream:
    """The API of an in-process cloud, which takes anybody's word."""
    from taskmill.testing.over_http.transport import InProcessTransport

    return Upstream("http://in-process", lambda: None, InProcessTransport(cloud))


def place_of(console: Console, listener: socket.socket) -> Place:
    """Where a console is that is served on a socket."""
    return Place(f"http://{ADDRESS}:{listener.getsockname()[1]}", console.key)


def _server(console: Console, listener: socket.socket, ready: Callable[[], None]) -> uvicorn.Server:
    return server_of(console.application(listener.getsockname()[1]), ready)


def server_of(
    application: Any, ready: Callable[[], None], *, lifespan: Lifespan = "on"
) -> uvicorn.Server:
    """A server that logs nothing, speaks plain HTTP/1.1, and tells when it has started."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets=sockets)
            ready()

    return Server(
        uvicorn.Config(
            application,
            log_config=None,
            log_level="critical",
            access_log=False,
            http="h11",  # the strict one; another is installed in some environments
            ws="none",
            lifespan=lifespan,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )
