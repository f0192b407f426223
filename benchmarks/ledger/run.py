"""Everything that the ledger counts in one run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.ledger import scenarios
from benchmarks.ledger.limits import count_limits
from benchmarks.ledger.scenarios import CLOSINGS, LARGE, MIDDLE, SMALL, Scenario
from benchmarks.ledger.usage import Usage
from benchmarks.section import Report
from taskmill.model.batch_plan import batch_size_for

QUICK_SIZES = (100, 400, 1_000, 10_000)
SIZES = (*QUICK_SIZES, 100_000)
BATCH_SIZES = (1, 10, 100)
TARGET = (10_000, 100)  # the fan-out that the targets speak of
QUICK_LARGE = (1_000, 100)
TOGETHER = TARGET[0] // TARGET[1] + 2  # steps of its execution: all of them before the stream

ONE_BY_ONE = "200 B, submitted one by one"
IN_BULK = "200 B, in bulk of 100"
ALONE = "200 B, each alone"
RETRIED = "200 B, failed once"
MIDDLE_ONE_BY_ONE = "2 KB, submitted one by one"
MIDDLE_IN_BULK = "2 KB, in bulk of 100"
LARGE_ONE_BY_ONE = "20 KB, submitted one by one"
LARGE_IN_BULK = "20 KB, in bulk of 100"
CURVE = (1_000, 4_000, 8_000)  # further sizes between those that fit the row and the bucket's
GIVING = "200 B, a result of 6 KB"
GATHERED = "child of a gather of 100"
LASTING = "5 s, one by one, on 10 workers"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What was counted: single tasks by name, fan-outs by size and batch size.

    Attributes:
        orders: The fan-out of the targets, by how many steps come between two deliveries of the
            stream: how often batches are counted together depends on that.
        large_elements: A subtask, of `large_count`, whose element is too large for its row.
        growth: Calls a subtask by size, notifications of progress only.
        limits: Tasks with limits, by name.
    """

    singles: Mapping[str, Scenario]
    fan_outs: Mapping[tuple[int, int], Scenario]
    orders: Mapping[int, Scenario]
    large_elements: Scenario
    large_count: int
    growth: Mapping[int, Scenario]
    idle_day: Usage
    limits: Mapping[str, Scenario] = field(default_factory=dict)

    @property
    def target(self) -> Scenario:
        return self.fan_outs[TARGET]


def count(*, quick: bool, report: Report) -> Counted:
    """Count all of it; `quick` leaves out what takes minutes."""
    report("single tasks")
    singles = {each.name: each for each in _singles(quick=quick)}
    sizes = QUICK_SIZES if quick else SIZES
    fan_outs: dict[tuple[int, int], Scenario] = {}
    for size in sizes:
        for batch_size in sorted({*BATCH_SIZES, batch_size_for(size)}):
            shape = size, scenarios.possible(size, batch_size)
            if shape not in fan_outs and not (quick and size > 1_000 and batch_size < 100):
                report(f"a fan-out of {size:,} in batches of {batch_size}")
                fan_outs[shape] = scenarios.fan_out(*shape)
    report("limits")
    limits = count_limits()
    report("the same fan-out in other orders of events")
    orders = {each: scenarios.fan_out(*TARGET, steps_at_once=each) for each in (1, TOGETHER)}
    small = scenarios.fan_out(1_000, 100, notify="progress")
    large = QUICK_LARGE if quick else TARGET
    report(f"a fan-out of {large[0]:,} large elements")
    return Counted(
        singles=singles,
        fan_outs=fan_outs,
        orders={CLOSINGS: fan_outs[TARGET], **orders},
        large_elements=scenarios.fan_out(*large, size=MIDDLE),
        large_count=large[0],
        growth={1_000: small, **{size: fan_outs[size, 100] for size in sizes if size > 1_000}},
        idle_day=scenarios.idle_day(),
        limits=limits,
    )


def by_size(size: int, *, bulk: bool) -> str:
    """The name of a scenario of the curve."""
    return f"{size // 1_000} KB, {'in bulk of 100' if bulk else 'submitted one by one'}"


def _singles(*, quick: bool) -> list[Scenario]:
    curve = [(size, bulk) for size in CURVE for bulk in (False, True)]
    return [
        scenarios.single(ONE_BY_ONE, size=SMALL),
        scenarios.single(IN_BULK, size=SMALL, bulk=True),
        scenarios.alone(ALONE, size=SMALL),
        scenarios.single(RETRIED, size=SMALL, task_type="second-time"),
        scenarios.single(MIDDLE_ONE_BY_ONE, size=MIDDLE),
        scenarios.single(MIDDLE_IN_BULK, size=MIDDLE, bulk=True),
        *(
            scenarios.single(by_size(size, bulk=bulk), size=size, bulk=bulk)
            for size, bulk in ([] if quick else curve)
        ),
        scenarios.single(LARGE_ONE_BY_ONE, size=LARGE),
        scenarios.single(LARGE_IN_BULK, size=LARGE, bulk=True),
        scenarios.giving(GIVING, size=6_000),
        scenarios.gather(GATHERED, children=100),
        scenarios.lasting(LASTING, seconds=5, workers=10),
    ]
