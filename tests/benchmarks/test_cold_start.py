"""Cold starts: processes really start, do what they are told, and are compared fairly."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from benchmarks.cold_start.bundle import unpacked
from benchmarks.cold_start.layer import packages_of
from benchmarks.cold_start.part import UNWANTED, medians, unwanted
from benchmarks.cold_start.scenes import FUNCTIONS, TYPED_WORKER, WORKER, Function
from benchmarks.cold_start.starts import (
    FLOOR_AND_CALL,
    Machine,
    Start,
    StartFailed,
    by_package,
    import_times,
)
from benchmarks.memory_aws import listening
from benchmarks.rounds import in_rounds, median_ratio, middle_half

PRINTED = """\
import time: self [us] | cumulative | imported package
import time:       400 |        400 |   taskmill.model.keys
import time:      1500 |       1900 | taskmill.model.rows.row_change
import time:      2500 |       2500 | pydantic
a line of the program's own
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with ExitStack() as stack:
        endpoint = stack.enter_context(listening())
        yield Machine(stack.enter_context(unpacked(compiled=False)), endpoint)


@pytest.mark.parametrize("function", [*FUNCTIONS, TYPED_WORKER], ids=lambda each: each.name)
def test_every_function_of_the_stack_handles_its_first_event(
    machine: Machine, function: Function
) -> None:
    start = machine.first_event(function)

    assert start.cpu > 0
    assert machine.endpoint.calls


def test_a_process_that_ends_with_an_error_is_no_start(machine: Machine) -> None:
    with pytest.raises(StartFailed, match="has no attribute 'nothing'"):
        machine.first_event(replace(WORKER, handler="work.nothing"))


def test_nor_is_one_whose_answer_is_wrong(machine: Machine) -> None:
    with pytest.raises(StartFailed, match="worker answered"):
        machine.first_event(replace(WORKER, is_done=lambda answer: answer == "something else"))


def test_nor_is_one_that_asks_nothing_of_aws(machine: Machine) -> None:
    with pytest.raises(StartFailed, match="worker answered"):
        machine.first_event(replace(WORKER, first=lambda _: {"Records": []}))


def test_the_floor_calls_nothing_and_the_other_floor_once(machine: Machine) -> None:
    machine.endpoint.calls = 0
    machine.floor()
    assert machine.endpoint.calls == 0

    machine.floor(FLOOR_AND_CALL)
    assert machine.endpoint.calls == 1


def test_a_function_s_imports_are_seen(machine: Machine) -> None:
    times = machine.imports(WORKER)

    assert {"taskmill.handlers.work", "taskmill.work.worker", "botocore.session"} <= times.keys()


def test_only_the_copy_of_the_bundle_gets_bytecode() -> None:
    with unpacked() as bundle:
        assert list(bundle.code.rglob("*.pyc"))
        assert list(bundle.layer.rglob("*.pyc"))
    with unpacked(compiled=False) as bundle:
        assert not list(bundle.code.rglob("*.pyc"))
        assert not list(bundle.layer.rglob("*.pyc"))


def test_own_times_are_read_in_milliseconds() -> None:
    assert import_times(PRINTED) == {
        "taskmill.model.keys": 0.4,
        "taskmill.model.rows.row_change": 1.5,
        "pydantic": 2.5,
    }


def test_of_several_runs_the_median_counts() -> None:
    runs = [{"a": 1.0, "b": 5.0}, {"a": 9.0, "b": 6.0}, {"a": 2.0}]

    assert medians(runs) == {"a": 2.0, "b": 5.5}


def test_packages_are_summed_and_nothing_is_lost() -> None:
    sums = by_package(import_times(PRINTED), ["taskmill"])

    assert sums == {"taskmill": pytest.approx(1.9), "the rest": 2.5}
    assert "pydantic" in UNWANTED
    assert unwanted(import_times(PRINTED)) == ["pydantic"]


def test_every_round_starts_one_process_of_each_kind() -> None:
    started: list[str] = []

    def start(name: str) -> Start:
        started.append(name)
        return Start(len(started), 0)

    starts = in_rounds({name: partial(start, name) for name in ("floor", "x")}, 2)

    assert started == ["floor", "x", "floor", "x"]
    assert [each.wall for each in starts["x"]] == [2, 4]


def test_ratios_are_of_the_same_round() -> None:
    assert median_ratio([12, 130, 11], [10, 100, 10]) == pytest.approx(1.2)
    assert middle_half([1.0, 2.0, 3.0, 4.0, 5.0]) == (2.0, 4.0)
    assert middle_half([7.0]) == (7.0, 7.0)


def test_the_layer_s_packages_with_what_describes_them(tmp_path: Path) -> None:
    for name, size in {
        "large/core.so": 5_000,
        "large-1.0.dist-info/METADATA": 500,
        "small.py": 100,
        "large/__pycache__/core.pyc": 9_000,
        "__pycache__/small.cpython-313.pyc": 200,
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)

    first, second = packages_of(tmp_path)

    assert (first.name, first.unzipped) == ("large", pytest.approx(0.0055))
    assert (second.name, second.unzipped) == ("small", pytest.approx(0.0001))
    assert first.zipped < first.unzipped
    assert (first.bytecode, second.bytecode) == pytest.approx((0.009, 0.0002))
    assert 0 < first.bytecode_zipped < first.bytecode
