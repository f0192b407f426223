"""Drains the work queues outside Lambda: `taskmill work`."""

from taskmill.consumer.consumer import Consumer

__all__ = ["Consumer"]
