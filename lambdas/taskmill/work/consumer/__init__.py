"""The worker outside Lambda, in a container or on your machine: `taskmill work`."""

from taskmill.work.consumer.consumer import Consumer

__all__ = ["Consumer"]
