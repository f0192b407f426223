"""The stream records of a failure queue message, to handle them again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from taskmill.aws.dynamodb.refusals import error_code

RECORDS_A_CALL = 1_000
# A shard serves two readers, the dispatcher and the statistics: this is a third one, now and then.
REFUSED = frozenset(
    {"ProvisionedThroughputExceededException", "LimitExceededException", "ThrottlingException"}
)
TRIES = 12
PAUSE_SECONDS = 2.0


def records_of(
    body: Mapping[str, Any],
    client: Callable[[str], Any],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Mapping[str, Any]]:
    """The stream records of a message on the failure queue.

    The dispatcher parks a failed record with its content. If the dispatcher function itself failed,
    Lambda's on-failure destination gets only a range of sequence numbers; then the records are
    read from the stream, which keeps them for 24 hours.

    Args:
        body: The parsed message body.
        client: Makes a boto3 client by service name.
        sleep: Waits the given number of seconds, when the shard has too many readers.

    Raises:
        ClientError: The shard refused 12 reads in a row, or it is gone.
    """
    if "record" in body:
        return [body["record"]]
    span = body["DDBStreamBatchInfo"]
    streams = client("dynamodbstreams")
    iterator = _patiently(
        sleep,
        streams.get_shard_iterator,
        StreamArn=span["streamArn"],
        ShardId=span["shardId"],
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=span["startSequenceNumber"],
    )["ShardIterator"]
    return list(_until(streams, iterator, int(span["endSequenceNumber"]), sleep))


def is_of_another(body: Mapping[str, Any], function_arn: str) -> bool:
    """Whether Lambda sent a message of the failure queue for another function than this one.

    Changes that the statistics' function could not count end among the same dead letters, and a
    redrive brings them here.

    Args:
        body: The parsed message body.
        function_arn: Of this function, with or without a version.
    """
    sent_for = body.get("requestContext", {}).get("functionArn", function_arn)
    return bool(_name(sent_for) != _name(function_arn))


def _name(function_arn: str) -> str:
    """The ARN without its version or alias: seven parts."""
    return ":".join(function_arn.split(":")[:7])


def _patiently(sleep: Callable[[float], None], call: Callable[..., Any], **request: Any) -> Any:
    """Make a call, again after a pause if the shard has too many readers."""
    for _ in range(TRIES - 1):
        try:
            return call(**request)
        except ClientError as error:
            if error_code(error) not in REFUSED:
                raise
        sleep(PAUSE_SECONDS)
    return call(**request)


def _until(streams: Any, iterator: str | None, last: int, sleep: Callable[[float], None]) -> Any:
    """Records up to and including sequence number `last`.

    An empty answer does not mean the end of the shard: reading goes on with the next iterator.
    """
    while iterator:
        request = {"ShardIterator": iterator, "Limit": RECORDS_A_CALL}
        answer = _patiently(sleep, streams.get_records, **request)
        for record in answer["Records"]:
            number = int(record["dynamodb"]["SequenceNumber"])
            if number <= last:
                yield record
            if number >= last:
                return
        iterator = answer.get("NextShardIterator")
