"""The report says which targets hold, and keeps what was written by hand."""

import re
from pathlib import Path

import pytest
from benchmarks import __main__ as command
from benchmarks import markdown
from benchmarks.section import Plot, Section, Table, Target, number


def section(name: str, words: str) -> Section:
    return Section(
        name=name,
        title=name.title(),
        words=words,
        targets=[Target(name="calls", value=3.0, bound=2.0, floor=2.5)],
        tables=[Table(title="Counts", columns=["what", "calls"], rows=[["a|b", 0.25]])],
        plots=[Plot(name=f"{name}-plot", title="A plot", svg="<svg/>")],
    )


def test_a_target_says_by_how_much_it_falls_short() -> None:
    short = Target(name="", value=3.5, bound=3.0)
    slow = Target(name="", value=1.5, bound=2.0, at_least=True, deterministic=False)

    assert (short.verdict, short.breaks) == ("falls short by 0.5", True)
    assert (slow.verdict, slow.breaks) == ("falls short by 0.5", False)
    assert Target(name="", value=3.0, bound=3.0).verdict == "holds"
    assert Target(name="", value=None, bound=3.0).verdict == "not measured"


def test_a_part_replaces_its_own_section_and_nothing_else(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    markdown.write(document, [section("first", "old words"), section("second", "kept words")])
    document.write_text(document.read_text() + "\nBy hand.\n")

    markdown.write(document, [section("first", "new words")])

    text = re.sub(" +", " ", document.read_text())
    assert "old words" not in text
    assert text.index("new words") < text.index("kept words") < text.index("By hand.")
    assert "| calls | 3 | at most 2 | falls short by 1 | floor 2.5 |" in text
    assert "| a/b | 0.25 |" in text
    assert "![A plot](performance/first-plot.svg)" in text
    assert (tmp_path / "performance" / "first-plot.svg").read_text() == "<svg/>"


def test_a_new_part_is_put_where_its_order_wants_it(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    order = ["real", "trivial", "plan"]
    markdown.write(document, [section("plan", "the plan's"), section("machine", "this run's")])

    for name in ("real", "trivial"):
        markdown.write(document, [section(name, f"words of {name}")], order=order)

    text = document.read_text()
    places = [
        text.index(each)
        for each in ("# Performance", "of real", "of trivial", "the plan's", "this run's")
    ]
    assert places == sorted(places)
    assert text.count("<!-- bench:") == text.count("<!-- /bench:") == 4


def test_the_report_opens_with_real_work() -> None:
    assert command.PARTS[0] == "makespan"


@pytest.mark.parametrize(
    ("value", "text"),
    [(100_000, "100,000"), (1234.5, "1,234"), (2.0404, "2.04"), (0.1234, "0.1234"), (0.0, "0")],
)
def test_numbers_have_the_digits_that_they_are_worth(value: float, text: str) -> None:
    assert number(value) == text


def test_columns_of_numbers_are_aligned_to_the_right() -> None:
    table = Table("", ["what", "calls"], [["a", 0.5], ["b", 1_234], ["c", ""]])

    assert markdown.rendered(table).splitlines() == [
        "| what   |   calls |",
        "|:-------|--------:|",
        "| a      |     0.5 |",
        "| b      |   1,234 |",
        "| c      |         |",
    ]


def test_the_command_runs_a_part_and_writes_its_section(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "report.md"

    code = command.main(["--quick", "--only", "plan", "--write", str(document)])

    assert code == 0
    assert "a million: dollars" in capsys.readouterr().out
    text = document.read_text()
    assert "## A million subtasks, by plan" in text
    assert "## How to repeat it" not in text  # that is about a run of all parts
