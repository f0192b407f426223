"""Real threads for the executions of the real-time cloud."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context


class RealActor:
    """A call in a thread of its own."""

    def __init__(self) -> None:
        self.ended = False
        self.error: BaseException | None = None


class RealStage:
    """Starts calls in threads.

    Args:
        ended: Called after the end of each.
    """

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended

    def act(self, call: Callable[[], None]) -> RealActor:
        actor, context = RealActor(), copy_context()

        def run() -> None:
            try:
                context.run(call)
            except BaseException as error:  # noqa: BLE001  # raised again by who awaits it
                actor.error = error
            actor.ended = True
            self._ended()

        threading.Thread(target=run, daemon=True).start()
        return actor
