"""The comparison with peers: what counts, what is held against what, and that both can fail."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from benchmarks.peers.counting_ministack import Counter
from benchmarks.peers.counts import Counts
from benchmarks.peers.findings import REQUIREMENTS, Chord, Findings, Latency, pinned
from benchmarks.peers.part import PART, plots, tables, targets
from benchmarks.peers.rates import Rates, measure, medians
from benchmarks.peers.trouble import Runs, Victim, later, victims

# Counting


async def answering(scope: Any, receive: Any, send: Any) -> None:
    """An emulator that reads what it is asked, and answers with nothing."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def waiting(scope: Any, receive: Any, send: Any) -> None:
    """An emulator that waits for a message which never comes."""
    await receive()
    await asyncio.sleep(60)


def request(who: str, *, target: str = "", path: str = "/") -> dict[str, Any]:
    headers = [(b"authorization", f"AWS4 Credential={who}/2026/us-east-1/sqs".encode())]
    headers += [(b"x-amz-target", target.encode())] if target else []
    return {"type": "http", "method": "POST", "path": path, "headers": headers}


async def ask(counter: Counter, scope: dict[str, Any], *bodies: bytes) -> bytes:
    """What it answers; the connection is closed when the request has been read."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": body, "more_body": each + 1 < len(bodies)}
        for each, body in enumerate(bodies or (b"{}",))
    ]
    sent: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message.get("body", b""))

    await counter(scope, receive, send)
    return b"".join(sent)


async def counted(counter: Counter) -> Counts:
    return Counts.of(json.loads(await ask(counter, request("", path="/_counts"))))


def test_calls_are_counted_by_who_makes_them_and_what_they_are() -> None:
    async def run() -> tuple[Counts, Counts]:
        counter = Counter(answering)
        for _ in range(3):
            await ask(counter, request("worker", target="DynamoDB_20120810.UpdateItem"))
        await ask(counter, request("other", target="AmazonSQS.SendMessage"))
        await ask(counter, request("worker"), b"Version=1&Action=Publish&Message=x")
        return await counted(counter), await counted(counter)

    first, second = asyncio.run(run())

    assert first.operations("worker") == {"UpdateItem": 3, "Publish": 1}
    assert first.operations("other") == {"SendMessage": 1}
    assert second.by_key == {}  # told once


def test_what_began_before_it_was_last_told_is_not_counted() -> None:
    async def run() -> Counts:
        counter = Counter(answering)
        go = asyncio.Event()

        async def slow(*_: Any) -> None:
            await go.wait()

        counter._app = slow
        call = asyncio.ensure_future(ask(counter, request("w", target="X.UpdateItem")))
        await asyncio.sleep(0)
        await counted(counter)
        go.set()
        await call
        return await counted(counter)

    assert asyncio.run(run()).by_key == {}


def test_a_receive_whose_caller_is_gone_does_not_wait_on() -> None:
    async def run() -> None:
        scope = request("w", target="AmazonSQS.ReceiveMessage")
        await asyncio.wait_for(ask(Counter(waiting), scope), timeout=10)

    asyncio.run(run())


def test_time_runs_from_the_first_receive_to_the_last_outcome() -> None:
    counts = Counts.of(
        {
            "w": {
                "DescribeTable": (1, 0.0, 1.0),
                "ReceiveMessage": (9, 10.0, 30.0),
                "UpdateItem": (5, 11.0, 14.0),
                "BatchExecuteStatement": (5, 11.0, 15.0),
                "DeleteMessageBatch": (5, 12.0, 16.0),
            }
        }
    )

    outcomes = ("UpdateItem", "BatchExecuteStatement")
    assert counts.seconds("w", first="ReceiveMessage", last=outcomes) == 5.0
    with pytest.raises(LookupError, match="stored nothing"):
        counts.seconds("w", first="ReceiveMessage", last=["PutItem"])
    with pytest.raises(LookupError, match="nobody"):
        counts.seconds("nobody", first="ReceiveMessage", last=outcomes)


# Rounds


class Cloud:
    """An emulator that tells of these counts, one after the other."""

    def __init__(self, *told: dict[str, Any]) -> None:
        self._told = [Counts.of(each) for each in ({}, *told)]

    def counts(self) -> Counts:
        return self._told.pop(0)

    def cpu_seconds(self) -> float:
        return 7.0 + len(self._told)

    def left(self, queue_url: str) -> int:  # noqa: ARG002
        return 0


class Side:
    """One that stores so many outcomes, whatever it is asked for."""

    name, key, stores, queue_url = "side", "w", ("PutItem",), ""

    def __init__(self, stored: int) -> None:
        self._outcomes = [100 + stored, 100]

    def fill(self, count: int) -> float:  # noqa: ARG002
        return 2.0

    @contextmanager
    def start(self) -> Iterator[None]:
        yield

    def outcomes(self) -> int:
        return self._outcomes.pop()


FILLING = {"p": {"SendMessage": (10, 0, 1)}, "observer": {"GetQueueAttributes": (99, 0, 1)}}
WORKING = {
    "w": {"ReceiveMessage": (1, 5.0, 5.1), "PutItem": (10, 5.2, 9.0)},
    "": {"GET x": (5, 0, 1)},
}


def test_a_round_counts_the_worker_and_all_others_but_not_who_looks() -> None:
    cloud: Any = Cloud(FILLING, WORKING)

    found = measure(cloud, Side(10), 10)

    assert (found.enqueued, found.completed) == (10 / 2.0, 10 / 4.0)
    assert found.worker_calls == {"ReceiveMessage": 0.1, "PutItem": 1}
    assert found.other_calls == {"SendMessage": 1}


@pytest.mark.parametrize("stored", [9, 11])
def test_a_round_without_an_outcome_for_every_task_is_refused(stored: int) -> None:
    cloud: Any = Cloud(FILLING, WORKING)

    with pytest.raises(RuntimeError, match=f"side stored {stored} outcomes of 10 tasks"):
        measure(cloud, Side(stored), 10)


def test_rates_are_medians() -> None:
    rounds = [
        Rates(100.0, 100 / seconds, 2.0, {"PutItem": calls}, {"SendMessage": 1})
        for seconds, calls in ((1.0, 1), (50.0, 10), (2.0, 1.1))
    ]

    found = medians(rounds)

    assert (found.completed, found.emulator_ms) == (50.0, 2.0)
    assert found.worker_calls == {"PutItem": 1.1}
    assert found.calls == pytest.approx(2.1)


# What is held against what


def rate(completed: float, calls: float) -> Rates:
    return Rates(100.0, completed, 2.0, {"PutItem": calls}, {"SendMessage": 0.5})


def found(ours: float, *, ended: bool = True, runs: int = 1, folder: Path) -> Findings:
    notes = folder / "notes"
    notes.write_text("begin 1.0\nbegin 9.5\n" + ("end 10.0\n" if ended else ""))
    files = [folder / f"later-{number}" for number in range(2)]
    for each in files:
        each.write_text("begin 1.0\n" * runs)
    return Findings(
        rates={
            "taskmill": rate(ours, 0.5),
            "Celery, prefork": rate(80.0, 3.5),
            "Celery, threads": rate(100.0, 3.5),
            "bare boto3": rate(400.0, 1.0),
        },
        latencies={name: Latency(0.1, 0.2) for name in ("taskmill", "Celery, threads")},
        chords={
            "taskmill": Chord(1.0, 1.2, right=True),
            "Celery, threads": Chord(4.0, 7.0, right=True),
        },
        victims=victims({"taskmill": notes}, {"taskmill": 2.0}),
        later=[later("taskmill, `delay_seconds`", files)],
    )


def verdicts(findings: Findings | None) -> dict[str, str]:
    return {each.name: each.verdict.split()[0] for each in targets(findings)}


def test_targets_are_held_against_the_better_pool_and_the_floor(tmp_path: Path) -> None:
    assert set(verdicts(found(200.0, folder=tmp_path)).values()) == {"holds"}

    slow = verdicts(found(190.0, folder=tmp_path))

    assert slow["completion rate over Celery's"] == "falls"
    assert slow["completion rate over the floor's"] == "falls"
    assert slow["AWS calls for a task over Celery's"] == "holds"


def test_a_task_that_was_lost_or_ran_twice_is_told(tmp_path: Path) -> None:
    told = verdicts(found(200.0, ended=False, runs=2, folder=tmp_path))

    assert told["tasks lost with a killed consumer"] == "falls"
    assert told["runs of a task for later, beyond the visibility timeout"] == "falls"


def test_a_quick_run_measures_nothing_and_says_so() -> None:
    section = PART.run(True, print)  # noqa: FBT003  # as every part

    assert {each.verdict for each in section.targets} == {"not measured"}
    assert (section.tables, section.plots) == ((), ())


def test_the_runs_of_a_killed_task_are_read_from_its_notes(tmp_path: Path) -> None:
    (victim,) = found(200.0, folder=tmp_path).victims

    assert victim.runs == Runs([1.0, 9.5], [10.0])
    assert victim.again_seconds == 7.5
    assert Victim("lost", 2.0, Runs.read(tmp_path / "nothing")).again_seconds is None


def test_tables_and_plots_tell_of_everybody(tmp_path: Path) -> None:
    findings = found(200.0, folder=tmp_path)

    told, drawn = tables(findings), plots(findings)

    for name in findings.rates:
        assert name in [row[0] for row in told[0].rows]
        assert all(name in plot.svg for plot in drawn)
    assert all(len(row) == len(table.columns) for table in told for row in table.rows)


def test_celery_is_pinned_and_no_dependency_of_the_product() -> None:
    product = (Path(__file__).parents[2] / "pyproject.toml").read_text()

    assert pinned("celery").split(".")[0] == "5"
    lines = REQUIREMENTS.read_text().splitlines()
    assert all(re.match(r"[\w.\[\]-]+==| +(--hash=sha256:|#)|#", line) for line in lines)
    assert "celery" not in product
