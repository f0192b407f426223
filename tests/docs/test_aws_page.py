"""docs/aws.md: every test that it names exists, and every behaviour names one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/aws.md").read_text()
TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
NAMED = sorted({(found[1], found[2]) for found in TEST.finditer(PAGE)})


@pytest.mark.parametrize(("file", "name"), NAMED, ids=lambda part: str(part).rpartition("/")[2])
def test_a_test_that_the_page_names_exists(file: str, name: str | None) -> None:
    tree = ast.parse((ROOT / file).read_text())
    defined = {
        each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.ClassDef)
    }

    assert any(each.startswith(("test_", "Test")) for each in defined)
    assert name is None or (name in defined and name.startswith(("test_", "Test")))


def test_every_behaviour_has_a_source_and_a_test() -> None:
    table = PAGE.partition("## Behaviour")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    behaviours = [row for row in rows if not row[0].startswith("| **")]

    assert len(behaviours) > 25
    assert [row for row in behaviours if len(row) != 3 or not row[1].strip(" |")] == []
    assert [row for row in behaviours if not TEST.search(row[2])] == []
