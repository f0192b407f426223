"""Drains the work queues outside Lambda: `taskmill work`."""

from taskmill.work.consumer.consumer import Consumer

__all__ = ["Consumer"]
