"""What the site has beyond docs/: pages made from the code, links out of docs/, and llms.txt.

MkDocs calls these functions by their names (`hooks` in mkdocs.yml).
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]  # MkDocs does not run in the root only

from tools.docs_site import (  # noqa: E402
    command_line,
    error_pages,
    http_api,
    llms,
    navigation,
    outside_links,
    python_api,
)

_TEXTS: dict[str, str] = {}  # of each page, by its path, as it was read
_PAGES: list[Page] = []  # in the order of the navigation


def generated() -> Iterator[tuple[str, str]]:
    """Path and text of each page that is made from the code."""
    yield "reference/cli.md", command_line.page()
    yield "reference/http.md", http_api.page(http_api.document())
    for module in python_api.modules():
        yield f"reference/{module}.md", python_api.page(module)
    yield from error_pages.pages()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Without the address of a repository there is nowhere to edit a page."""
    if not config.repo_url:
        config.edit_uri = None
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    for path, text in generated():
        files.append(File.generated(config, path, content=text))
    pages = [file.src_uri for file in files.documentation_pages()]
    config.nav = navigation.expanded(config.nav, pages)
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    del files
    path = page.file.src_uri
    _TEXTS[path] = outside_links.resolved(markdown, page=path, repository=config.repo_url)
    return _TEXTS[path]


def on_nav(nav: Navigation, *, config: MkDocsConfig, files: Files) -> Navigation:
    del config, files
    _PAGES[:] = nav.pages
    return nav


def on_post_build(*, config: MkDocsConfig) -> None:
    """Write llms.txt, and the Markdown of each page beside its HTML."""
    site, entries = Path(config.site_dir), []
    for page in _PAGES:
        text, path = _TEXTS[page.file.src_uri], page.file.src_uri
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
        section = page.ancestors[-1].title if page.ancestors else ""
        entries.append(llms.Entry(section, str(page.title), path, text))
    about = str(config.site_description)
    (site / "llms.txt").write_text(llms.listed(config.site_name, about, entries))
