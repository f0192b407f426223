"""The list of decisions has each of them, with its title."""

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs/decisions"


def test_every_decision_is_listed_with_its_title() -> None:
    titles = [
        (page.read_text().partition("\n")[0].removeprefix("# "), page.name)
        for page in sorted(FOLDER.glob("[0-9]*.md"))
    ]

    assert (
        re.findall(r"^- \[(.*)\]\((.*)\)$", (FOLDER / "README.md").read_text(), re.MULTILINE)
        == titles
    )
