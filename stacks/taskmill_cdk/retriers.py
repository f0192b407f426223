"""How the states of a fan-out are invoked again: after what, how often, and how soon.

Each retrier has a count of its own, so that an account without free concurrency, a batch that hands
itself back and one that kills its function use up nothing of each other (decision 16).
"""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn

# Lambda did not run the function, or cannot say whether it did.
SERVICE_ERRORS = (
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
)
HANDED_BACK = "SubtasksRemain"  # taskmill's exceptions, by the names of their classes
DUE_LATER = "SubtasksDueLater"  # its message is a time
EVERYTHING = "States.ALL"

# A history has at most 25,000 events, and each try adds three: scheduled, started, failed.
BATCH_THROTTLES = 5_000  # the history of a child execution holds the tries of one batch
STEP_THROTTLES = 4_000  # that of a fan-out those of split and of finish
HAND_BACKS = 2_000  # 19 days of invocations that are used to their last minute
CRASHES = 20


def batch_retriers() -> list[dict[str, Any]]:
    """The retriers of a batch, as props of ``add_retry``; the first that matches counts."""
    return [
        {"errors": [DUE_LATER], "max_attempts": 0},
        _retrier(SERVICE_ERRORS, BATCH_THROTTLES),
        # Soon: it waits for nothing but an invocation that still has the batch.
        _retrier((HANDED_BACK,), HAND_BACKS, max_delay_seconds=10),
        _retrier((EVERYTHING,), CRASHES),
    ]


def step_retriers() -> list[dict[str, Any]]:
    """The retriers of split and of finish."""
    return [
        _retrier(SERVICE_ERRORS, STEP_THROTTLES, interval_seconds=2),
        _retrier((EVERYTHING,), CRASHES, interval_seconds=2),
    ]


def _retrier(
    errors: tuple[str, ...],
    max_attempts: int,
    *,
    interval_seconds: int = 1,
    max_delay_seconds: int = 60,
) -> dict[str, Any]:
    return {
        "errors": list(errors),
        "interval": Duration.seconds(interval_seconds),
        "backoff_rate": 2,
        "max_delay": Duration.seconds(max_delay_seconds),
        "max_attempts": max_attempts,
        "jitter_strategy": sfn.JitterType.FULL,
    }
