"""What travels through the workflow's states, and how many events its history gets."""

import json
from typing import Any

from benchmarks.plan import limits
from benchmarks.plan.case import Planned
from taskmill.model.derived_codes import execution_name
from taskmill.model.keys import Kind, TaskKey

LONGEST = "x" * 64  # of a tenant, a type or a code
_ARN = f"arn:aws:states:ap-southeast-1:123456789012:execution:{'x' * 80}:{'x' * 80}"
_INVOKED = 3  # events of an invocation: scheduled, started, ended
_AROUND = 2  # of an execution: started, ended; of a state: entered, exited
_MAP = 4  # of a Distributed Map: started, its run started and ended, ended


def split_answer(planned: Planned) -> dict[str, Any]:
    """As the splitter returns it for JSON Lines; a test compares with the real one."""
    line = planned.case.element_bytes + 1
    end = planned.case.count * line - 1  # the last line needs no end
    return {
        "batches": [
            [first, last, first * line, min((last + 1) * line, end) - first * line]
            for first, last in planned.spans
        ],
        "maxConcurrency": planned.case.max_concurrency,
    }


def payload_bytes(planned: Planned) -> dict[str, int]:
    """Bytes of every state's input and output, with the longest names there are."""
    key = TaskKey(Kind.SFN_TASK, LONGEST, LONGEST, LONGEST).as_dict()
    answer = split_answer(planned)
    after_split = {**key, "split": answer}
    last = {"range": answer["batches"][-1]} if planned.spans else {}
    cause = {"Error": "x" * 256, "Cause": "x" * limits.CAUSE_BYTES}
    call = {**key, "execution": _ARN}
    states = {
        "the execution's input": key,
        "the call of split": call,
        "split's answer": answer,
        "the state after split": after_split,
        "the input of a child execution": {**key, **last},
        "the call of a batch": {**call, **last, "retry": limits.BATCH_RETRIES},
        "the call of finish": call,
        "the state after an error": {**after_split, "cause": cause},
        "the call of finish after an error": {**call, "cause": cause},
    }
    return {name: len(json.dumps(each).encode()) for name, each in states.items()}


def parent_events() -> int:
    """Events of the parent's history when every step is retried as often as can be."""
    split = _INVOKED * (1 + limits.SPLIT_RETRIES) + _AROUND
    finish = _INVOKED * (1 + limits.FINISH_RETRIES) + _AROUND
    return _AROUND + split + (_MAP + _AROUND) + finish


def child_events() -> int:
    """Events of one child's history at its last retry."""
    return _AROUND + _INVOKED * (1 + limits.BATCH_RETRIES) + _AROUND


def name_length() -> int:
    """Characters of the longest execution name."""
    key = TaskKey(Kind.SFN_TASK, LONGEST, LONGEST, LONGEST)
    return len(execution_name(key, run=999, created_at=0))
