"""Loads a queue class that the user supplies instead of SQS."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from taskmill.aws.sqs.protocol import Queue

Maker = Callable[[Callable[[str], Any], str], Queue]
"""Makes a queue from a client maker (service name -> boto3 client) and the queue's URL."""


def own_queues(service: str) -> Maker:
    """Import the queue class that "module:Class" names.

    Raises:
        ValueError: There is no such class, or it lacks a method of `Queue`.
    """
    module, colon, name = service.partition(":")
    if not (module and colon and name):
        raise ValueError(f'{service!r} is neither sqs nor memory nor "module:Class"')
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as missing:
        raise ValueError(f"{service!r} cannot be found: {missing}") from missing
    lacking = [each for each in _METHODS if not callable(getattr(found, each, None))]
    if not callable(found) or lacking:
        raise ValueError(f"{service!r} is no queue: it has no {', '.join(lacking) or 'call'}")
    made: Maker = found
    return made


_METHODS = ("send", "send_body", "receive", "delete", "show_again")
