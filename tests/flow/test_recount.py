"""`taskmill stats --recount`: numbers that were damaged are again what a scan finds."""

from typing import Any

import pytest
from clouds import TENANT
from figures import rows_of, statuses_in, tallied_statuses

from taskmill.aws.dynamodb.codec import decode_item, encode_item
from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

QUIET = 400  # seconds


def submitted(cloud: InProcessCloud, task_type: str, count: int) -> None:
    for number in range(count):
        task = CreateTask(tenant_code=TENANT, task_type=task_type, input=number % 3)
        cloud.service.create_task(task=task)


def statistics(cloud: InProcessCloud) -> list[dict[str, Any]]:
    return [row for row in rows_of(cloud.table) if row["pk"].startswith(("STAT#", "ERR#"))]


def present(cloud: InProcessCloud) -> list[tuple[str, str, Any]]:
    """All that is told of the present, with zeros left out."""
    return sorted(
        (row["pk"], row["sk"], sorted((k, v) for k, v in row.items() if _is_present(k) and v))
        for row in statistics(cloud)
        if row["pk"].count("#") == 1
    )


def _is_present(name: str) -> bool:
    return name.isupper() or name == "open" or name.startswith("since#")


def stored(cloud: InProcessCloud, row: dict[str, Any]) -> None:
    cloud.table.put_item(Item=encode_item(row))


def damage(cloud: InProcessCloud) -> None:
    """As lost changes, counted twice ones and a lost row would leave them."""
    gauges = [row for row in statistics(cloud) if row["pk"] == f"STAT#{TENANT}"]
    groups = [row for row in statistics(cloud) if row["pk"] == f"ERR#{TENANT}"]
    first, *others = gauges
    cloud.table.delete_item(Key=encode_item({"pk": first["pk"], "sk": first["sk"]}))
    for row in others:
        stored(cloud, {**row, "COMPLETED": 77, "QUEUED": -3, "since#17": 4, "version": 900})
    lost, *kept = groups
    cloud.table.delete_item(Key=encode_item({"pk": lost["pk"], "sk": lost["sk"]}))
    for row in kept:
        stored(cloud, {**row, "open": 1_000})


@pytest.fixture
def busy(cloud: InProcessCloud) -> InProcessCloud:
    """A cloud with tasks in all sorts of states, whose changes have been counted."""
    for task_type in ("echo", "odd-fails", "fails", "flaky"):
        submitted(cloud, task_type, 9)
    cloud.run()
    submitted(cloud, "echo", 2)
    cloud.count_statistics()
    return cloud


def test_damaged_statistics_are_again_what_a_scan_finds(busy: InProcessCloud) -> None:
    before = present(busy)
    busy.now += QUIET * 1_000
    damage(busy)
    assert present(busy) != before

    rows, done = busy.wiring.recount.run(TENANT)

    assert rows == 38
    assert {each.did for each in done} == {"corrected"}
    assert present(busy) == before
    assert tallied_statuses(rows_of(busy.table)) == statuses_in(rows_of(busy.table))
    groups = InProcessApi().get(f"/v1/tenants/{TENANT}/errors").body["groups"]
    failed = [row for row in rows_of(busy.table) if row.get("status") == "FAILED"]
    assert sum(each["open"] for each in groups) == len(failed) > 0
    assert busy.wiring.recount.run(TENANT) == (38, [])


def test_what_is_counted_after_a_recount_stays_exact(busy: InProcessCloud) -> None:
    busy.now += QUIET * 1_000
    damage(busy)
    busy.wiring.recount.run(TENANT)

    submitted(busy, "echo", 3)
    submitted(busy, "odd-fails", 3)
    busy.run()
    busy.count_statistics()

    rows = rows_of(busy.table)
    assert tallied_statuses(rows) == statuses_in(rows)
    busy.now += QUIET * 1_000
    assert busy.wiring.recount.run(TENANT)[1] == []


def test_a_type_in_motion_is_left_alone(busy: InProcessCloud) -> None:
    busy.now += QUIET * 1_000
    damage(busy)
    damaged = {row["sk"]: row for row in statistics(busy)}
    submitted(busy, "fails", 1)

    _, done = busy.wiring.recount.run(TENANT)

    did = {each.key.sk.rpartition("#")[2]: each.did for each in done}
    assert (did["fails"], did["odd-fails"]) == ("busy", "corrected")
    assert next(row for row in statistics(busy) if row["sk"] == "fails") == damaged["fails"]


def test_a_row_that_the_tally_writes_meanwhile_is_looked_at_again(
    busy: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = present(busy)
    busy.now += QUIET * 1_000
    damage(busy)
    replaced: list[str] = []
    replace = type(busy.wiring.table).replace

    def overtaken(table: Any, values: Any, *, version: int) -> None:
        if not replaced:  # as the tally would: the version grows
            key = encode_item({"pk": values["pk"], "sk": values["sk"]})
            row = decode_item(table.client.get_item(TableName="tasks", Key=key)["Item"])
            stored(busy, {**row, "version": row["version"] + 1})
        replaced.append(values["sk"])
        replace(table, values, version=version)

    monkeypatch.setattr(type(busy.wiring.table), "replace", overtaken)

    _, done = busy.wiring.recount.run(TENANT)

    assert replaced.count(replaced[0]) == 2
    assert {each.did for each in done} == {"corrected"}
    assert present(busy) == before
