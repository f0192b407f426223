"""The report pipeline, deployed to a local cloud of its own, from the first task to the tree."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskmill_local import LocalCloud

ROOT = Path(__file__).parents[2]
APP = "python -m examples.report_pipeline.app"

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("pipeline")]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(ROOT, state_dir=tmp_path, report=lambda _: None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        cloud.up(app=APP, port=port)
        yield cloud
    finally:
        cloud.down()


def test_the_pipeline_runs_green_and_prints_its_tree(cloud: LocalCloud) -> None:
    outputs = cloud.status().outputs
    environment = {
        **os.environ,
        "TASKMILL_URL": outputs["ApiUrl"],
        "AWS_ACCESS_KEY_ID": outputs["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": outputs["SecretAccessKey"],
        "AWS_REGION": outputs["Region"],
    }

    run = subprocess.run(
        [sys.executable, "-m", "examples.report_pipeline.run"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    once, scheduled = run.stdout.split("2. The same report")
    for tree in (once, scheduled):
        assert len(re.findall("COMPLETED state-summary", tree)) == 20
        assert len(re.findall(r"state-summary \S+ \(3 attempts\)", tree)) == 1
        assert "(200 of 200 subtasks)" in tree
    assert len(re.findall("COMPLETED announce-report", once)) == 1
    assert "callback COMPLETED, scheduled report COMPLETED" in scheduled
