"""Cold starts as a part of the benchmarks."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from statistics import median

from benchmarks import plots
from benchmarks.cold_start.bundle import unpacked
from benchmarks.cold_start.layer import Package, packages
from benchmarks.cold_start.scenes import API, DISPATCHER, FUNCTIONS, TYPED_WORKER, WORKER
from benchmarks.cold_start.starts import FLOOR_AND_CALL, REST, Machine, by_package
from benchmarks.memory_aws import listening
from benchmarks.rounds import Time, cpus, in_rounds, median_ratio, middle_half, walls
from benchmarks.section import Part, Plot, Report, Section, Table, Target, prose

GOALS = {WORKER.name: 1.25, DISPATCHER.name: 1.25, API.name: 2.0}
MAIN = (WORKER, DISPATCHER, API)
ROUNDS, ROUNDS_QUICK = 24, 3
IMPORT_RUNS, IMPORT_RUNS_QUICK = 5, 2
LAYER_BUDGET, ZIPPED_BUDGET = 12.5, 4.5  # MB without bytecode; a tenth above today's
# Neither the worker nor the dispatcher owes their users any of these.
UNWANTED = ("boto3", "httpx", "pydantic", "rich", "typer")
PACKAGES = ("taskmill", "botocore", "boto3", "urllib3", "aws_lambda_powertools", "pydantic")
FLOOR, CALL, RAW = "floor", "floor and one call", " without bytecode"
FLOOR_NOTE = (
    "“floor and one call” is the floor with a `get_item` after it: the least that a function does."
)
IMPORTS_NOTE = (
    "Own times by `-X importtime`, which makes everything slower: medians, to be compared with each"
    " other only. Client creation and the first event are not imports."
)
LAYER_NOTE = (
    "For arm64 and Python 3.13, as it goes to AWS; boto3 is not in it. Bytecode is what"
    " `TaskStack(bytecode=True)` adds, as this machine's Python makes it; targets are without it."
)

Rounds = Mapping[str, Sequence[Time]]  # by process, in milliseconds
Imports = Mapping[str, Mapping[str, float]]  # by function and module, in milliseconds


def run(quick: bool, report: Report) -> Section:  # noqa: FBT001  # as every part
    with ExitStack() as stack:
        endpoint = stack.enter_context(listening())
        machine = Machine(stack.enter_context(unpacked()), endpoint)
        raw = Machine(stack.enter_context(unpacked(compiled=False)), endpoint)
        functions = MAIN if quick else (*FUNCTIONS, TYPED_WORKER)
        kinds = {
            FLOOR: machine.floor,
            CALL: partial(machine.floor, FLOOR_AND_CALL),
            **{each.name: partial(machine.first_event, each) for each in functions},
            **{each.name + RAW: partial(raw.first_event, each) for each in MAIN},
        }
        rounds = ROUNDS_QUICK if quick else ROUNDS
        report(f"{rounds + 1} rounds of {len(kinds)} fresh processes")
        in_rounds(kinds, 1)  # warms the caches
        starts = in_rounds(kinds, rounds)
        report("imports, one by one")
        runs = IMPORT_RUNS_QUICK if quick else IMPORT_RUNS
        imports = {
            each.name: medians([machine.imports(each) for _ in range(runs)]) for each in MAIN
        }
    report("the layer")
    layer = packages()
    return Section(
        name="cold_start",
        title="Cold starts",
        words=prose("cold_start/words.md"),
        targets=_targets(starts, imports, layer),
        tables=[
            _starts_table(starts),
            _packages_table(imports),
            *(_imports_table(name, times) for name, times in imports.items()),
            _layer_table(layer),
        ],
        plots=[_plot(starts)],
    )


PART = Part("cold_start", run)


def medians(runs: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    """The median of each module's own times; one that is not in all runs counts where it is."""
    modules = dict.fromkeys(module for run in runs for module in run)
    return {each: median(run[each] for run in runs if each in run) for each in modules}


def unwanted(modules: Iterable[str]) -> list[str]:
    """The modules that belong to a package which a function does not need."""
    return [module for module in modules if module.partition(".")[0] in UNWANTED]


def over_floor(starts: Rounds, name: str) -> float:
    """CPU time over the floor's, the median of the rounds' own ratios."""
    return median_ratio(cpus(starts[name]), cpus(starts[FLOOR]))


def _targets(starts: Rounds, imports: Imports, layer: Sequence[Package]) -> list[Target]:
    ratios = [
        Target(f"{name}: CPU over the floor", over_floor(starts, name), bound, deterministic=False)
        for name, bound in {**GOALS, **{each + RAW: goal for each, goal in GOALS.items()}}.items()
    ]
    owed = [
        Target(
            f"{each.name}: modules of {', '.join(UNWANTED)}", len(unwanted(imports[each.name])), 0
        )
        for each in (WORKER, DISPATCHER)
    ]
    return [
        *ratios,
        *owed,
        Target("layer: MB unzipped", sum(each.unzipped for each in layer), LAYER_BUDGET),
        Target("layer: MB zipped", sum(each.zipped for each in layer), ZIPPED_BUDGET),
    ]


def _starts_table(starts: Rounds) -> Table:
    rows = [
        [
            name,
            round(median(cpus(times))),
            "{:.0f} to {:.0f}".format(*middle_half(cpus(times))),
            over_floor(starts, name),
            round(median(walls(times))),
            median_ratio(walls(times), walls(starts[FLOOR])),
        ]
        for name, times in starts.items()
    ]
    columns = ["process", "CPU, ms", "middle half", "over the floor", "wall, ms", "over the floor"]
    return Table("Import and first event", columns, rows, FLOOR_NOTE)


def _packages_table(imports: Imports) -> Table:
    sums = [by_package(times, PACKAGES) for times in imports.values()]
    rows = [[each, *(own[each] for own in sums)] for each in (*PACKAGES, REST)]
    return Table("Imports by package, ms", ["package", *imports], rows, IMPORTS_NOTE)


def _imports_table(name: str, times: Mapping[str, float]) -> Table:
    dearest = sorted(times.items(), key=lambda each: -each[1])[:10]
    return Table(f"Dearest imports: {name}", ["module", "own time, ms"], dearest)


def _layer_table(layer: Sequence[Package]) -> Table:
    sizes = [each[1:] for each in layer]
    rows = [*layer, ["all", *map(sum, zip(*sizes, strict=True))]]
    columns = ["package", "unzipped", "zipped", "bytecode, unzipped", "bytecode, zipped"]
    return Table("The layer, MB", columns, rows, LAYER_NOTE)


def _plot(starts: Rounds) -> Plot:
    process, more = "with bytecode", "compiling the sources, where there is none"
    bars = {}
    for name, times in starts.items():
        if not name.endswith(RAW):
            cpu = median(cpus(times))
            compiling = median(cpus(starts.get(name + RAW, times))) - cpu
            bars[name] = {process: cpu, more: max(compiling, 0)}
    title = "CPU milliseconds of a fresh process: imports and its first event"
    return plots.stacked_bars("cold_start", title, bars, unit="ms of CPU", form=",.0f")
