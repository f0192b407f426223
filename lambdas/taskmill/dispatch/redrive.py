"""Records that a failure queue message stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

RECORDS_A_CALL = 1_000


def records_of(body: Mapping[str, Any], client: Callable[[str], Any]) -> list[Mapping[str, Any]]:
    """The stream records of a parked message.

    The dispatcher parks a record whole. Where it died itself, AWS sends only the range that it was
    given: then the records are read from the stream, which keeps them for 24 hours.
    """
    if "record" in body:
        return [body["record"]]
    span = body["DDBStreamBatchInfo"]
    streams = client("dynamodbstreams")
    iterator = streams.get_shard_iterator(
        StreamArn=span["streamArn"],
        ShardId=span["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=span["startSequenceNumber"],
    )["ShardIterator"]
    return list(_until(streams, iterator, int(span["endSequenceNumber"])))


def _until(streams: Any, iterator: str | None, last: int) -> Any:
    """Records up to a sequence number that is in the shard; an empty answer is not its end."""
    while iterator:
        answer = streams.get_records(ShardIterator=iterator, Limit=RECORDS_A_CALL)
        for record in answer["Records"]:
            number = int(record["dynamodb"]["SequenceNumber"])
            if number <= last:
                yield record
            if number >= last:
                return
        iterator = answer.get("NextShardIterator")
