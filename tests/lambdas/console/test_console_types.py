"""The console's types of the API are those of its OpenAPI document."""

from __future__ import annotations

import runpy
from pathlib import Path

TOOL = Path(__file__).resolve().parents[3] / "tools" / "console_types.py"


def test_the_consoles_types_are_those_of_the_openapi_document() -> None:
    tool = runpy.run_path(str(TOOL))

    written = tool["TARGET"].read_text()

    assert written == tool["declarations"](), "run: python tools/console_types.py"
