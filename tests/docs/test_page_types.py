"""Type checkers accept every Python block of the README and of the documentation."""

from pathlib import Path

import page_programs
import pytest
import type_checkers

UNTYPED_LIBRARY = ("import-untyped", "untyped-decorator")  # Django has no types of its own
KNOWN = (  # pyright, of code of others
    "Parameter name mismatch",  # classes of the CDK do not fit its own protocols
    'for class "_"',  # boto3's resources have no types
)
PAGES = sorted({each.page for each in page_programs.programs()})


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Each complaint of a checker, with its place on the page."""
    folder = tmp_path_factory.mktemp("pages")
    written = page_programs.write(folder)
    return [
        f"{written[each.file].page.relative_to(page_programs.ROOT)}:{each.line}:"
        f" {checker}: {each.message} [{each.rule}]"
        for checker, found in type_checkers.checked(folder).items()
        for each in found
        if each.rule not in UNTYPED_LIBRARY and not any(known in each.message for known in KNOWN)
    ]


@pytest.mark.xdist_group("type-checkers")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_type_checkers_accept_the_page(page: Path, complaints: list[str]) -> None:
    name = f"{page.relative_to(page_programs.ROOT)}:"

    own = [each for each in complaints if each.startswith(name)]
    assert not own, "\n".join(own)
