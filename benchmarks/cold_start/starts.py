"""Fresh processes, and what each of them takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.cold_start.bundle import Bundle
from benchmarks.cold_start.endpoint import Endpoint
from benchmarks.cold_start.scenes import Function
from taskmill.testing import InProcessCloud

INVOKE = Path(__file__).with_name("invoke.py")
FLOOR = "import boto3; client = boto3.client('dynamodb')"
_KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
FLOOR_AND_CALL = f"{FLOOR}; client.get_item(TableName='tasks', Key={_KEY})"


class StartFailed(RuntimeError):
    """A process did not do what it was started for; the text holds what it said."""


@dataclass(frozen=True)
class Start:
    """One process, from its start to its end, in milliseconds; `cpu` is user and system time."""

    cpu: float
    wall: float
    errors: str = ""


@dataclass(frozen=True)
class Machine:
    """Starts processes with the path and the settings of a function.

    Attributes:
        options: Of the interpreter.
    """

    bundle: Bundle
    endpoint: Endpoint
    options: Sequence[str] = ()

    def floor(self, program: str = FLOOR) -> Start:
        """A process that runs a line of Python.

        Raises:
            StartFailed: It ended with an error.
        """
        with InProcessCloud() as cloud:
            self.endpoint.cloud = cloud
            return self._run(["-c", program], cloud, b"")

    def first_event(self, function: Function) -> Start:
        """A function's process that handles one event.

        Raises:
            StartFailed: It ended with an error, refused the event, or asked nothing of AWS.
        """
        with InProcessCloud(modules=function.modules) as cloud:
            event = function.first(cloud)
            self.endpoint.cloud = cloud
            self.endpoint.calls = 0
            arguments = [str(INVOKE), function.handler]
            start = self._run(arguments, cloud, json.dumps(event).encode())
        answer = json.loads(start.errors.splitlines()[-1])
        if not self.endpoint.calls or not function.is_done(answer):
            raise StartFailed(f"{function.name} answered {answer}:\n{start.errors}")
        return start

    def with_import_times(self) -> Machine:
        """The same, with the output of `-X importtime` in `Start.errors`."""
        return replace(self, options=("-X", "importtime"))

    def _run(self, arguments: list[str], cloud: InProcessCloud, event: bytes) -> Start:
        command = [sys.executable, "-S", *self.options, *arguments]
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            env=self._environment(cloud),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        errors = _exchange(process, event)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise StartFailed(f"{' '.join(arguments)} ended with {process.returncode}:\n{errors}")
        return Start((used.ru_utime + used.ru_stime) * 1000, wall * 1000, errors)

    def _environment(self, cloud: InProcessCloud) -> Mapping[str, str]:
        """As Lambda and the stack give it, but for where AWS is."""
        return {
            **cloud.wiring.environment,
            "TASKMILL_QUEUE_URL": f"{self.endpoint.url}/queue",
            "POWERTOOLS_SERVICE_NAME": "taskmill",
            "POWERTOOLS_LOG_LEVEL": "INFO",
            "AWS_LAMBDA_FUNCTION_NAME": "cold-start",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "made-up",
            "AWS_SECRET_ACCESS_KEY": "made-up",
            "AWS_ENDPOINT_URL": self.endpoint.url,
            "PYTHONPATH": self.bundle.path,
            "PYTHONDONTWRITEBYTECODE": "1",  # a function's folders cannot be written to
        }


def _exchange(process: subprocess.Popen[bytes], event: bytes) -> str:
    """Give the event, and read to the end what comes; small enough not to block."""
    if process.stdin is None or process.stderr is None:
        raise StartFailed("no pipes")
    with process.stdin:
        process.stdin.write(event)
    with process.stderr:
        return process.stderr.read().decode()
