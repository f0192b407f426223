"""Plots: what is drawn, the same in every run, and readable on both kinds of pages."""

import re
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from benchmarks.plots import COLOURS, GRID, TEXT, flame_graph, frames, lines, stacked_bars
from benchmarks.section import Plot

STACKS: dict[tuple[str, ...], int] = {
    ("a:handler",): 10,
    ("a:handler", "b:first"): 30,
    ("a:handler", "b:first", "c:deep"): 20,
    ("a:handler", "b:second <&>"): 40,
}
SVG = "{http://www.w3.org/2000/svg}"


def bars() -> Plot:
    parts = {"<one>": {"a": 1.0, "b": 1.0, "c": 0.0}, "two": {"b": 4.0}}
    return stacked_bars("bars", "Dollars", parts, unit="dollars", form="$,.2f")


def rising() -> Plot:
    points = {"ours": [(1_000.0, 1.0), (10_000.0, 2.0), (100_000.0, 4.0)]}
    return lines("lines", "Time", points, x_title="subtasks", y_title="ms", bound=3.0)


def flame() -> Plot:
    return flame_graph("f", "Time", STACKS, groups=["a", "b", "c"], group=lambda frame: frame[0])


PLOTS = [bars, rising, flame]


def texts(plot: Plot) -> set[str | None]:
    root = ET.fromstring(plot.svg)  # noqa: S314  # our own
    return {each.text for each in root.iter(f"{SVG}text")}


def test_bars_have_totals_and_a_legend_of_what_there_is() -> None:
    assert {"Dollars", "<one>", "two", "$2.00", "$4.00", "a", "b", "dollars"} <= texts(bars())
    assert "c" not in texts(bars())  # nothing is of it


def test_lines_have_names_and_a_target() -> None:
    found = texts(rising())

    assert {"Time", "ours", "target: 3", "1,000", "10,000", "100,000", "subtasks", "ms"} <= found


def test_a_frame_is_as_wide_as_its_samples_and_those_of_what_it_called() -> None:
    assert sorted(frames(STACKS)) == [
        (0, 0, 100, "a:handler"),
        (1, 10, 60, "b:first"),
        (1, 60, 100, "b:second <&>"),
        (2, 40, 60, "c:deep"),
    ]


def test_a_flame_graph_names_its_frames_and_their_groups() -> None:
    assert {"a:handler", "b:first", "b:second <&>", "c:deep", "a", "b", "c"} <= texts(flame())


def test_frames_too_narrow_to_be_seen_are_left_out() -> None:
    stacks = {("a:handler", "b:much"): 99_999, ("a:handler", "c:hardly"): 1}

    plot = flame_graph("f", "Time", stacks, groups=["a", "b", "c"], group=lambda frame: frame[0])

    assert "b:much" in texts(plot)
    assert "c:hardly" not in plot.svg


def test_nothing_sampled_is_a_graph_of_nothing() -> None:
    assert frames({}) == []
    assert "Time" in texts(flame_graph("f", "Time", {}, groups=["a"], group=str))


@pytest.mark.parametrize("plot", PLOTS)
def test_plots_of_the_same_figures_are_the_same_files(plot: Callable[[], Plot]) -> None:
    assert plot() == plot()


@pytest.mark.parametrize("plot", PLOTS)
def test_plots_have_no_background_and_no_colour_for_one_kind_of_page_only(
    plot: Callable[[], Plot],
) -> None:
    used = set(re.findall(r'(?:fill|stroke)="(#\w+)"', plot().svg))

    assert used <= {TEXT, GRID, *COLOURS}


@pytest.mark.parametrize("page", ["#ffffff", "#0d1117"])
def test_text_stands_out_on_a_light_page_and_on_a_dark_one(page: str) -> None:
    light, dark = sorted((luminance(TEXT), luminance(page)), reverse=True)

    assert (light + 0.05) / (dark + 0.05) > 4.2


def luminance(colour: str) -> float:
    """As WCAG has it."""
    shares = [int(colour[first : first + 2], 16) / 255 for first in (1, 3, 5)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
