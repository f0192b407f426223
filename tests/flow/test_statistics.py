"""Statistics: numbers per status, history, error groups; through the API and the clients."""

from __future__ import annotations

from collections import Counter
from typing import Any

import bulk_tasks
import pytest
from clouds import TENANT
from figures import events_in, rows_of, statuses_in, tallied_events, tallied_statuses

from taskmill.aws.dynamodb.codec import encode_item
from taskmill.client import TaskClient
from taskmill.model.keys import TaskKey
from taskmill.models import CreateTask
from taskmill.testing import Chaos, InProcessCloud
from taskmill.testing.http import InProcessApi, handler

ROOT = f"/v1/tenants/{TENANT}"


@pytest.fixture
def api(cloud: InProcessCloud) -> InProcessApi:
    return InProcessApi()


def submitted(cloud: InProcessCloud, task_type: str, value: Any = None) -> Any:
    task = CreateTask(tenant_code=TENANT, task_type=task_type, input=value)
    return cloud.service.create_task(task=task)


def counts(api: InProcessApi) -> dict[str, dict[str, int]]:
    answer = api.get(f"{ROOT}/statistics")
    return {each["type"]: each["counts"] for each in answer.body["types"]}


def test_a_thousand_tasks_under_doubled_deliveries_count_as_a_scan_does() -> None:
    chaos = Chaos(deliveries=2, seed=7)
    with InProcessCloud(modules=["flow_tasks"], chaos=chaos) as cloud:
        for number in range(1_000):
            submitted(cloud, ["echo", "odd-fails", "fails", "flaky"][number % 4], number % 3)
        cloud.run()
        failed = [row for row in rows_of(cloud.table) if row.get("status") == "FAILED"]
        for row in failed[:20]:
            cloud.service.retry(key={"pk": f"TASK#{TENANT}", "sk": row["sk"]})
        cloud.run()

        cloud.count_statistics()

        rows = rows_of(cloud.table)
        assert tallied_statuses(rows) == statuses_in(rows)
        assert tallied_events(rows) == events_in(rows)
        groups = InProcessApi().get(f"{ROOT}/errors").body["groups"]
        assert sum(each["open"] for each in groups) == len(
            [row for row in rows if row.get("status") == "FAILED"]
        )
        failures = sum(
            n
            for each in events_in(rows).values()
            for (_, name), n in each.items()
            if name == "failed"
        )
        assert sum(each["count"] for each in groups) == failures


@pytest.mark.parametrize("deliveries", [1, 2])
def test_all_kinds_of_tasks_together_count_as_a_scan_does(deliveries: int) -> None:
    """Fan-outs that tolerate failures, one subtask's retry, callbacks, fires, a code used again."""
    chaos = Chaos(deliveries=deliveries, seed=11)
    with InProcessCloud(modules=["bulk_tasks"], chaos=chaos) as cloud:
        bulk_tasks.BROKEN.clear()
        bulk_tasks.BAD.clear()
        bulk_tasks.BAD.update({3, 7})
        api = InProcessApi()
        body = {"taskType": "bulk-element", "input": [*range(10)]}
        tolerant = {
            **body,
            "code": "tolerant",
            "toleratedFailures": 2,
            "onCompletion": "bulk-fails",
        }
        strict = {**body, "code": "strict", "toleratedFailures": 1, "onFailure": "bulk-other"}
        answers = [api.post(f"{ROOT}/step-function-tasks", each) for each in (tolerant, strict)]
        hourly = {"taskType": "bulk-fails", "expression": "rate(1 hour)", "input": 1}
        answers.append(api.put(f"{ROOT}/schedules/hourly", hourly))
        late = {"taskType": "bulk-other", "code": "late", "delaySeconds": 9_000}
        answers.append(api.post(f"{ROOT}/tasks", late))
        answers.append(api.post(f"{ROOT}/tasks/bulk-other/late/cancel"))
        assert {each.status for each in answers} <= {200, 202}
        cloud.run()
        as_counted(cloud, api)

        bulk_tasks.BAD.clear()
        path = f"{ROOT}/step-function-tasks/bulk-element"
        assert api.post(f"{path}/strict/subtasks/3/retry").status == 202
        cloud.run()
        as_counted(cloud, api)
        assert api.post(f"{path}/strict/retry").status == 200
        assert api.post(f"{path}/tolerant/retry").status == 200
        cloud.advance(seconds=3 * 3600)
        as_counted(cloud, api)

        stored = TaskKey.parse(f"TASK#{TENANT}", "bulk-other#late").stored
        cloud.table.delete_item(Key=encode_item(stored._asdict()))  # as its TTL would
        again = {"taskType": "bulk-other", "code": "late", "input": 2}
        assert api.post(f"{ROOT}/tasks", again).status == 202
        cloud.run()
        as_counted(cloud, api, gone=True)
        made = {row["sk"] for row in rows_of(cloud.table) if row.get("schedule")}
        assert len(made) >= 2


def as_counted(cloud: InProcessCloud, api: InProcessApi, *, gone: bool = False) -> None:
    """The statistics are what a scan finds; of rows that are gone, only present numbers are."""
    cloud.count_statistics()
    rows = rows_of(cloud.table)
    assert tallied_statuses(rows) == statuses_in(rows)
    if not gone:
        assert tallied_events(rows) == events_in(rows)
    failing = [
        row
        for row in rows
        if row.get("status") == "FAILED" and row["row"] != "SFN_TASK"  # its subtasks are counted
    ]
    groups = api.get(f"{ROOT}/errors").body["groups"]
    open_ones = {each["fingerprint"]: each["open"] for each in groups if each["open"]}
    assert open_ones == Counter(row["fingerprint"] for row in failing)


def test_the_statuses_of_a_type_are_counted(cloud: InProcessCloud, api: InProcessApi) -> None:
    submitted(cloud, "echo", 1)
    submitted(cloud, "fails", 1)
    assert counts(api) == {"echo": {"QUEUED": 1}, "fails": {"QUEUED": 1}}

    cloud.run()

    assert counts(api) == {"echo": {"COMPLETED": 1}, "fails": {"FAILED": 1}}


def test_an_answer_that_is_still_the_same_is_not_sent_again(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    submitted(cloud, "echo", 1)
    first = api.get(f"{ROOT}/statistics")
    known = {"if-none-match": first.headers["ETag"]}

    assert api.request("GET", f"{ROOT}/statistics", headers=known).status == 304
    sent = handler(api.event("GET", f"{ROOT}/statistics", None, "", known), None)
    assert sent["body"] == ""  # MiniStack answers 500 in place of null

    cloud.run()
    assert api.request("GET", f"{ROOT}/statistics", headers=known).status == 200


def test_the_oldest_waiting_task_is_known_to_ten_minutes(
    cloud: InProcessCloud, client: TaskClient
) -> None:
    submitted(cloud, "echo", 1)
    began = cloud.now
    cloud.sleep(3_600)
    submitted(cloud, "echo", 1)

    (found,) = client.statistics().types

    assert found.oldest_waiting_at is not None
    assert began <= found.oldest_waiting_at.timestamp() * 1000 <= began + 600_000


def test_history_tells_what_happened_and_how_long_it_took(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    for _ in range(10):
        submitted(cloud, "flaky", 1)  # fails once, and runs again a minute later
    submitted(cloud, "fails", 1)
    cloud.run()

    buckets = api.get(f"{ROOT}/statistics/history", type="flaky").body["buckets"]

    assert {each["type"] for each in buckets} == {"flaky"}
    assert sum(each["created"] for each in buckets) == 10
    assert sum(each["errored"] for each in buckets) == 10
    assert sum(each["completed"] for each in buckets) == 10
    assert sum(each["run"]["count"] for each in buckets) == 10
    assert max(each["run"]["p95"] for each in buckets) >= 30_000


def test_days_are_the_sums_of_their_hours(cloud: InProcessCloud, client: TaskClient) -> None:
    for _ in range(3):
        submitted(cloud, "echo", 1)
        cloud.advance(seconds=3_600)

    hours, days = client.history(), client.history(by="day")

    assert sum(each.completed for each in days.buckets) == 3
    assert len(days.buckets) <= len(hours.buckets)


def test_times_in_the_wrong_order_are_refused(api: InProcessApi) -> None:
    answer = api.get(
        f"{ROOT}/statistics/history",
        **{"from": "2026-02-02T00:00:00Z", "to": "2026-02-01T00:00:00Z"},
    )

    assert answer.status == 422


@pytest.fixture
def failed(cloud: InProcessCloud, client: TaskClient) -> Any:
    submitted(cloud, "fails", 1)
    submitted(cloud, "fails", 2)
    submitted(cloud, "odd-fails", 1)
    cloud.run()
    return {each.error_type: each for each in client.error_groups()}


def test_failures_are_grouped_by_their_causes(failed: Any, client: TaskClient) -> None:
    assert failed["RuntimeError"].count == failed["RuntimeError"].open == 2
    assert failed["ValueError"].count == 1
    one = client.error_group(failed["RuntimeError"].fingerprint)
    assert one.sample is not None
    assert one.sample.stack is not None
    assert "always" in one.sample.stack
    assert one.types == ("fails",)
    assert sum(one.hours) == 2


def test_a_retried_task_that_fails_again_is_counted_again(
    cloud: InProcessCloud, failed: Any, client: TaskClient
) -> None:
    key = failed["ValueError"].last_key.partition("/")
    client.retry({"pk": key[0], "sk": key[2]})
    assert client.error_group(failed["ValueError"].fingerprint).open == 0

    cloud.run()

    group = client.error_group(failed["ValueError"].fingerprint)
    assert (group.count, group.open) == (2, 1)


def test_a_group_shows_the_error_itself_and_not_that_of_the_parent(
    cloud: InProcessCloud, client: TaskClient
) -> None:
    submitted(cloud, "asks-one-that-fails", 1)
    cloud.run()

    [group] = client.error_groups()
    assert group.types == ("asks-one-that-fails", "fails")
    assert (group.error_type, group.message) == ("RuntimeError", "always")
    one = client.error_group(group.fingerprint)
    assert one.count == 2
    assert one.sample is not None
    assert one.sample.type == "RuntimeError"
    assert "TaskFailed" not in (one.sample.stack or "")


def test_a_resolved_group_reopens_when_it_occurs_again(
    cloud: InProcessCloud, failed: Any, client: TaskClient
) -> None:
    mark = failed["RuntimeError"].fingerprint
    assert client.resolve_error_group(mark).state == "resolved"
    assert [each.fingerprint for each in client.error_groups(state="resolved")] == [mark]

    cloud.advance(seconds=60)
    submitted(cloud, "fails", 3)
    cloud.run()

    group = client.error_group(mark)
    assert group.state == "open"
    assert group.new_since == group.last_at


def test_an_ignored_group_stays_ignored(
    cloud: InProcessCloud, failed: Any, client: TaskClient
) -> None:
    mark = failed["RuntimeError"].fingerprint
    client.ignore_error_group(mark)
    cloud.advance(seconds=60)
    submitted(cloud, "fails", 3)
    cloud.run()

    assert client.error_group(mark).state == "ignored"
    assert client.reopen_error_group(mark).state == "open"


def test_a_group_that_there_is_not_is_not_found(api: InProcessApi) -> None:
    assert api.get(f"{ROOT}/errors/000000000000").status == 404
    assert api.post(f"{ROOT}/errors/000000000000/resolve").status == 404


def test_the_list_of_tenants_is_kept(cloud: InProcessCloud, client: TaskClient) -> None:
    submitted(cloud, "echo", 1)

    assert client.tenants() == (TENANT,)


def test_pages_of_groups_follow_each_other(failed: Any, api: InProcessApi) -> None:
    first = api.get(f"{ROOT}/errors", limit=1).body
    second = api.get(f"{ROOT}/errors", limit=1, cursor=first["cursor"]).body

    marks = {first["groups"][0]["fingerprint"], second["groups"][0]["fingerprint"]}
    assert marks == {each.fingerprint for each in failed.values()}
    assert second["cursor"] is None


def test_failed_subtasks_are_one_group_and_counted_again_when_they_fail_again(
    cloud: InProcessCloud, client: TaskClient
) -> None:
    task = client.map("odd-fails", [1, 2, 3, 4, 5, 7], tolerated_failures=3, batch_size=2)
    cloud.run()
    (group,) = client.error_groups()
    assert (group.count, group.open, group.types) == (4, 4, ("odd-fails",))

    client.retry(task)
    cloud.run()

    (group,) = client.error_groups()
    assert (group.count, group.open) == (8, 4)
    buckets = client.history(by="day").buckets
    assert sum(each.subtasks.failed for each in buckets) == 8
    assert sum(each.subtasks.completed for each in buckets) == 2
    sample = client.error_group(group.fingerprint).sample
    assert sample is not None
    assert sample.stack is not None
    assert "is odd" in sample.stack


def test_a_fan_out_that_failed_by_its_subtasks_is_in_their_group(
    cloud: InProcessCloud, client: TaskClient
) -> None:
    client.map("odd-fails", [1, 3])
    cloud.run()

    (group,) = client.error_groups()

    assert (group.count, group.error_type) == (2, "ValueError")
    (found,) = client.statistics().types
    assert found.counts == {"FAILED": 1}


def test_a_subtask_that_is_retried_alone_and_fails_is_one_more(
    cloud: InProcessCloud, client: TaskClient
) -> None:
    task = client.map("odd-fails", [1, 2, 3, 5, 7], tolerated_failures=4, batch_size=2)
    cloud.run()
    for _ in range(2):
        cloud.service.retry(key={"pk": task.key.pk, "sk": f"{task.key.sk}#2"})
        cloud.run()

    (group,) = client.error_groups()

    assert (group.count, group.open) == (4 + 2, 4)
    assert sum(each.subtasks.failed for each in client.history(by="day").buckets) == 6
