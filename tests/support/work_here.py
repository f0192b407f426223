"""`taskmill work` as a process of its own, on an in-process cloud that holds one task.

`python work_here.py TASK_TYPE OPTION...` prints "began" when the task runs; at the end, if it comes
to that, what became of the task and whether the process has an HTTP client.
"""

import json
import sys
import threading
from typing import Any

import work_tasks

from taskmill.aws.sqs.protocol import Message
from taskmill.cli.app import app
from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud
from taskmill.wiring import process


def main(task_type: str, *options: str) -> Any:
    in_memory = {"TASKMILL_QUEUE_SERVICE": "memory"}
    with InProcessCloud(modules=["work_tasks"], environment=in_memory) as cloud:
        new = CreateTask(tenant_code="mbc", task_type=task_type)
        key = cloud.service.create_task(task=new).key
        cloud.wiring.queue("TASKMILL_QUEUE_URL").send([Message(key)])
        process.wired = lambda *_, **__: cloud.wiring
        threading.Thread(target=tell_beginning, daemon=True).start()
        try:
            app(["work", *options])
        except SystemExit as end:
            tell({"status": cloud.service.get_task(key=key).status, "http": "httpx" in sys.modules})
            return end.code


def tell_beginning() -> None:
    work_tasks.STARTED.acquire()
    tell("began")


def tell(what: Any) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201  # to the test that started this


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
