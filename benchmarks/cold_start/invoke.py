"""A function's process: imports the handler, handles one event, ends. Run by its path, alone.

The event comes on stdin, as JSON. Nothing is imported here that the handler would not import, but
for what the interpreter itself has loaded; what is measured is the whole process.
"""

import json
import sys


class Context:
    """An invocation with all its time left."""

    function_name = "cold-start"
    function_version = "$LATEST"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:cold-start"
    aws_request_id = "cold-start"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


module, _, name = sys.argv[1].rpartition(".")
__import__(f"taskmill.handlers.{module}")  # by `importlib` it would not show in `-X importtime`
handler = getattr(sys.modules[f"taskmill.handlers.{module}"], name)
print(json.dumps(handler(json.load(sys.stdin), Context())), file=sys.stderr)
