"""Runs `taskmill dev`: starts the parts in order, serves until it is told to stop, ends them."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taskmill.console.place import ADDRESS, bound
from taskmill.console.serving import server_of
from taskmill.dev import state
from taskmill.dev.breakpoints import breakpoints
from taskmill.dev.cloud import RealTimeCloud
from taskmill.dev.doors import console_door
from taskmill.dev.place import STATE_FOLDER, announced, check_alone
from taskmill.dev.registry import DevRegistry
from taskmill.dev.reloading import Reloader
from taskmill.dev.server import build_server, warm_up
from taskmill.dev.terminal import Terminal
from taskmill.dev.watching import Watcher, tell_loaded
from taskmill.testing.counting import counted_by
from taskmill.wiring.process import use

if TYPE_CHECKING:
    import socket

TASKS_FILE = "tasks.json"


@dataclass(frozen=True, kw_only=True)
class DevServer:
    """The settings of one run.

    Attributes:
        project: The folder in which clients find the server.
        folder: Of the task modules.
        modules: Their names; none: those in the folder that declare tasks.
        factory: "module:Class" of a `TaskEventFactory`.
        port: 0: any free one.
        concurrency: How many tasks run side by side.
        began: When the process began, by `time.time`.
    """

    project: Path
    folder: Path
    modules: Sequence[str] = ()
    factory: str | None = None
    port: int
    concurrency: int
    no_timeouts: bool = False
    fresh: bool = False
    began: float

    def run(self) -> None:
        """Serve until Ctrl-C or SIGTERM.

        Raises:
            CannotServe: The port is taken, or another one runs in this folder.
        """
        check_alone(self.project)
        with bound(self.port, command="taskmill dev") as listener, ExitStack() as stack:
            self._serve(listener, stack)

    def _serve(self, listener: socket.socket, stack: ExitStack) -> None:
        port = listener.getsockname()[1]
        url, terminal = f"http://{ADDRESS}:{port}", Terminal()
        registry = DevRegistry(factory=self.factory, no_timeouts=self.no_timeouts)
        cloud = RealTimeCloud(registry, terminal, url=url, concurrency=self.concurrency)
        stack.enter_context(use(cloud.wiring))
        stack.enter_context(counted_by(cloud.pump.counting.count))
        stack.enter_context(breakpoints(terminal))
        sys.path.insert(0, str(self.folder))
        reloader = Reloader(self.folder, self.modules, registry)
        tell_loaded(terminal, reloader.load())
        self._restore(cloud, terminal)
        watcher = Watcher(reloader, terminal)
        door = console_door(url, self.project / STATE_FOLDER)
        stack.callback(door.listener.close)
        terminal.link = door.link
        address = door.place.address()
        server = server_of(
            door.beside(build_server(cloud, port)),
            lambda: self._tell_ready(terminal, url, address),
            lifespan="off",
        )
        stack.enter_context(announced(self.project, url, address))
        cloud.start()
        watcher.start()
        with suppress(KeyboardInterrupt):
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            server.run(sockets=[listener, door.listener])
        watcher.stop()
        cloud.stop()
        left = state.save(cloud, self._file)
        terminal.line(f"stopped; {_counted(left)}, kept for the next start")

    def _restore(self, cloud: RealTimeCloud, terminal: Terminal) -> None:
        if self.fresh:
            self._file.unlink(missing_ok=True)
        try:
            left = state.load(cloud, self._file)
        except (ValueError, KeyError, TypeError) as error:
            terminal.line(f"{self._file} cannot be read, so tasks begin anew: {error}")
            return
        if left:
            terminal.line(f"{_counted(left)} of the last run; taskmill dev --fresh drops them")

    def _tell_ready(self, terminal: Terminal, url: str, console: str) -> None:
        threading.Thread(target=warm_up, daemon=True).start()
        seconds = time.time() - self.began
        terminal.line(f"ready in {seconds:.1f} s at {url}", colour="green")
        terminal.line(f"console: {console}")
        terminal.line("try in another terminal: taskmill submit TYPE 'INPUT' --wait; Ctrl-C stops")

    @property
    def _file(self) -> Path:
        return self.project / STATE_FOLDER / TASKS_FILE


def _counted(tasks: int) -> str:
    return "no open tasks" if not tasks else f"{tasks} open task{'s' if tasks > 1 else ''}"
