"""Cold starts: processes really start, do what they are told, and are compared fairly."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.cold_start.bundle import unpacked
from benchmarks.cold_start.endpoint import listening
from benchmarks.cold_start.imports import by_package, dearest, medians, of_packages, parsed
from benchmarks.cold_start.layer import packages_of
from benchmarks.cold_start.measured import in_rounds
from benchmarks.cold_start.scenes import FUNCTIONS, TYPED_WORKER, WORKER, Function
from benchmarks.cold_start.starts import FLOOR_AND_CALL, Machine, Start, StartFailed

PRINTED = """\
import time: self [us] | cumulative | imported package
import time:       400 |        400 |   taskmill.keys
import time:      1500 |       1900 | taskmill.rows
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
    times = parsed(machine.with_import_times().first_event(WORKER).errors)

    assert {"taskmill.handlers.work", "taskmill.work.worker", "botocore.session"} <= times.keys()


def test_only_the_copy_of_the_bundle_gets_bytecode() -> None:
    with unpacked() as bundle:
        assert list(bundle.code.rglob("*.pyc"))
        assert list(bundle.layer.rglob("*.pyc"))
    with unpacked(compiled=False) as bundle:
        assert not list(bundle.code.rglob("*.pyc"))
        assert not list(bundle.layer.rglob("*.pyc"))


def test_own_times_are_read_in_milliseconds() -> None:
    assert parsed(PRINTED) == {
        "taskmill.model.keys": 0.4,
        "taskmill.model.rows.row_change": 1.5,
        "pydantic": 2.5,
    }


def test_of_several_runs_the_median_counts() -> None:
    runs = [{"a": 1.0, "b": 5.0}, {"a": 9.0, "b": 6.0}, {"a": 2.0}]

    assert medians(runs) == {"a": 2.0, "b": 5.5}


def test_the_dearest_come_first() -> None:
    assert [each.module for each in dearest(parsed(PRINTED), 2)] == [
        "pydantic",
        "taskmill.model.rows.row_change",
    ]


def test_packages_are_summed_and_nothing_is_lost() -> None:
    sums = by_package(parsed(PRINTED), ["taskmill"])

    assert sums == {"taskmill": pytest.approx(1.9), "the rest": 2.5}
    assert of_packages(parsed(PRINTED), ["pydantic", "httpx"]) == ["pydantic"]


def test_ratios_are_of_the_same_round_and_the_first_round_is_left_out() -> None:
    floors = iter([Start(900, 900), Start(10, 20), Start(100, 200), Start(10, 20)])
    others = iter([Start(1, 1), Start(12, 40), Start(130, 400), Start(11, 40)])

    measured = in_rounds(
        {"floor": lambda: next(floors), "x": lambda: next(others)}, floor="floor", rounds=3
    )

    assert measured["x"].ratio == pytest.approx(1.2)
    assert measured["x"].wall_ratio == pytest.approx(2)
    assert measured["x"].cpu == 12
    assert measured["floor"].ratio == 1


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
