"""What the document says of cold starts, beside the figures."""

from __future__ import annotations

WORDS = """
Every row is a fresh process that imports the handler and handles one real event: a message, a
stream record, a request. It has the code and the layer as `cdk synth` stages them, the settings of
the function, and boto3 as AWS's runtime brings it. AWS is a loopback port of another process, which
answers from a table in memory, so the time is that of our process. The floor is a process that does
`import boto3` and makes one DynamoDB client; it calls nothing. Times are user and system time as
the kernel counts it, over two dozen rounds that each start one process of every kind; a ratio is
the median of the rounds' own ratios.

What lies below the floor does so because functions use botocore without boto3 around it, and
collect no garbage until they have started. What is not in it: the time that Lambda takes to fetch
and unpack the code and to start the interpreter, TLS, and a processor's share at 512 MB. A task
whose input is a pydantic model pays for pydantic; the worker itself does not.

Targets and rows that say "without bytecode" are what `TaskStack` deploys when nothing is said: each
cold start compiles the sources again, as a function's folders cannot be written to. There the API
does not reach its goal, and falls short by the distance above. All other targets and rows are what
`TaskStack(bytecode=True)` deploys, which takes a synthesis on the functions' version of Python: see
[decision 0024](decisions/0024-bytecode.md). With `TaskStack(snap_start=True)` imports and compiling
are both paid once, as a version is published: see [decision 0021](decisions/0021-snapstart.md).
"""
FLOOR_NOTE = (
    "“floor and one call” is the floor with a `get_item` after it: the least that a function does."
)
IMPORTS_NOTE = (
    "Own times by `-X importtime`, which makes everything slower: medians, to be compared with each"
    " other only. Client creation and the first event are not imports."
)
LAYER_NOTE = (
    "For arm64 and Python 3.13, as it goes to AWS; boto3 is not in it. Bytecode is what"
    " `TaskStack(bytecode=True)` adds, as this machine's Python makes it; targets are without it."
)
