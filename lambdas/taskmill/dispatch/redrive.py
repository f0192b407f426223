"""The stream records of a failure queue message, to handle them again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

RECORDS_A_CALL = 1_000


def records_of(body: Mapping[str, Any], client: Callable[[str], Any]) -> list[Mapping[str, Any]]:
    """The stream records of a message on the failure queue.

    The dispatcher parks a failed record with its content. If the dispatcher function itself failed,
    Lambda's on-failure destination gets only a range of sequence numbers; then the records are
    read from the stream, which keeps them for 24 hours.

    Args:
        body: The parsed message body.
        client: Makes a boto3 client by service name.
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
    """Records up to and including sequence number `last`.

    An empty answer does not mean the end of the shard: reading goes on with the next iterator.
    """
    while iterator:
        answer = streams.get_records(ShardIterator=iterator, Limit=RECORDS_A_CALL)
        for record in answer["Records"]:
            number = int(record["dynamodb"]["SequenceNumber"])
            if number <= last:
                yield record
            if number >= last:
                return
        iterator = answer.get("NextShardIterator")
