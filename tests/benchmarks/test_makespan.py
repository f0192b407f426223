"""Real work: what is measured of it, what it is held against, and that both can fail."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from benchmarks.makespan import batches, hops, virtual
from benchmarks.makespan.batches import Batch
from benchmarks.makespan.deployed import (
    FAN_OUT,
    LONG,
    MANY,
    MIXED,
    TEN,
    WARM_UPS,
    OnCloud,
    Round,
    Took,
    run,
    warm_up,
)
from benchmarks.makespan.hops import ONE, SUBMIT, TEN_CHILDREN
from benchmarks.makespan.notes import Notes, p95
from benchmarks.makespan.part import Findings, plot, tables, targets
from benchmarks.makespan.virtual import Played, Work

# Notes


def noted(file: Path, *lines: str) -> Notes:
    file.write_text("\n".join(lines) + "\n")
    return Notes.read(file)


def test_notes_tell_when_tasks_began_and_ended(tmp_path: Path) -> None:
    notes = noted(
        tmp_path / "n", "begin 0 10.5 77", "begin 1 12.0 77", "end 1 13.0 77", "end 0 15.5 77"
    )

    notes.check_once(2)
    assert (notes.began(), notes.ended()) == (10.5, 15.5)
    assert notes.processes == {"77"}
    assert notes.waits(10.0, [1, 0]) == [0.5, 2.0]


def test_a_line_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "n").write_text("begin 0 10.5 77\nend 0 1")

    notes = Notes.read(tmp_path / "n")

    assert (dict(notes.begins), dict(notes.ends)) == ({0: [10.5]}, {})
    assert Notes.read(tmp_path / "none").begins == {}


@pytest.mark.parametrize(
    "lines",
    [
        ["begin 0 1 77", "end 0 2 77", "begin 1 1 77"],
        ["begin 0 1 77", "end 0 2 77"],
        ["begin 0 1 77", "end 0 2 77", "begin 1 1 77", "begin 1 2 77", "end 1 3 77"],
    ],
    ids=["without an end", "not begun", "twice"],
)
def test_a_task_that_did_not_run_once_is_told(tmp_path: Path, lines: Sequence[str]) -> None:
    with pytest.raises(RuntimeError, match="task 1 began and ended"):
        noted(tmp_path / "n", *lines).check_once(2)


def test_of_a_hundred_waits_the_95th_counts() -> None:
    assert p95(range(1, 101)) == 95
    assert p95([7.0]) == 7.0


# Rounds


class Side:
    """One whose tasks all begin after a second, and of which so many outcomes are stored."""

    name = "side"

    def __init__(self, *, runs: int = 1) -> None:
        self._runs = runs
        self._stored = 0

    def work(self, file: Path, seconds: Sequence[float]) -> None:
        with file.open("a") as notes:
            for number, each in enumerate(seconds):
                for _ in range(self._runs):
                    notes.write(f"begin {number} 4000000001.0 {number}\n")
                    notes.write(f"end {number} {4000000001.0 + each} {number}\n")
        self._stored = len(seconds)

    def outcomes(self) -> int:
        return self._stored


def test_a_round_is_timed_from_the_first_submit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 4000000000.0)

    assert run(Side(), TEN, tmp_path) == Round(1.0, 6.0, 1.0)


def test_a_round_in_which_tasks_ran_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"task 0 began and ended \(2, 2\) times"):
        run(Side(runs=2), TEN, tmp_path)


@pytest.mark.parametrize(("processes", "rounds"), [([4, 9, 10, 10], 3), ([3] * 9, WARM_UPS)])
def test_rounds_are_thrown_away_until_all_workers_took_part(
    processes: Sequence[int], rounds: int
) -> None:
    turns = [Round(0.0, 5.0, 0.0, each) for each in processes]
    left = turns.copy()

    warm_up(lambda: left.pop(0))

    assert len(turns) - len(left) == rounds


def test_rounds_are_told_by_their_medians() -> None:
    took = Took.of([Round(0.1, end, wait) for end, wait in ((6.0, 2.0), (30.0, 9.0), (5.5, 1.0))])

    assert took == Took(began=0.1, ended=6.0, worst=30.0, short_wait=2.0)


def test_the_least_time_is_that_of_the_longest_task_or_of_all() -> None:
    assert [each.ideal for each in (TEN, MANY, MIXED, FAN_OUT)] == [5.0, 10.0, 30.0, 1.0]
    assert Work(101, 60.0, 100).ideal == 120.0


# Virtual time


@pytest.mark.parametrize("deliveries", [1, 2])
def test_tasks_in_virtual_time_run_once_and_none_waits_for_a_worker(deliveries: int) -> None:
    played = virtual.play(Work(30, 60.0, 10, deliveries))

    assert (played.failed, played.again) == (0, 0)
    assert 180 <= played.seconds <= 183


def test_virtual_time_is_the_same_in_every_run() -> None:
    work = Work(40, 5.0, 8, deliveries=2)

    assert virtual.play(work) == virtual.play(work)


def test_a_task_starts_without_the_stream_and_a_parent_goes_on_after_one_delivery() -> None:
    found = {path.name: path for path in hops.count()}

    assert found[SUBMIT].hops == 0
    assert found[ONE].hops <= 1
    assert found[TEN_CHILDREN].hops == 1
    assert found[TEN_CHILDREN].milliseconds == hops.STREAM_MS + found[TEN_CHILDREN].other_ms


def test_a_batch_of_async_subtasks_is_timed() -> None:
    batch = batches.run(0.05, share=0.04)

    assert batch.subtasks == 4
    assert 0.05 <= batch.seconds < 5
    assert batch.one_by_one == pytest.approx(0.2)


def test_gigabyte_seconds_are_those_of_all_batches() -> None:
    batch = Batch(subtasks=100, seconds=10.0, one_by_one=100.0)

    assert (batch.ratio, batch.gb_seconds(10_000)) == (0.1, 500.0)


# What is held against what


def findings(*, slow: bool = False, celery: bool = True) -> Findings:
    took = Took(began=1.0, ended=30.0 if slow else 3.5, worst=40.0, short_wait=4.0)
    works = (TEN, MANY, MIXED, FAN_OUT)
    quick = Took(began=1.5, ended=4.0, worst=4.0, short_wait=0.5)
    large = Work(1_000, 60.0, 100, 2)
    return Findings(
        on_cloud=OnCloud(
            ours={each.name: took if slow else quick for each in works},
            celery={each.name: quick for each in works[:3]} if celery else {},
        ),
        played=[
            Played(Work(10, 5.0, 10), 6.0, 0, 0),
            Played(large, 700.0 if slow else 602.0, failed=int(slow), again=int(slow)),
        ],
        batch=Batch(100, 100.0 if slow else 10.1, 100.0),
        paths=[
            hops.Path(name, most + slow, 36)
            for name, most in ((SUBMIT, 0), (ONE, 0), (TEN_CHILDREN, 1))
        ],
    )


def test_every_figure_is_held_against_its_goal() -> None:
    assert {each.verdict.split()[0] for each in targets(findings())} == {"holds"}
    assert {each.verdict.split()[0] for each in targets(findings(slow=True))} == {"falls"}


def test_counts_and_virtual_time_decide_the_exit_code_and_times_do_not() -> None:
    breaking = [each.name for each in targets(findings(slow=True)) if each.breaks]

    assert [name.partition(":")[0] for name in breaking[:3]] == [
        "1,000 x 60 s on 100 workers, all messages doubled"
    ] * 3
    assert [name.partition(",")[0] for name in breaking[3:]] == ["deliveries of the stream"] * 3


def test_without_celery_its_target_is_not_measured() -> None:
    told = {each.name: each.verdict for each in targets(findings(celery=False))}

    assert told["200 x 0.5 s: time over Celery's"] == "not measured"
    assert [name for name, verdict in told.items() if verdict == "not measured"] == [
        "200 x 0.5 s: time over Celery's"
    ]


def test_tables_and_the_plot_tell_of_both_sides() -> None:
    found = findings()

    told, drawn = tables(found), plot(found.on_cloud)

    assert len(told[0].rows) == 4 + 3
    assert all(len(row) == len(table.columns) for table in told for row in table.rows)
    for work in (TEN, MANY, MIXED):
        assert f"{work.name}: taskmill" in drawn.svg
        assert f"{work.name}: Celery" in drawn.svg
    assert MIXED.seconds[LONG:] == [0.1] * 100
