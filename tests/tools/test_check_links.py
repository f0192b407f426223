"""Links that lead nowhere are found; those of this repository lead somewhere."""

from pathlib import Path

import pytest
from tools import check_links


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/other.md").write_text(
        "# Other page\n\n## `taskmill work`: a worker\n\n## Twice\n\n## Twice\n"
    )
    return tmp_path


def faults(root: Path, text: str) -> list[str]:
    page = root / "page.md"
    page.write_text(text)
    return list(check_links.faults_of(page, root))


@pytest.mark.parametrize(
    "link",
    [
        "docs/other.md",
        "docs/other.md#other-page",
        "docs/other.md#taskmill-work-a-worker",
        "docs/other.md#twice-1",
        "#here",
        "docs",
        "https://docs.aws.amazon.com/lambda/",
        "mailto:somebody@example.com",
    ],
)
def test_a_link_that_leads_somewhere_is_no_fault(root: Path, link: str) -> None:
    assert faults(root, f"# Here\n\n[a link]({link})\n") == []


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("docs/missing.md", "there is no such file"),
        ("docs/other.md#missing", "there is no such heading"),
        ("docs/other.md#twice-2", "there is no such heading"),
        ("#missing", "there is no such heading"),
        ("../elsewhere.md", "there is no such file"),
        ("http://example.com", "no https address"),
        ("ftp://example.com", "no https address"),
    ],
)
def test_a_link_that_leads_nowhere_is_told_with_its_line(root: Path, link: str, fault: str) -> None:
    assert faults(root, f"# Here\n\n[a link]({link})\n") == [f"page.md:3: {link}: {fault}"]


def test_pictures_and_links_in_tables_and_lists_are_checked(root: Path) -> None:
    text = "![p](p.svg)\n\n- a [b](b.md)\n\n| a |\n|---|\n| [c](c.md) |\n"

    assert [fault.split(": ")[1] for fault in faults(root, text)] == ["p.svg", "b.md", "c.md"]


def test_code_has_no_links(root: Path) -> None:
    assert faults(root, "`[a](missing.md)`\n\n```\n[a](missing.md)\n```\n") == []


def test_every_link_of_this_repository_leads_somewhere() -> None:
    found = [
        fault
        for page in check_links.pages(check_links.ROOT)
        for fault in check_links.faults_of(page, check_links.ROOT)
    ]

    assert found == []


def test_readme_docs_and_contributing_are_checked() -> None:
    checked = {
        str(page.relative_to(check_links.ROOT)) for page in check_links.pages(check_links.ROOT)
    }

    assert {"README.md", "CONTRIBUTING.md", "docs/costs.md", "docs/guide/tasks.md"} <= checked
