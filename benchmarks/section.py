"""The findings of a part: targets, tables, plots and prose."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

Report = Callable[[str], None]


@dataclass(frozen=True)
class Target:
    """A figure and the bound that it is held against.

    Attributes:
        value: None: not measured in this run.
        at_least: The bound is a lower one.
        deterministic: A count, the same in every run: it decides the exit code.
        floor: What AWS itself makes unavoidable, where the bound lies below the figure.
    """

    name: str
    value: float | None
    bound: float
    _: KW_ONLY
    at_least: bool = False
    deterministic: bool = True
    floor: float | None = None

    @property
    def holds(self) -> bool:
        if self.value is None:
            return True
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "not measured"
        return "holds" if self.holds else f"falls short by {figure(abs(self.value - self.bound))}"

    @property
    def breaks(self) -> bool:
        """Whether it makes the run fail."""
        return self.deterministic and not self.holds


@dataclass(frozen=True)
class Table:
    """Rows of text and numbers under their columns; `note` stands below."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    note: str = ""


@dataclass(frozen=True)
class Plot:
    """An SVG; `name` is its file's, `title` its text for readers who cannot see it."""

    name: str
    title: str
    svg: str


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part's findings. `words` is Markdown: what was measured, and how."""

    name: str
    title: str
    words: str = ""
    targets: Sequence[Target] = ()
    tables: Sequence[Table] = ()
    plots: Sequence[Plot] = ()


@dataclass(frozen=True)
class Part:
    """A part of the benchmarks. `run` takes whether to be quick, and a function to report to."""

    name: str
    run: Callable[[bool, Report], Section]


def prose(file: str, **values: object) -> str:
    """A Markdown file of this package, with values in its braces."""
    return (Path(__file__).parent / file).read_text().format(**values).strip()


def figure(value: float | None) -> str:
    """A measured value or its bound: four digits."""
    return "-" if value is None else f"{value:.4g}"


def number(value: object) -> str:
    """A table's cell: a number with the digits that it is worth, or text."""
    if not isinstance(value, int | float):
        return "" if value is None else str(value)
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 1:
        return f"{value:,.2f}"
    return f"{value:.4f}".rstrip("0").rstrip(".") or "0"
