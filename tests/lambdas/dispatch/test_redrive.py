"""What the failure queue holds: records themselves, or where they lie in the stream."""

import copy
import itertools
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from builders import any_row, record, sqs_event, stored

from taskmill.dispatch.redrive import records_of
from taskmill.handlers import dispatch
from taskmill.testing import InProcessCloud
from taskmill.testing.dynamodb import refused


class FakeStreams:
    """A shard whose pages are given, empty ones too."""

    def __init__(self, *pages: list[dict[str, Any]], closed: bool = False) -> None:
        self.pages, self.closed = pages, closed
        self.asked: list[dict[str, Any]] = []

    def get_shard_iterator(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return {"ShardIterator": "0"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> dict[str, Any]:  # noqa: ARG002, N803
        number = int(ShardIterator)
        if number > len(self.pages) + 5:
            raise AssertionError("reads on and on")
        answer: dict[str, Any] = {"Records": []}
        if number < len(self.pages):
            answer["Records"] = copy.deepcopy(self.pages[number])
        if not self.closed or number + 1 < len(self.pages):
            answer["NextShardIterator"] = str(number + 1)
        return answer


def numbered(first: int, count: int) -> list[dict[str, Any]]:
    found = [record(None, any_row()) for _ in range(count)]
    for number, each in enumerate(found, start=first):
        each["dynamodb"]["SequenceNumber"] = str(number)
    return found


def span(first: int, last: int) -> dict[str, Any]:
    """The message that AWS itself sends."""
    return {
        "requestContext": {"condition": "RetryAttemptsExhausted"},
        "DDBStreamBatchInfo": {
            "shardId": "shard-1",
            "startSequenceNumber": str(first),
            "endSequenceNumber": str(last),
            "streamArn": "arn:stream",
            "batchSize": 3,
        },
    }


def test_a_parked_record_is_the_record() -> None:
    parked = record(None, any_row())

    assert records_of({"record": parked}, FakeStreams) == [parked]


@pytest.mark.parametrize("empty_pages", [0, 1, 3])
def test_records_of_a_range_are_read_from_the_stream(empty_pages: int) -> None:
    """DynamoDB may answer with nothing although more follows."""
    found = numbered(98, 7)
    gaps: list[list[dict[str, Any]]] = [[] for _ in range(empty_pages)]
    streams = FakeStreams(*gaps, found[2:3], *gaps, found[3:])

    read = records_of(span(100, 102), lambda _: streams)

    assert read == found[2:5]
    assert streams.asked == [
        {
            "StreamArn": "arn:stream",
            "ShardId": "shard-1",
            "ShardIteratorType": "AT_SEQUENCE_NUMBER",
            "SequenceNumber": "100",
        }
    ]


def test_the_newest_record_of_a_shard_ends_the_reading() -> None:
    found = numbered(10, 2)

    assert records_of(span(10, 11), lambda _: FakeStreams(found)) == found


def test_a_closed_shard_ends_the_reading() -> None:
    found = numbered(10, 1)

    assert records_of(span(10, 12), lambda _: FakeStreams(found, closed=True)) == found


def test_a_range_is_handled_as_if_it_were_just_delivered(cloud: InProcessCloud) -> None:
    row = stored(cloud)
    (delivered,) = numbered(5, 1)
    delivered["dynamodb"] |= record(None, row)["dynamodb"]
    make, streams = cloud.wiring.client, FakeStreams([delivered])
    object.__setattr__(
        cloud.wiring, "client", lambda name: streams if name == "dynamodbstreams" else make(name)
    )

    answer = dispatch.handler(sqs_event(json.dumps(span(5, 5))), cloud.context())

    assert answer == {"batchItemFailures": []}
    assert cloud.wiring.tasks.get(row.key).status == "QUEUED"


def test_what_cannot_be_handled_stays_and_stops_no_other(cloud: InProcessCloud) -> None:
    row = stored(cloud)
    unreadable = record(None, any_row())
    unreadable["dynamodb"]["NewImage"]["status"] = {"S": "UNHEARD-OF"}
    bodies = [json.dumps({"record": unreadable}), "no json", "{}"]
    bodies.append(json.dumps({"record": record(None, row)}))

    answer = dispatch.handler(sqs_event(*bodies), cloud.context())

    failed = [each["itemIdentifier"] for each in answer["batchItemFailures"]]
    assert failed == ["m0", "m1", "m2"]
    assert cloud.wiring.tasks.get(row.key).status == "QUEUED"
    assert "failures" not in cloud.queues.queues  # it is on the failure queue already


def test_a_record_is_redriven_as_often_as_it_takes(cloud: InProcessCloud) -> None:
    parked = json.dumps({"record": record(None, stored(cloud))})

    for _ in itertools.repeat(None, 3):
        assert dispatch.handler(sqs_event(parked), cloud.context()) == {"batchItemFailures": []}


@pytest.mark.parametrize(
    "body",
    ["", "no json", "[]", "null", "{}", '{"record": 5}', "[" * 100_000, "x" * 900_000, "\x00"],
    ids=lambda body: body[:16],
)
def test_a_malformed_message_stays_and_stops_no_other(cloud: InProcessCloud, body: str) -> None:
    """After five receives SQS moves it to the dispatcher's dead letters, which raise one alarm."""
    row = stored(cloud)
    cloud.stream.take(10)
    good = json.dumps({"record": record(None, row)})

    answer = dispatch.handler(sqs_event(body, good), cloud.context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert cloud.wiring.tasks.get(row.key).status == "QUEUED"


class BusyStreams(FakeStreams):
    """A shard that has two readers already, and refuses the third so many times."""

    def __init__(self, *pages: list[dict[str, Any]], refusals: int) -> None:
        super().__init__(*pages)
        self.refusals = refusals

    def get_records(self, **request: Any) -> dict[str, Any]:
        if self.refusals:
            self.refusals -= 1
            raise refused("ProvisionedThroughputExceededException", "too many readers")
        return super().get_records(**request)


def test_a_shard_that_is_read_by_two_others_is_waited_for() -> None:
    found = numbered(10, 2)
    pauses: list[float] = []

    read = records_of(span(10, 11), lambda _: BusyStreams(found, refusals=5), sleep=pauses.append)

    assert read == found
    assert len(pauses) == 5


def test_a_shard_that_refuses_for_long_is_tried_with_the_next_delivery() -> None:
    streams = BusyStreams(numbered(10, 2), refusals=100)

    with pytest.raises(ClientError, match="too many readers"):
        records_of(span(10, 11), lambda _: streams, sleep=lambda _: None)


def test_what_the_statistics_could_not_count_is_not_dispatched_again(cloud: InProcessCloud) -> None:
    """Its place in the stream is among the dispatcher's dead letters, and so redriven with them."""
    row = stored(cloud)
    streams = FakeStreams([record(None, row)])
    object.__setattr__(cloud.wiring, "client", lambda _: streams)
    own = cloud.context().invoked_function_arn
    bodies = [span(5, 5), span(5, 5)]
    bodies[0]["requestContext"]["functionArn"] = own.replace("in-process", "Count")
    bodies[1]["requestContext"]["functionArn"] = f"{own}:live"

    counted = dispatch.handler(sqs_event(json.dumps(bodies[0])), cloud.context())

    assert counted == {"batchItemFailures": []}
    assert streams.asked == []

    dispatch.handler(sqs_event(json.dumps(bodies[1])), cloud.context())
    assert len(streams.asked) == 1
