"""Submits to Celery. Reads a line of JSON for each thing to do, and answers with one.

A process that stays: what it takes to start it is not measured.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from celery import chord
from peer_celery import RESULTS, add, app, note, total, work

LOOK_SECONDS = 0.004


def submit(count: int) -> dict[str, Any]:
    """So many tasks, one after the other; the producer keeps its connection."""
    started = time.monotonic()
    with app.producer_pool.acquire(block=True) as producer:
        for each in range(count):
            add.apply_async((each, each), producer=producer)
    return {"seconds": time.monotonic() - started}


def latencies(count: int) -> dict[str, Any]:
    """Seconds from submit to stored result, of one task at a time."""
    client, found = app.backend.client, []
    for each in range(count):
        started = time.monotonic()
        key = app.backend.get_key_for_task(add.delay(each, each).id)
        wanted = {"id": {"S": key if isinstance(key, str) else str(key)}}
        while "Item" not in client.get_item(TableName=RESULTS, Key=wanted):
            time.sleep(LOOK_SECONDS)
        found.append(time.monotonic() - started)
    return {"seconds": found}


def write_note(file: str, seconds: float, countdown: float, delay: float) -> dict[str, Any]:
    """One task that writes down its runs, `countdown` by Celery or `delay` by SQS from now."""
    options = {"countdown": countdown} if countdown else {}
    options |= {"delay_seconds": int(delay)} if delay else {}
    return {"id": note.apply_async((file, seconds), **options).id}


def submit_work(file: str, seconds: list[float]) -> dict[str, Any]:
    """A task for each duration, one after the other; the producer keeps its connection."""
    with app.producer_pool.acquire(block=True) as producer:
        for number, each in enumerate(seconds):
            work.apply_async((file, number, each), producer=producer)
    return {"count": len(seconds)}


def run_chord(count: int) -> dict[str, Any]:
    started = time.monotonic()
    result = chord(add.s(each, each) for each in range(count))(total.s())
    value = result.get(timeout=120, interval=0.05)
    return {"seconds": time.monotonic() - started, "value": value}


DOES: dict[str, Callable[..., dict[str, Any]]] = {
    "submit": submit,
    "latencies": latencies,
    "note": write_note,
    "work": submit_work,
    "chord": run_chord,
}

if __name__ == "__main__":
    for line in sys.stdin:
        what, *arguments = json.loads(line)
        print(json.dumps(DOES[what](*arguments)), flush=True)
