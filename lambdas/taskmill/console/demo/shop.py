"""The shop of the demo: its cloud, whose past is played quickly, and whose present is real time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TextIO, cast

from taskmill.console.about import About
from taskmill.console.app import Console
from taskmill.console.demo import shop_tasks
from taskmill.console.demo.shop_logs import ShopLogs
from taskmill.console.demo.traffic import HOUR_MS, Act, Traffic
from taskmill.console.serving import in_process
from taskmill.model.clock import now_ms
from taskmill.testing.cloud import InProcessCloud
from taskmill.work.standstill import STANDSTILL

TENANT = "shop"
FROZEN_AT = datetime(2026, 1, 7, 14, 32, tzinfo=UTC)
PAST_HOURS = 26
SEED = 12
TICK_SECONDS = 0.25
WORKERS = 40  # of each queue: what a task does not begin at once, it waits for


class ShopCloud(InProcessCloud):
    """An in-process cloud that keeps its log lines, and plays the acts of a shop."""

    @cached_property
    def logs(self) -> ShopLogs:
        return ShopLogs(self.clock)

    def _log_stream(self) -> TextIO:
        return cast("TextIO", self.logs)

    def play(self, acts: Iterator[Act], next_act: Act, until: int) -> Act:
        """Do what customers do up to a time (epoch ms), and all that follows.

        Returns:
            The act that comes next.
        """
        with self.client(TENANT) as client:
            while next_act.at <= until:
                self.run_until(next_act.at)
                next_act.do(client)
                next_act = next(acts)
        self.run_until(until)
        return next_act


@contextmanager
def demo_cloud(
    *,
    frozen: bool = False,
    seed: int = SEED,
    past_hours: float = PAST_HOURS,
) -> Iterator[ShopCloud]:
    """A cloud with the past of a shop, which goes on in real time inside the `with` block.

    Args:
        frozen: Its time stands still at `FROZEN_AT`, so that pictures of it are always the same.
        past_hours: How long it has been in business.
    """
    now = int(FROZEN_AT.timestamp() * 1000) if frozen else now_ms()
    cloud = ShopCloud(
        modules=[shop_tasks.__name__],
        workers=WORKERS,
        environment={
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "POWERTOOLS_SERVICE_NAME": "shop",  # loggers of one name share a level
            "TASKMILL_TENANT": TENANT,
        },
    )
    cloud.now = now - round(past_hours * HOUR_MS)
    with cloud:
        shop_tasks.sleep_with(cloud.sleep)
        acts = Traffic(begins=cloud.now, now=now, seed=seed).acts()
        with STANDSTILL.hold():  # limits are of real time, of which the past takes hardly any
            next_act = cloud.play(acts, next(acts), now)
            if frozen:
                yield cloud
                return
        stop = threading.Event()
        thread = threading.Thread(target=_go_on, args=(cloud, acts, next_act, stop), daemon=True)
        thread.start()
        try:
            yield cloud
        finally:
            stop.set()
            thread.join(5)


def _go_on(cloud: ShopCloud, acts: Iterator[Act], next_act: Act, stop: threading.Event) -> None:
    """Let time pass as it really does, until it is stopped."""
    while not stop.wait(TICK_SECONDS):
        next_act = cloud.play(acts, next_act, round(time.time() * 1000))


def demo_console(cloud: ShopCloud, *, read_only: bool = False) -> Console:
    """The console of the demo."""
    upstream = in_process(cloud)
    about = About(url=upstream.url, tenant=TENANT, read_only=read_only, demo=True, logs=True)
    return Console(upstream=upstream, about=about, read_logs=cloud.logs.read)
