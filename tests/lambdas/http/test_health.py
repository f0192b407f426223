"""C36: the queues of the stack."""

from botocore.exceptions import ClientError

from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi


def test_queues_tell_how_full_they_are(api: InProcessApi, cloud: InProcessCloud) -> None:
    for seconds in (0, 0, 60):
        api.post("/v1/tenants/mbc/tasks", {"taskType": "any", "delaySeconds": seconds})
    cloud.queues.put("dead-letters", "{}", 0)
    cloud.queues.put("failures", "{}", 0)
    cloud.queues.put("workflow-dead-letters", "{}", 0)

    found = api.get("/v1/health/queues")

    assert found.status == 200
    (queue,) = found.body["queues"]
    assert (queue["name"], queue["depth"], queue["inFlight"]) == ("normal", 3, 0)
    dead = {each["name"]: each["depth"] for each in found.body["deadLetters"]}
    assert dead == {
        "dead letters": 1,
        "unreadable messages": 0,
        "dead changes": 0,
        "workflow events": 1,
    }
    assert found.body["parkedChanges"] == 1


def test_nothing_is_asked_of_sqs_unless_somebody_asks(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    api.get("/v1/tenants/mbc/tasks")
    assert cloud.meter.calls["sqs.get_queue_attributes"] == 0

    api.get("/v1/health/queues")
    assert cloud.meter.calls["sqs.get_queue_attributes"] == 6 + 1  # an ARN, once in a process
    api.get("/v1/health/queues")
    assert cloud.meter.calls["sqs.get_queue_attributes"] == 6 + 1 + 6


def test_queues_tell_how_old_their_oldest_message_is(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    def asked() -> int | None:
        (queue,) = api.get("/v1/health/queues").body["queues"]
        age: int | None = queue["oldestSeconds"]
        return age

    assert asked() is None
    assert cloud.meter.calls["cloudwatch.get_metric_statistics"] == 0  # of an empty queue

    api.post("/v1/tenants/mbc/tasks", {"taskType": "any"})
    cloud.sleep(90)
    assert asked() == 90

    cloud.queues.unmeasured = True
    assert asked() is None


def test_queues_are_told_though_cloudwatch_refuses(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    def refused(name: str) -> Exception | None:
        error = {"Error": {"Code": "Throttling", "Message": "slow down"}}
        throttled = ClientError(error, "GetMetricStatistics")  # type: ignore[arg-type]
        return throttled if name.startswith("cloudwatch.") else None

    api.post("/v1/tenants/mbc/tasks", {"taskType": "any"})
    cloud.meter.fault = refused

    (queue,) = api.get("/v1/health/queues").body["queues"]

    assert (queue["depth"], queue["oldestSeconds"]) == (1, None)
