"""The age of a queue's oldest message: what was sent before is no longer there."""

from __future__ import annotations

from typing import Any

from taskmill.model.clock import to_datetime, to_ms

METRIC = "ApproximateAgeOfOldestMessage"
WINDOW_MS = 900_000  # SQS writes the metric once a minute, and it may be minutes late
_COUNTS = ("", "NotVisible", "Delayed")


class QueueAge:
    """Reads from CloudWatch how old the oldest message of an SQS queue is.

    A message that was received three times or more without being deleted does not count in this
    metric (SQS guide, "Available CloudWatch metrics for Amazon SQS"). So it only helps to avoid
    messages that are not needed; it proves nothing.
    """

    def __init__(self, cloudwatch: Any, sqs: Any, url: str) -> None:
        self.cloudwatch = cloudwatch
        self.sqs = sqs
        self.url = url

    def oldest_sent_at(self, now: int) -> int | None:
        """The time (epoch ms) before which no message in the queue was sent.

        Returns:
            `now` if the queue is empty. None if it has messages but no metric, as a queue that was
            idle for hours: then any age is possible.
        """
        points: list[dict[str, Any]] = self.cloudwatch.get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName=METRIC,
            Dimensions=[{"Name": "QueueName", "Value": self.url.rpartition("/")[2]}],
            StartTime=to_datetime(now - WINDOW_MS),
            EndTime=to_datetime(now),
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
        if not points:
            return now if self._is_empty() else None
        sent = [to_ms(point["Timestamp"]) - int(point["Maximum"] * 1000) for point in points]
        return min(sent)

    def _is_empty(self) -> bool:
        names = [f"ApproximateNumberOfMessages{count}" for count in _COUNTS]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return not any(int(answer["Attributes"][name]) for name in names)
