"""mypy --strict and pyright know the types of task functions, and refuse what does not fit."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from type_checkers import Checked, Complaint

HERE = Path(__file__).parent
EXPECTED = re.compile(r"  # (?P<mypy>[a-z-]+), (?P<pyright>[A-Z]\w+)$")
CHECKERS = ("mypy", "pyright")
pytestmark = pytest.mark.xdist_group("type-checkers")


@pytest.fixture(scope="module")
def complaints(checked: Checked) -> Mapping[str, list[Complaint]]:
    return checked.complaints


@pytest.mark.parametrize("checker", CHECKERS)
def test_what_fits_is_accepted_and_its_types_are_known(
    checker: str, complaints: Mapping[str, list[Complaint]]
) -> None:
    assert [each for each in complaints[checker] if each.file.name == "accepted.py"] == []


@pytest.mark.parametrize("checker", CHECKERS)
def test_what_does_not_fit_is_refused_in_its_line_and_nothing_else_is(
    checker: str, complaints: Mapping[str, list[Complaint]]
) -> None:
    lines = (HERE / "refused.py").read_text().splitlines()
    expected = {
        number: found[checker].lower()
        for number, line in enumerate(lines, start=1)
        if (found := EXPECTED.search(line))
    }
    refused = [each for each in complaints[checker] if each.file.name == "refused.py"]

    assert len(expected) > 50
    rules = {
        number: {
            each.rule.removeprefix("report").lower() for each in refused if each.line == number
        }
        for number in expected
    }
    assert {number: rule for number, rule in expected.items() if rule not in rules[number]} == {}
    assert [each for each in refused if each.line not in expected] == []
