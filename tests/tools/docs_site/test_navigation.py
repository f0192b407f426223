"""Patterns in the navigation stand for the pages of a folder that are not named elsewhere."""

from tools.docs_site.navigation import expanded

PAGES = ["index.md", "guide/index.md", "guide/b.md", "guide/a.md", "guide/ops.md", "errors/x.md"]


def test_a_pattern_becomes_the_pages_that_are_not_named() -> None:
    nav = ["index.md", {"Guide": ["guide/index.md", "guide/*"]}, {"Operate": ["guide/ops.md"]}]

    assert expanded(nav, PAGES) == [
        "index.md",
        {"Guide": ["guide/index.md", "guide/a.md", "guide/b.md"]},
        {"Operate": ["guide/ops.md"]},
    ]


def test_sections_within_sections_are_expanded() -> None:
    nav = [{"Reference": [{"Command line": "cli.md"}, {"Errors": ["errors/*"]}]}]

    assert expanded(nav, PAGES) == [
        {"Reference": [{"Command line": "cli.md"}, {"Errors": ["errors/x.md"]}]}
    ]
