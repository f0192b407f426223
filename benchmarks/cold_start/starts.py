"""Fresh processes: how much time each takes from its start to its end, and for its imports."""

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.cold_start.bundle import Bundle
from benchmarks.cold_start.scenes import Function
from benchmarks.memory_aws import Endpoint
from benchmarks.rounds import Time
from taskmill.testing import InProcessCloud

INVOKE = Path(__file__).with_name("invoke.py")
FLOOR = "import boto3; client = boto3.client('dynamodb')"
_KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
FLOOR_AND_CALL = f"{FLOOR}; client.get_item(TableName='tasks', Key={_KEY})"
REST = "the rest"
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| +(\S+)")


class StartFailed(RuntimeError):
    """A process did not do what it was started for; the text holds what it said."""


@dataclass(frozen=True)
class Start(Time):
    """One process, from its start to its end, in milliseconds; `cpu` is user and system time."""

    errors: str = ""


@dataclass(frozen=True)
class Machine:
    """Starts processes with the path and the settings of a function, one at a time.

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
            return self._run(["-c", program], cloud)

    def first_event(self, function: Function) -> Start:
        """A function's process that handles one event.

        Raises:
            StartFailed: It ended with an error, refused the event, or asked nothing of AWS.
        """
        with InProcessCloud(modules=function.modules, load_modules=False) as cloud:
            event = function.first(cloud)
            self.endpoint.cloud = cloud
            self.endpoint.calls = 0
            start = self._run([str(INVOKE), function.handler], cloud, json.dumps(event))
        answer = json.loads(start.errors.splitlines()[-1])
        if not self.endpoint.calls or not function.is_done(answer):
            raise StartFailed(f"{function.name} answered {answer}:\n{start.errors}")
        return start

    def imports(self, function: Function) -> Mapping[str, float]:
        """Milliseconds that each module of a function's process takes by itself."""
        start = replace(self, options=("-X", "importtime")).first_event(function)
        return import_times(start.errors)

    def _run(self, arguments: list[str], cloud: InProcessCloud, event: str = "") -> Start:
        command = [sys.executable, "-S", *self.options, *arguments]
        environment = self._environment(cloud)
        cpu, started = _children_seconds(), time.perf_counter()
        done = subprocess.run(
            command, env=environment, input=event, capture_output=True, text=True, check=False
        )
        wall, cpu = time.perf_counter() - started, _children_seconds() - cpu
        if done.returncode:
            what = f"{' '.join(arguments)} ended with {done.returncode}"
            raise StartFailed(f"{what}:\n{done.stderr}")
        return Start(wall * 1000, cpu * 1000, done.stderr)

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


def import_times(text: str) -> Mapping[str, float]:
    """Own times in milliseconds by module, of what `-X importtime` printed."""
    found = filter(None, map(_IMPORT.match, text.splitlines()))
    return {each[2]: int(each[1]) / 1000 for each in found}


def by_package(times: Mapping[str, float], packages: Iterable[str]) -> Mapping[str, float]:
    """Milliseconds by top-level package; what belongs to none of them is `the rest`."""
    known = dict.fromkeys((*packages, REST), 0.0)
    for module, own in times.items():
        package = module.partition(".")[0]
        known[package if package in known else REST] += own
    return known


def _children_seconds() -> float:
    """CPU time of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
