"""What the document says of the overhead, beside the figures."""

from __future__ import annotations

WORDS = """
Each handler is called in a warm process, wired and logging as in Lambda, with an event that is
full: 10 messages of trivial tasks with 200 B of input, 100 stream records of new tasks, a request
that submits one such task. AWS is an emulator of the benchmark's own with the real schema and
without the stack's functions, which would compete for the processor.

**Bare** is the same requests, to the byte but for times and ids: what the handler asked was
recorded once, and is asked again by a loop that only calls the client's methods, in the same order,
with the same clients. It decodes no row, knows no task, and logs nothing; for the API it also
parses the body and dumps an answer. So the ratio is that over a program which knows beforehand what
to ask: nothing that works could reach 1. **boto3 as it comes** is the same loop with clients that
nobody configured; ours leave out the check of parameters, which AWS makes as well, and name one
user agent once instead of putting it together for every call.

Sides take turns, in every round in the opposite order, after the table was put back to what it was.
In every round both sides' calls are counted by operation, with their bytes; the run fails when they
differ or something is refused.

**The clock dilutes**: it counts the time that the emulator takes to answer, which is shorter than a
network's and DynamoDB's some milliseconds, but the same for both sides. **CPU** is the harsher
figure, and the one that Lambda's smaller sizes turn into time: only this process's own computing,
nothing of the emulator's.

The flame graphs are of the handlers' CPU time, found by a timer of it: what is wide is dear. The
share within AWS calls is a second look at the same ratio: its inverse is what is left of it when
nothing else is done.
"""

FUNCTIONS_NOTE = (
    "Own time, and with what it calls, of the handler's CPU time. A function in C counts for its"
    " caller."
)
