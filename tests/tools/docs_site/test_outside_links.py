"""Links of a page are right in the repository and, rewritten, on the site."""

import pytest
from tools.docs_site.outside_links import ERRORS, resolved

PAGE = "guide/tasks.md"


@pytest.mark.parametrize(
    ("link", "on_the_site"),
    [
        ("retries.md#retry", "retries.md#retry"),
        ("../costs.md", "../costs.md"),
        ("../../README.md#your-first-task", "../index.md"),
        (f"../../{ERRORS}/timeout.md", "../errors/timeout.md"),
        (f"../../{ERRORS}", "../errors/index.md"),
        ("https://example.com/a", "https://example.com/a"),
    ],
)
def test_what_the_site_has_is_linked_there(link: str, on_the_site: str) -> None:
    assert resolved(f"see [it]({link}).", page=PAGE, repository=None) == f"see [it]({on_the_site})."


def test_a_link_of_an_error_page_is_relative_to_its_file() -> None:
    text = "[retries](../../../../../docs/guide/retries.md), [others](.)"

    assert resolved(text, page="errors/timeout.md", repository=None) == (
        "[retries](../guide/retries.md), [others](index.md)"
    )


def test_what_the_site_has_not_is_linked_to_the_repository_if_that_is_known() -> None:
    text = "see [the tests](../../tests/conftest.py)"
    address = "https://example.com/taskmill/"

    assert resolved(text, page=PAGE, repository=None) == "see the tests"
    assert resolved(text, page=PAGE, repository=address) == (
        "see [the tests](https://example.com/taskmill/blob/main/tests/conftest.py)"
    )


def test_pictures_stay() -> None:
    text = "![a chart](../performance/calls.svg)"

    assert resolved(text, page=PAGE, repository=None) == text
