"""The context object of an in-process Lambda invocation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class LambdaContext:
    """The part of Lambda's context object that handlers and Powertools read.

    Attributes:
        clock: The virtual time, in epoch ms.
        deadline: When the invocation times out, in epoch ms.
    """

    clock: Callable[[], int]
    deadline: int
    function_name: str = "in-process"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:in-process"
    aws_request_id: str = "in-process"

    def get_remaining_time_in_millis(self) -> int:
        return self.deadline - self.clock()
