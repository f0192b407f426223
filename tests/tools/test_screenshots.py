"""The pictures of the console: of pages in both themes, small, and each is shown."""

import re
import struct
from pathlib import Path

import pytest
from tools import screenshots
from tools.screenshots import FOLDER, HEIGHT, MOST_BYTES, MOST_BYTES_IN_ALL, THEMES, VIEWS, WIDTH

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "lambdas/taskmill/console/static/app/pages/index.js"
PICTURES = sorted(FOLDER.glob("*.png"))


def test_every_page_has_a_view() -> None:
    pages = re.findall(r'\bname: "([\w-]*)"', PAGES.read_text())

    assert "fan-outs" in pages
    assert {re.split("[/?]", view.path.lstrip("/"))[0] for view in VIEWS} == set(pages)


def test_every_pictured_view_has_one_in_both_themes_and_nothing_else_is_there() -> None:
    pictured = [view.name for view in VIEWS if view.pictured]
    wanted = {f"{name}-{theme}.png" for name in pictured for theme in THEMES}

    assert {file.name for file in FOLDER.iterdir()} == wanted


@pytest.mark.parametrize("picture", PICTURES, ids=lambda each: each.stem)
def test_a_picture_is_small_and_of_one_size(picture: Path) -> None:
    png = picture.read_bytes()

    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (WIDTH, HEIGHT)
    assert len(png) <= MOST_BYTES


def test_all_pictures_together_are_small() -> None:
    assert sum(each.stat().st_size for each in PICTURES) <= MOST_BYTES_IN_ALL


def test_every_picture_is_shown_on_a_page() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = {
        name for page in pages for name in re.findall(r"console/([\w-]+\.png)", page.read_text())
    }

    assert {each.name for each in PICTURES} == shown


def test_a_page_that_names_a_folder_of_this_machine_gets_no_picture() -> None:
    screenshots.refuse_paths("error", 'File "/var/task/shop_tasks.py", line 100, in invoice')

    with pytest.raises(ValueError, match="error shows folders of this machine"):
        screenshots.refuse_paths("error", f'File "{ROOT}/lambdas/a.py", line 1, in b')
