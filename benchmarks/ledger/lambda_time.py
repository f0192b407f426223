"""How long our part of the functions takes on AWS: assumed, not measured, and stated here.

A function waits for its AWS calls one after the other and computes for
each invocation, each call and each row that it writes. Computing takes as long as it does on a
whole vCPU times 1,769 MB over the function's memory. What task functions do is not in it.
"""

from collections.abc import Mapping

from benchmarks.ledger.usage import Usage, What

ONE_VCPU_MB = 1_769
MEMORY_MB = 256  # of every function but split, in the ledger; a stack's default is 512

WAIT_MS: Mapping[str, float] = {  # for an answer, within a region
    "dynamodb.get_item": 4,
    "dynamodb.put_item": 6,
    "dynamodb.update_item": 6,
    "dynamodb.query": 8,
    "dynamodb.batch_get_item": 10,
    "dynamodb.batch_execute_statement": 15,
    "dynamodb.transact_write_items": 25,
    "s3.put_object": 40,
    "s3.get_object": 25,
    "s3.head_object": 15,
    "s3.delete_object_tagging": 15,
    "stepfunctions.start_execution": 40,
}
OTHER_WAIT_MS = 12  # SQS, SNS
CALL_CPU_MS = 1.5  # boto3: build, sign, parse
ROW_CPU_MS = 0.25
INVOCATION_CPU_MS: Mapping[str, float] = {"api": 5.0}  # routing and validation
OTHER_INVOCATION_CPU_MS = 1.0
FUNCTIONS = ("api", "dispatcher", "worker", "split", "batch", "finish", "dead letters")


def with_lambda_time(usage: Usage, *, memory_mb: int = MEMORY_MB) -> Usage:
    """The same usage, with the GB-seconds of every function."""
    timed = usage.copy()
    for function in FUNCTIONS:
        memory = ONE_VCPU_MB if function == "split" else memory_mb
        seconds = _seconds(usage, function, memory)
        timed.add(What.GB_SECONDS, function, "own time", seconds * memory / 1024)
    return timed


def _seconds(usage: Usage, function: str, memory_mb: int) -> float:
    calls = {
        entry.operation: amount
        for entry, amount in usage.amounts.items()
        if entry.where == function and entry.what is What.CALLS
    }
    waits = sum(WAIT_MS.get(each, OTHER_WAIT_MS) * times for each, times in calls.items())
    return (waits + _cpu_ms(usage, function, sum(calls.values()), memory_mb)) / 1000


def _cpu_ms(usage: Usage, function: str, calls: float, memory_mb: int) -> float:
    invocations = usage.total(What.FUNCTION_CALLS, where=function)
    rows = usage.total(What.WRITES, where=function)
    each = INVOCATION_CPU_MS.get(function, OTHER_INVOCATION_CPU_MS)
    cpu = invocations * each + calls * CALL_CPU_MS + rows * ROW_CPU_MS
    return cpu * ONE_VCPU_MB / memory_mb
