"""Cold starts as a part of the benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from benchmarks.cold_start.bundle import unpacked
from benchmarks.cold_start.endpoint import listening
from benchmarks.cold_start.imports import by_package, dearest, medians, of_packages, parsed
from benchmarks.cold_start.layer import Package, packages
from benchmarks.cold_start.measured import Measured, in_rounds
from benchmarks.cold_start.scenes import (
    API,
    DISPATCHER,
    FUNCTIONS,
    TYPED_WORKER,
    WORKER,
    Function,
)
from benchmarks.cold_start.starts import FLOOR_AND_CALL, Machine, Start
from benchmarks.cold_start.words import FLOOR_NOTE, IMPORTS_NOTE, LAYER_NOTE, WORDS
from benchmarks.section import Part, Plot, Section, Table, Target
from benchmarks.svg import Bar, stacked_bars

GOALS = {WORKER.name: 1.25, DISPATCHER.name: 1.25, API.name: 2.0}
MAIN = (WORKER, DISPATCHER, API)
ROUNDS, ROUNDS_QUICK = 24, 3
IMPORT_RUNS, IMPORT_RUNS_QUICK = 5, 2
LAYER_BUDGET, ZIPPED_BUDGET = 12.5, 4.5  # MB without bytecode; a tenth above today's
# Neither the worker nor the dispatcher owes their users any of these.
UNWANTED = ("boto3", "httpx", "pydantic", "rich", "typer")
PACKAGES = ("taskmill", "botocore", "boto3", "urllib3", "aws_lambda_powertools", "pydantic")
FLOOR, CALL, RAW = "floor", "floor and one call", " without bytecode"


def run(quick: bool, report: Callable[[str], None]) -> Section:  # noqa: FBT001  # as every part
    with ExitStack() as stack:
        endpoint = stack.enter_context(listening())
        machine = Machine(stack.enter_context(unpacked()), endpoint)
        raw = Machine(stack.enter_context(unpacked(compiled=False)), endpoint)
        kinds = _kinds(machine, raw, MAIN if quick else (*FUNCTIONS, TYPED_WORKER))
        rounds = ROUNDS_QUICK if quick else ROUNDS
        report(f"{rounds + 1} rounds of {len(kinds)} fresh processes")
        measured = in_rounds(kinds, floor=FLOOR, rounds=rounds)
        report("imports, one by one")
        runs = IMPORT_RUNS_QUICK if quick else IMPORT_RUNS
        imports = {each.name: _imports(machine, each, runs) for each in MAIN}
    report("the layer")
    layer = packages()
    return Section(
        name="cold_start",
        title="Cold starts",
        words=WORDS,
        targets=[*_ratios(measured), *_unwanted(imports), *_sizes(layer)],
        tables=[
            _starts_table(measured),
            _packages_table(imports),
            *(_imports_table(name, times) for name, times in imports.items()),
            _layer_table(layer),
        ],
        plots=[_plot(measured)],
    )


PART = Part(name="cold_start", run=run)


def _kinds(
    machine: Machine, raw: Machine, functions: Sequence[Function]
) -> Mapping[str, Callable[[], Start]]:
    return {
        FLOOR: machine.floor,
        CALL: lambda: machine.floor(FLOOR_AND_CALL),
        **{each.name: _starter(machine, each) for each in functions},
        **{each.name + RAW: _starter(raw, each) for each in MAIN},
    }


def _starter(machine: Machine, function: Function) -> Callable[[], Start]:
    return lambda: machine.first_event(function)


def _imports(machine: Machine, function: Function, runs: int) -> Mapping[str, float]:
    """Own times of the modules that a function's process imports, medians in milliseconds."""
    timed = machine.with_import_times()
    return medians([parsed(timed.first_event(function).errors) for _ in range(runs)])


def _ratios(measured: Mapping[str, Measured]) -> list[Target]:
    return [
        Target(
            name=f"{name}{kind}: CPU over the floor",
            value=measured[name + kind].ratio,
            bound=bound,
            deterministic=False,
        )
        for kind in ("", RAW)
        for name, bound in GOALS.items()
    ]


def _unwanted(imports: Mapping[str, Mapping[str, float]]) -> list[Target]:
    return [
        Target(
            name=f"{each.name}: modules of {', '.join(UNWANTED)}",
            value=len(of_packages(imports[each.name], UNWANTED)),
            bound=0,
        )
        for each in (WORKER, DISPATCHER)
    ]


def _sizes(layer: Sequence[Package]) -> list[Target]:
    return [
        Target(
            name="layer: MB unzipped",
            value=sum(each.unzipped for each in layer),
            bound=LAYER_BUDGET,
        ),
        Target(
            name="layer: MB zipped", value=sum(each.zipped for each in layer), bound=ZIPPED_BUDGET
        ),
    ]


def _starts_table(measured: Mapping[str, Measured]) -> Table:
    rows = [
        [
            each.name,
            round(each.cpu),
            f"{each.spread[0]:.0f} to {each.spread[1]:.0f}",
            each.ratio,
            round(each.wall),
            each.wall_ratio,
        ]
        for each in measured.values()
    ]
    columns = ["process", "CPU, ms", "middle half", "over the floor", "wall, ms", "over the floor"]
    return Table(title="Import and first event", columns=columns, rows=rows, note=FLOOR_NOTE)


def _packages_table(imports: Mapping[str, Mapping[str, float]]) -> Table:
    sums = {name: by_package(times, PACKAGES) for name, times in imports.items()}
    rows = [[each, *(own[each] for own in sums.values())] for each in (*PACKAGES, "the rest")]
    return Table(
        title="Imports by package, ms", columns=["package", *sums], rows=rows, note=IMPORTS_NOTE
    )


def _imports_table(name: str, times: Mapping[str, float]) -> Table:
    rows = [[each.module, each.own] for each in dearest(times)]
    return Table(title=f"Dearest imports: {name}", columns=["module", "own time, ms"], rows=rows)


def _layer_table(layer: Sequence[Package]) -> Table:
    sizes = [(each.unzipped, each.zipped, each.bytecode, each.bytecode_zipped) for each in layer]
    rows = [[each.name, *own] for each, own in zip(layer, sizes, strict=True)]
    total = ["all", *map(sum, zip(*sizes, strict=True))]
    return Table(
        title="The layer, MB",
        columns=["package", "unzipped", "zipped", "bytecode, unzipped", "bytecode, zipped"],
        rows=[*rows, total],
        note=LAYER_NOTE,
    )


def _plot(measured: Mapping[str, Measured]) -> Plot:
    title = "CPU milliseconds of a fresh process: imports and its first event"
    compiling = {
        name: measured[name + RAW].cpu - measured[name].cpu for name in GOALS if name in measured
    }
    process, more = "with bytecode", "compiling the sources, where there is none"
    bars = [
        Bar(each.name, {process: each.cpu, more: max(compiling.get(each.name, 0), 0)})
        for each in measured.values()
        if not each.name.endswith(RAW)
    ]
    return Plot(
        name="cold_start", title=title, svg=stacked_bars(title, bars, names=[process, more])
    )
