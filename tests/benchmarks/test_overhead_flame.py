"""Flame graphs: as wide as the time, and readable."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

import pytest
from benchmarks.svg import flame_graph
from benchmarks.svg.flame import Stack, clipped

STACKS: dict[Stack, int] = {
    ("a:handler",): 10,
    ("a:handler", "b:first"): 30,
    ("a:handler", "b:first", "c:deep"): 20,
    ("a:handler", "b:second <&>"): 40,
}
SVG = "{http://www.w3.org/2000/svg}"


def frames(svg: str) -> Mapping[str, tuple[float, float, float, str]]:
    """By the tooltip's name: left, top, width, colour."""
    found = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):  # noqa: S314  # our own
        title, rect = group.find(f"{SVG}title"), group.find(f"{SVG}rect")
        assert title is not None
        assert rect is not None
        told = str(title.text)
        left, top, width = (float(rect.attrib[name]) for name in ("x", "y", "width"))
        found[told.rpartition(": ")[0]] = (left, top, width, rect.attrib["class"])
    return found


@pytest.fixture(scope="module")
def svg() -> str:
    return flame_graph("Time", STACKS, groups=["a", "b", "c"], group=lambda frame: frame[0])


def test_a_frame_is_as_wide_as_its_samples_and_those_of_what_it_called(svg: str) -> None:
    found = frames(svg)
    whole = found["a:handler"][2]

    widths = {name: width / whole for name, (_, _, width, _) in found.items()}

    expected = {"a:handler": 1, "b:first": 0.5, "c:deep": 0.2, "b:second <&>": 0.4}
    assert widths == pytest.approx(expected, abs=0.002)


def test_callees_lie_under_their_caller_side_by_side(svg: str) -> None:
    found = frames(svg)
    first, second, deep = found["b:first"], found["b:second <&>"], found["c:deep"]

    assert found["a:handler"][0] == first[0] == deep[0]
    assert second[0] == pytest.approx(first[0] + first[2], abs=0.5)
    assert found["a:handler"][1] < first[1] == second[1] < deep[1]


def test_each_frame_tells_its_share_and_has_the_colour_of_its_group(svg: str) -> None:
    assert "<title>b:first: 50.0%</title>" in svg
    assert [frames(svg)[name][3] for name in ("a:handler", "b:first", "c:deep")] == [
        "c0",
        "c1",
        "c2",
    ]


def test_the_whole_graph_lies_on_the_page(svg: str) -> None:
    height = float(ET.fromstring(svg).attrib["height"])  # noqa: S314  # our own

    assert all(top + 16 <= height for _, top, _, _ in frames(svg).values())


def test_frames_too_narrow_to_be_seen_are_left_out() -> None:
    stacks: dict[Stack, int] = {("a:handler", "b:much"): 99_999, ("a:handler", "c:hardly"): 1}

    svg = flame_graph("Time", stacks, groups=["a", "b", "c"], group=lambda frame: frame[0])

    assert set(frames(svg)) == {"a:handler", "b:much"}


def test_nothing_sampled_is_a_graph_of_nothing() -> None:
    assert not frames(flame_graph("Time", {}, groups=["a"], group=str))


@pytest.mark.parametrize(
    ("label", "pixels", "shown"),
    [
        ("handler", 100, "handler"),
        ("a_long_name_of_a_function", 60, "a_long_na…"),
        ("handler", 20, ""),
        ("f", 10, "f"),
    ],
)
def test_labels_are_cut_to_what_fits(label: str, pixels: float, shown: str) -> None:
    assert clipped(label, pixels) == shown


def test_labels_are_text_that_turns_with_the_page(svg: str) -> None:
    assert "prefers-color-scheme: dark" in svg
    assert not re.search(r"<text[^>]*fill=", svg)
