"""When tasks began and when they ended, as they note it themselves in a file of their round."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

Moments = Mapping[int, Sequence[float]]
"""By the number of a task: epoch seconds, of each of its runs."""


@dataclass(frozen=True)
class Notes:
    """The runs of the tasks of one round.

    Attributes:
        processes: Those that ran tasks.
    """

    begins: Moments
    ends: Moments
    processes: frozenset[str] = frozenset()

    @classmethod
    def read(cls, file: Path) -> "Notes":
        """What was noted so far; a line that is being written is left out."""
        noted: dict[str, defaultdict[int, list[float]]] = {
            "begin": defaultdict(list),
            "end": defaultdict(list),
        }
        processes = set()
        text = file.read_text() if file.exists() else ""
        for line in text[: text.rfind("\n") + 1].splitlines():
            what, number, at, process = line.split()
            noted[what][int(number)].append(float(at))
            processes.add(process)
        return cls(noted["begin"], noted["end"], frozenset(processes))

    def check_once(self, count: int) -> None:
        """Hold it against the number of tasks.

        Raises:
            RuntimeError: A task ran more than once, or did not end.
        """
        for number in range(count):
            runs = len(self.begins.get(number, ())), len(self.ends.get(number, ()))
            if runs != (1, 1):
                raise RuntimeError(f"task {number} began and ended {runs} times")

    def began(self) -> float:
        """When the first one began."""
        return min(min(each) for each in self.begins.values())

    def ended(self) -> float:
        """When the last one ended."""
        return max(max(each) for each in self.ends.values())

    def waits(self, since: float, numbers: Iterable[int]) -> list[float]:
        """Seconds until each of some tasks began, the shortest first."""
        return sorted(min(self.begins[number]) - since for number in numbers)


def p95(values: Sequence[float]) -> float:
    """The least of the values that 95% of them do not exceed."""
    return sorted(values)[ceil(0.95 * len(values)) - 1]
