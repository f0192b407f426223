"""The airports of `make run`, as the console shows them: their failures have one cause."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from forgotten import types_forgotten

from taskmill.console.serving import serve
from taskmill.testing import InProcessCloud

AIRPORTS = Path(__file__).resolve().parents[2] / "examples/airports"
COUNTS = {"total": 3_376, "completed": 3_364, "failed": 12, "cancelled": 0}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessCloud]:
    monkeypatch.setattr(sys, "path", [*sys.path])
    with types_forgotten(), InProcessCloud(folder=AIRPORTS / "tasks") as cloud:
        yield cloud


def test_the_twelve_failures_of_the_import_are_one_error(
    cloud: InProcessCloud,
) -> None:
    rows = list(csv.DictReader((AIRPORTS / "data/airports.csv").read_text().splitlines()))
    with cloud.client("demo") as client:
        fan_out = client.map("airport-import", rows, tolerated_failures="1%")
    cloud.run()
    path = f"/v1/tenants/demo/step-function-tasks/airport-import/{fan_out.code}"
    with (
        serve(cloud, tenant="demo") as place,
        httpx.Client(base_url=place.url, headers={"x-taskmill-key": place.key}, timeout=60) as page,
    ):
        assert page.get(path).json()["attributes"]["counts"] == COUNTS
        failed = page.get(f"{path}/subtasks", params={"status": "FAILED", "limit": 100}).json()
        assert len(failed["items"]) == 12
        failures = page.get("/v1/tenants/demo/failures", params={"type": "airport-import"}).json()
        [fingerprint] = {each["fingerprint"] for each in failures["items"]}
        assert len(failures["items"]) == 12
        assert len(fingerprint) == 12
