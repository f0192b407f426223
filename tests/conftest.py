"""What all tests share."""

import os
import shutil
from pathlib import Path

import page_programs
import pytest
import type_checkers
from type_checkers import Checked

os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "taskmill")
TYPES = Path(__file__).parent / "types"


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """What type checkers say of the programs of all pages and of tests/types, in one run.

    Most of it goes into what the CDK's types are. One xdist_group, "type-checkers", uses it.
    """
    folder = tmp_path_factory.mktemp("typed")
    pages = page_programs.write(folder)
    for name in ("accepted.py", "refused.py"):
        shutil.copy(TYPES / name, folder)
    return Checked(pages, type_checkers.checked(folder))
