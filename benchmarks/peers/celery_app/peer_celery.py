"""Celery on SQS and DynamoDB, configured as its documentation advises for this kind of task.

Runs in an environment of its own. What changes between runs comes from variables: ``PEER_PORT``
of the emulator, ``PEER_KEY`` (whom the calls are counted for), ``PEER_QUEUE`` and
``PEER_ACKS_LATE``.
"""

import os
import time
from pathlib import Path

from celery import Celery
from celery.signals import worker_process_init

PORT, KEY, QUEUE = (os.environ[name] for name in ("PEER_PORT", "PEER_KEY", "PEER_QUEUE"))
RESULTS = "celery-results"

app = Celery("peers")
app.conf.update(
    broker_url=f"sqs://{KEY}:secret@localhost:{PORT}",
    broker_transport_options={
        "region": "us-east-1",
        "is_secure": False,
        "wait_time_seconds": 20,
        "polling_interval": 0,  # no pause besides the long poll
        # The queue is there already, as it would be in a stack; its visibility timeout holds.
        "predefined_queues": {QUEUE: {"url": f"http://localhost:{PORT}/000000000000/{QUEUE}"}},
    },
    broker_connection_retry_on_startup=True,
    task_default_queue=QUEUE,
    task_create_missing_queues=False,
    result_backend=f"dynamodb://{KEY}:secret@localhost:{PORT}/{RESULTS}",
    result_expires=None,  # the table's time to live is the table's
    task_acks_late=os.environ.get("PEER_ACKS_LATE") == "1",
    worker_prefetch_multiplier=10,
    worker_enable_remote_control=False,  # SQS has no broadcast
    worker_send_task_events=False,
)


@worker_process_init.connect
def connect_anew(**_: object) -> None:
    """A connection of its own for each process of the prefork pool.

    The backend connects before the pool forks, so all would write into one socket at a time.
    """
    app.backend._client = None  # noqa: SLF001  # it has no other door


@app.task(name="add")
def add(x: int, y: int) -> int:
    return x + y


@app.task(name="note")
def note(file: str, seconds: float) -> None:
    """Write down when it begins, and after so many seconds that it ended."""
    with Path(file).open("a") as notes:
        notes.write(f"begin {time.time()}\n")
    time.sleep(seconds)
    with Path(file).open("a") as notes:
        notes.write(f"end {time.time()}\n")


@app.task(name="work")
def work(file: str, number: int, seconds: float) -> int:
    """As taskmill's: it notes its begin and its end in a file that all of them share."""
    append(file, f"begin {number} {time.time()} {os.getpid()}")
    time.sleep(seconds)
    append(file, f"end {number} {time.time()} {os.getpid()}")
    return number


def append(file: str, line: str) -> None:
    """One write, so that lines of several processes do not mix."""
    with Path(file).open("ab", buffering=0) as notes:
        notes.write(f"{line}\n".encode())


@app.task(name="total")
def total(numbers: list[int]) -> int:
    return sum(numbers)
