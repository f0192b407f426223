"""The queue that is gone with its process."""

from taskmill.aws.sqs.memory_queue import MemoryQueue

__all__ = ["MemoryQueue"]
