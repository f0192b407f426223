"""The documentation site: built without a warning and without network, and complete."""

import ast
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer
from tools.docs_site import http_api, python_api

from taskmill.cli.app import app as command_line

ROOT = Path(__file__).resolve().parents[2]
NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
ANSI = re.compile(r"\x1b\[[\d;]*m")

OF_OTHERS = {"taskmill.contrib.django": {"task"}}  # Django's own, handed on

pytestmark = pytest.mark.xdist_group("site")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; warnings end the build."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, **NO_NETWORK, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(
        command, capture_output=True, check=False, cwd=ROOT, env=environment, text=True
    )
    told = ANSI.sub("", built.stdout + built.stderr)
    assert built.returncode == 0, told
    assert "WARNING" not in told
    return folder


class Loaded(HTMLParser):
    """What a browser fetches for a page by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img", "iframe"):
            self.addresses.append(given.get("src") or "")
        if tag == "link" and given.get("rel") not in ("canonical", "next", "prev"):
            self.addresses.append(given.get("href") or "")


def public_names(module: str) -> list[str]:
    """The names in `__all__`, else all that a module defines; it is not imported."""
    path = (
        ROOT
        / ("stacks" if module.startswith("taskmill_cdk") else "lambdas")
        / module.replace(".", "/")
    )
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    body = ast.parse(file.read_text()).body
    for each in body:
        if isinstance(each, ast.Assign) and getattr(each.targets[0], "id", "") == "__all__":
            return list(ast.literal_eval(each.value))
    defined = [each.name for each in body if isinstance(each, ast.ClassDef | ast.FunctionDef)]
    return [name for name in defined if not name.startswith("_")]


def text_of(page: Path) -> str:
    return re.sub(r"<[^>]+>", "", page.read_text())


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    loaded = Loaded()
    for page in pages:
        loaded.feed(page.read_text())

    assert len(pages) > 100
    assert [each for each in loaded.addresses if "//" in each] == []
    assert not any("mermaid" in re.findall(r'class="([^"]*)"', page.read_text()) for page in pages)


def test_the_reference_has_every_command_with_its_options(site: Path) -> None:
    text = text_of(site / "reference/cli/index.html")
    root = typer.main.get_command(command_line)

    for name, command in root.commands.items():  # type: ignore[attr-defined]
        assert f"taskmill {name}" in text
        for option in command.params:
            assert option.opts[0] in text or not option.opts[0].startswith("-"), (name, option.opts)


def test_the_reference_has_every_route_and_every_schema(site: Path) -> None:
    page = (site / "reference/http/index.html").read_text()
    text = text_of(site / "reference/http/index.html")
    api = http_api.document()

    for method, path, operation in http_api.operations(api):
        assert f"{method} {path}" in text.replace("\n", " ")
        assert f'id="{operation["operationId"]}"' in page
    for name in api["components"]["schemas"]:
        assert f'id="{name.lower()}"' in page


@pytest.mark.parametrize("module", python_api.modules())
def test_the_reference_has_every_public_name(site: Path, module: str) -> None:
    page = (site / f"reference/{module}/index.html").read_text()
    names = public_names(module)

    assert names
    missing = {name for name in names if f'id="{module}.{name}"' not in page}
    assert missing <= OF_OTHERS.get(module, set())


def test_private_names_are_not_in_it(site: Path) -> None:
    for module in python_api.modules():
        page = (site / f"reference/{module}/index.html").read_text()
        assert re.findall(rf'id="{re.escape(module)}[\w.]*\._\w+"', page) == []


def test_search_knows_every_page(site: Path) -> None:
    index = (site / "search/search_index.json").read_text()

    for page in site.rglob("index.html"):
        place = page.parent.relative_to(site).as_posix()
        assert place == "." or f'"location":"{place}/"' in index, place


def test_llms_txt_lists_every_page_with_its_text(site: Path) -> None:
    listed = re.findall(r"^- \[.+?\]\((.+?)\)", (site / "llms.txt").read_text(), re.MULTILINE)

    pages = {page.relative_to(site).as_posix() for page in site.rglob("*.md")}
    assert set(listed) == pages
    assert {"index.md", "guide/tasks.md", "reference/cli.md", "errors/timeout.md"} <= pages
    assert all((site / page).read_text().startswith("# ") for page in listed)


def test_code_can_be_copied_and_versions_chosen(site: Path) -> None:
    page = (site / "index.html").read_text()

    assert "content.code.copy" in page
    assert '"provider": "mike"' in page


def test_without_an_address_of_the_repository_no_page_can_be_edited(site: Path) -> None:
    assert "md-content__button" not in (site / "guide/tasks/index.html").read_text()
