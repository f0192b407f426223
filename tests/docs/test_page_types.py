"""Type checkers accept every Python block of the README and of the documentation."""

from pathlib import Path

import page_programs
import pytest
from type_checkers import Checked

UNTYPED_LIBRARY = ("import-untyped", "untyped-decorator")  # Django has no types of its own
KNOWN = (  # pyright, of code of others
    "Parameter name mismatch",  # classes of the CDK do not fit its own protocols
    'for class "_"',  # boto3's resources have no types
)
PAGES = sorted({each.page for each in page_programs.programs()})


@pytest.fixture(scope="module")
def complaints(checked: Checked) -> list[str]:
    """Each complaint of a checker, with its place on the page."""
    return [
        f"{checked.pages[each.file].page.relative_to(page_programs.ROOT)}:{each.line}:"
        f" {checker}: {each.message} [{each.rule}]"
        for checker, found in checked.complaints.items()
        for each in found
        if each.file in checked.pages
        and each.rule not in UNTYPED_LIBRARY
        and not any(known in each.message for known in KNOWN)
    ]


@pytest.mark.xdist_group("type-checkers")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_type_checkers_accept_the_page(page: Path, complaints: list[str]) -> None:
    name = f"{page.relative_to(page_programs.ROOT)}:"

    own = [each for each in complaints if each.startswith(name)]
    assert not own, "\n".join(own)
