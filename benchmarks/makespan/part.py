"""Real work as a part of the benchmarks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks import plots as draw
from benchmarks.makespan import batches, deployed, hops, virtual
from benchmarks.makespan.batches import Batch
from benchmarks.makespan.deployed import FAN_OUT, MANY, MIXED, TEN, WORKERS, OnCloud, Took
from benchmarks.makespan.hops import ONE, SUBMIT, TEN_CHILDREN, Path
from benchmarks.makespan.virtual import Played, Work
from benchmarks.peers.findings import pinned
from benchmarks.section import Part, Plot, Report, Section, Table, Target, prose

LARGE = Work(tasks=10_000, seconds=60.0, workers=100, deliveries=2)
LARGE_QUICK = Work(tasks=1_000, seconds=60.0, workers=100, deliveries=2)
SMALL = (Work(tasks=10, seconds=5.0, workers=10), Work(tasks=100, seconds=5.0, workers=100))
SMALL_DOUBLED = tuple(Work(w.tasks, w.seconds, w.workers, deliveries=2) for w in SMALL)
BATCH_SHARE_QUICK = 0.1
MOST_HOPS = {SUBMIT: 0, ONE: 0, TEN_CHILDREN: 1}
CLOUD_NOTE = (
    "Medians of the rounds. The wait is that of 95% of the tasks behind the first"
    f" {deployed.LONG}: of the short ones, where these are the long ones."
)
HOPS_NOTE = (
    f"A delivery of the stream takes {hops.STREAM_MS} ms and one of the queue {hops.QUEUE_MS} ms,"
    " medians of what others measured on AWS (bitesizedserverless.com, 2022). Assumed are"
    f" {hops.API_MS} ms for the API, {hops.CLAIM_MS} ms for a claim, {hops.COUNT_MS} ms for"
    " counting an end, and warm functions."
)


@dataclass(frozen=True)
class Findings:
    """All that was measured."""

    on_cloud: OnCloud
    played: Sequence[Played]
    batch: Batch
    paths: Sequence[Path]

    @property
    def large(self) -> Played:
        return max(self.played, key=lambda each: each.work.tasks)


def run(quick: bool, report: Report) -> Section:  # noqa: FBT001  # as every part
    found = _find(quick=quick, report=report)
    return Section(
        name="makespan",
        title="Real work: tasks of seconds and minutes",
        words=prose(
            "makespan/words.md",
            workers=WORKERS,
            celery=pinned("celery"),
            ten=TEN.rounds,
            mixed=MIXED.rounds,
            batch=found.batch.subtasks,
            count=batches.COUNT,
        ),
        targets=targets(found),
        tables=tables(found),
        plots=[plot(found.on_cloud)],
    )


PART = Part("makespan", run)


def _find(*, quick: bool, report: Report) -> Findings:
    on_cloud = deployed.measure(quick=quick, report=report)
    played = []
    for work in (*SMALL, *SMALL_DOUBLED, LARGE_QUICK if quick else LARGE):
        report(f"in virtual time: {work}")
        played.append(virtual.play(work))
    report("a batch of async subtasks")
    batch = batches.run(share=BATCH_SHARE_QUICK if quick else 1.0)
    return Findings(on_cloud, played, batch, hops.count())


def targets(found: Findings) -> list[Target]:
    """Each figure against its goal. Counts, and virtual time, are the same in every run."""
    return [*_of_cloud(found.on_cloud), *_of_virtual_time(found)]


def _of_cloud(found: OnCloud) -> Iterator[Target]:
    target = partial(Target, deterministic=False)
    ours, celery = found.ours, found.celery
    many = ours[MANY.name].ended
    over_celery = many / celery[MANY.name].ended if celery else None
    fan_out = ours[FAN_OUT.name]
    yield target(f"{TEN.name}: s until all are done", ours[TEN.name].ended, 8.0)
    yield target(f"{MANY.name}: time over the ideal", many / MANY.ideal, 1.5)
    yield target(f"{MANY.name}: time over Celery's", over_celery, 1.0)
    yield target(f"{MIXED.name}: p95 of the short ones' wait, s", ours[MIXED.name].short_wait, 3.0)
    yield target(f"{FAN_OUT.name}: s from the first start", fan_out.ended - fan_out.began, 3.0)


def _of_virtual_time(found: Findings) -> Iterator[Target]:
    large, batch = found.large, found.batch
    yield Target(f"{large.work}: time over the ideal", large.over_ideal, 1.05)
    yield Target(f"{large.work}: tasks that failed", large.failed, 0)
    yield Target(f"{large.work}: tasks that ran twice", large.again, 0)
    yield Target(
        f"GB-seconds of {batches.COUNT:,} async x 1 s over one by one",
        batch.ratio,
        0.12,
        deterministic=False,
    )
    for path in found.paths:
        name = f"deliveries of the stream, {path.name}"
        yield Target(name, path.hops, MOST_HOPS[path.name])


def tables(found: Findings) -> list[Table]:
    """The same figures, and those around them."""
    return [
        _cloud_table(found.on_cloud),
        _virtual_table(found.played),
        _batch_table(found.batch),
        Table(
            "Deliveries of the stream between two things",
            ["", "deliveries", "on AWS, ms"],
            [[each.name, each.hops, each.milliseconds] for each in found.paths],
            HOPS_NOTE,
        ),
    ]


def _cloud_table(found: OnCloud) -> Table:
    rows = []
    for work in (TEN, MANY, MIXED, FAN_OUT):
        for name, side in (("taskmill", found.ours), ("Celery, prefork", found.celery)):
            if took := side.get(work.name):
                wait = took.short_wait or None  # of the fan-out there is none
                row = [f"{work.name}: {name}", work.ideal, took.began, took.ended, took.worst, wait]
                rows.append(row)
    title = f"On the local cloud, {WORKERS} workers: seconds from the first submit"
    columns = ["", "ideal", "first start", "last end", "worst round", "wait, p95"]
    return Table(title, columns, rows, CLOUD_NOTE)


def _virtual_table(played: Sequence[Played]) -> Table:
    columns = ["tasks", "s each", "workers", "each message comes", "ideal, s", "took, s"]
    rows = [
        [
            *(each.work.tasks, each.work.seconds, each.work.workers),
            "twice" if each.work.deliveries > 1 else "once",
            *(each.work.ideal, each.seconds, each.over_ideal, each.failed, each.again),
        ]
        for each in played
    ]
    columns += ["over the ideal", "failed", "ran twice"]
    return Table("In virtual time, on a shuffled queue", columns, rows)


def _batch_table(batch: Batch) -> Table:
    alone = Batch(batch.subtasks, batch.one_by_one, batch.one_by_one)
    rows = [
        ["as they are run", batch.seconds, batch.gb_seconds()],
        ["one after the other", alone.seconds, alone.gb_seconds()],
    ]
    title = f"{batches.COUNT:,} async subtasks of 1 s"
    return Table(title, ["", f"{batch.subtasks} of them, s", "GB-seconds of all"], rows)


def plot(found: OnCloud) -> Plot:
    """Bars of what all tasks take, on both sides."""
    sides = {"taskmill": found.ours, "Celery": found.celery}
    bars = {
        f"{work.name}: {name}": _parts(side[work.name], work.ideal)
        for work in (TEN, MANY, MIXED)
        for name, side in sides.items()
        if work.name in side
    }
    title = f"Seconds until all tasks are done, {WORKERS} workers"
    return draw.stacked_bars("makespan", title, bars, unit="seconds", form=",.1f")


def _parts(took: Took, ideal: float) -> Mapping[str, float]:
    return {"as long as it must take": ideal, "beyond that": max(took.ended - ideal, 0.0)}
