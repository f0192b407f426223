"""Start MiniStack with one gap closed.

Runs as a script in the emulator's own environment, where taskmill is not installed, so it
imports nothing of ours. Arguments are ignored: they only name the cloud in a process list.

The gap: MiniStack 1.5.33 reads ``MaxConcurrency`` of a Distributed Map and ignores
``MaxConcurrencyPath``, with which a submit chooses its own concurrency. It would run 64
children at a time, each with a Lambda process of its own. Here the path is resolved before
MiniStack sees the state.
"""

import sys
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.services import stepfunctions

RunMap = Callable[..., Any]


def with_max_concurrency_path(run_map: RunMap) -> RunMap:
    """``run_map`` that also understands ``MaxConcurrencyPath``, as AWS does."""

    def run(state: dict[str, Any], raw_input: Any, effective: Any, *rest: Any) -> Any:
        path = state.get("MaxConcurrencyPath")
        if path is not None:
            context = rest[-1]
            limit = stepfunctions._resolve_path_or_ctx(path, effective, context)
            state = {**state, "MaxConcurrency": limit}
        return run_map(state, raw_input, effective, *rest)

    return run


if __name__ == "__main__":
    stepfunctions._run_distributed_map = with_max_concurrency_path(
        stepfunctions._run_distributed_map
    )
    sys.argv = sys.argv[:1]
    app.main()
