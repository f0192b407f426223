"""The queue that is one of SQS."""

from taskmill.aws.sqs.sqs_queue import SqsQueue

__all__ = ["SqsQueue"]
