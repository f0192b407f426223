"""What the document says of cold starts, beside the figures."""

from __future__ import annotations

WORDS = """
Every row is a fresh process that imports the handler and handles one real event: a message, a
stream record, a request. It has the code and the layer as `cdk synth` stages them, the settings of
the function, and boto3 as AWS's runtime brings it. AWS is a loopback port of another process, which
answers from a table in memory, so the time is that of our process. The floor is a process that does
`import boto3` and makes one DynamoDB client; it calls nothing. Times are user and system time as
the kernel counts it, over a dozen rounds that each start one process of every kind; a ratio is the
median of the rounds' own ratios.

What lies below the floor does so because functions use botocore without boto3 around it, and
collect no garbage until they have started. What is not in it: the time that Lambda takes to fetch
and unpack the code and to start the interpreter, TLS, and a processor's share at 512 MB. A task
whose input is a pydantic model pays for pydantic; the worker itself does not.

`cdk synth` stages no bytecode: the file would have to be of the runtime's version of Python, and a
synthesis elsewhere would give another asset. Where there is none, each cold start compiles the
sources again: the rows "without bytecode" are what a function without SnapStart pays today.
With `TaskStack(snap_start=True)` both are paid once, as a version is published: see
[decision 0021](decisions/0021-snapstart.md).
"""
FLOOR_NOTE = (
    "“floor and one call” is the floor with a `get_item` after it: the least that a function does."
)
IMPORTS_NOTE = (
    "Own times by `-X importtime`, which makes everything slower: medians, to be compared with each"
    " other only. Client creation and the first event are not imports."
)
LAYER_NOTE = "For arm64 and Python 3.13, as it goes to AWS; boto3 is not in it."
