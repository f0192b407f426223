"""`taskmill work`: what it is told, what it tells, how it ends."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import work_tasks
from builders import any_key, any_row, any_tenant
from moto_calls import mock_aws
from typer.testing import CliRunner, Result

from taskmill.aws.sqs.protocol import Message
from taskmill.cli.app import app
from taskmill.cli.call import Call
from taskmill.cli.output import Output
from taskmill.cli.stop_signals import StopSignals
from taskmill.cli.workers.work_report import Gauge, Screen
from taskmill.cli.workers.work_settings import urls_of_pools, wired_here
from taskmill.testing.schema import TABLE_SCHEMA
from taskmill.wiring import Wiring, wired
from taskmill.work.consumer.consumer import Consumer

SUPPORT = Path(work_tasks.__file__).parent
SETTINGS = ("TABLE", "BUCKET", "QUEUE_URL", "PRIORITY_QUEUE_URL", "CONTAINER_QUEUE_URL")
MORE_SETTINGS = ("MODULES", "FACTORY", "QUEUE_SERVICE", "RUNNER")


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a consumer that lacks nothing."""
    for name in (*SETTINGS, *MORE_SETTINGS):
        monkeypatch.delenv(f"TASKMILL_{name}", raising=False)
    for name, value in {
        "TASKMILL_TABLE": "tasks",
        "TASKMILL_BUCKET": "payloads",
        "TASKMILL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/1/work",
        "TASKMILL_MODULES": "work_tasks",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "path", [*sys.path])


def work(*words: str) -> Result:
    return CliRunner().invoke(app, ["work", *words], catch_exceptions=False)


def refusal(*words: str) -> str:
    """What is said to a command line, or an environment, that cannot work."""
    result = work(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("taskmill: ")
    return result.stderr.removeprefix("taskmill: ")


# Settings


def test_all_that_is_missing_is_told_and_where_to_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(f"TASKMILL_{name}", raising=False)

    told = refusal()

    for setting, output in {
        "TASKMILL_TABLE": "TableName",
        "TASKMILL_BUCKET": "BucketName",
        "TASKMILL_QUEUE_URL": "QueueUrl",
    }.items():
        assert f"{setting} (stack output {output})" in told
    assert "describe-stacks" in told


def test_only_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TASKMILL_BUCKET")

    assert refusal().startswith("not set: TASKMILL_BUCKET (stack output BucketName). ")


def test_without_task_functions_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TASKMILL_MODULES")

    assert "--modules" in refusal()


def test_a_module_that_cannot_be_found_is_told() -> None:
    told = refusal("--modules", "work_tasks,no_such_module")

    assert "ModuleNotFoundError: No module named 'no_such_module'" in told
    assert "PYTHONPATH" in told


def test_modules_are_looked_for_in_this_folder(tmp_path: Path) -> None:
    (tmp_path / "here_only.py").write_text("1 / 0\n")

    assert "ZeroDivisionError" in refusal("--modules", "here_only")


@pytest.mark.parametrize(
    "raised", ["SystemExit('no database')", "KeyboardInterrupt('no database')"]
)
def test_a_module_that_exits_is_told_as_any_that_fails(tmp_path: Path, raised: str) -> None:
    name = f"exits_{raised.partition('(')[0].lower()}"
    (tmp_path / f"{name}.py").write_text(f"raise {raised}\n")

    told = refusal("--modules", f"work_tasks,{name}")

    assert f"{raised.partition('(')[0]}: no database" in told
    assert f"(while importing the task module '{name}')" in told


def test_a_task_s_alarm_does_not_end_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taskmill.cli.stop_signals._PROCESS", [])
    consumer: Any = Stopped()
    with StopSignals(consumer):
        signal.raise_signal(signal.SIGALRM)

    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


def test_without_a_region_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")

    assert "--region" in refusal()


def test_without_credentials_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    assert "no AWS credentials" in refusal()


def test_a_profile_that_does_not_exist_is_told() -> None:
    assert "nobody" in refusal("--profile", "nobody")


@pytest.mark.parametrize(
    ("setting", "value"), [("TASKMILL_QUEUE_SERVICE", "redis"), ("TASKMILL_RUNNER", "moon")]
)
def test_a_setting_that_means_nothing_is_told(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(setting, value)

    assert setting in refusal()


@pytest.mark.parametrize(
    "words", [("--concurrency", "0"), ("--grace", "-1"), ("--concurrency", "many")]
)
def test_options_that_make_no_sense_are_refused(words: tuple[str, str]) -> None:
    assert work(*words).exit_code == 2


def settings_of(**options: Any) -> Wiring:
    call = Call(url=None, tenant=None, region=None, profile=None, output=Output())
    return wired_here(call, **{"queue_urls": [], "modules": None, "connections": 10, **options})


def test_the_queue_of_a_pool_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKMILL_POOL_MY_LARGE_URL", "https://q/my-large")
    monkeypatch.setenv("TASKMILL_CONTAINER_QUEUE_URL", "https://q/boxed")

    assert urls_of_pools(["my-large", "container"]) == ["https://q/my-large", "https://q/boxed"]


def test_the_pools_of_a_local_cloud_are_found_without_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TASKMILL_TABLE")
    outputs = {
        "Pools": "my-large,gpu:container",
        "PoolMyLargeQueueUrl": "https://q/my-large",
        "PoolGpuQueueUrl": "https://q/gpu",
        "ContainerQueueUrl": "https://q/boxed",
    }
    monkeypatch.setattr("taskmill.client.outputs.local_outputs", lambda **_: outputs)

    pools = ["gpu", "my-large", "container"]
    assert urls_of_pools(pools) == [f"https://q/{each}" for each in ("gpu", "my-large", "boxed")]


def test_a_pool_without_a_queue_is_told_with_those_that_have_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TASKMILL_POOL_LARGE_URL", "https://q/large")

    told = refusal("--pool", "larg")

    assert "TASKMILL_POOL_LARG_URL is not set; pools with a queue here: large" in told


def test_flags_come_before_the_environment() -> None:
    wiring = settings_of(queue_urls=["https://q/1", "https://q/2"], modules="builders")

    assert wiring.environment["TASKMILL_MODULES"] == "builders"
    assert wiring.environment["TASKMILL_TABLE"] == "tasks"
    assert wiring.work_urls == ["https://q/1"]


def test_a_queue_by_flag_needs_none_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TASKMILL_QUEUE_URL")

    assert settings_of(queue_urls=["https://q/1"]).work_urls == ["https://q/1"]


def test_tasks_that_ask_for_a_container_run_here() -> None:
    assert not settings_of().in_lambda


def test_in_the_folder_of_a_local_cloud_its_stack_is_the_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(f"TASKMILL_{name}", raising=False)
    outputs = {
        "TableName": "local-tasks",
        "BucketName": "local-payloads",
        "QueueUrl": "http://localhost:4566/1/work",
        "PriorityQueueUrl": "http://localhost:4566/1/urgent",
        "EndpointUrl": "http://localhost:4566",
        "AccessKeyId": "local",
        "SecretAccessKey": "local",
        "Region": "eu-west-1",
    }
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "outputs.json").write_text(json.dumps(outputs))

    wiring = settings_of()

    assert wiring.table.name == "local-tasks"
    assert wiring.work_urls == [outputs["PriorityQueueUrl"], outputs["QueueUrl"]]
    meta = wiring.client("sqs").meta
    assert (meta.endpoint_url, meta.region_name) == ("http://localhost:4566", "eu-west-1")


# Work


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wiring]:
    """The table and the queue of a stack, by moto."""
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        session.client("dynamodb").create_table(TableName="tasks", **TABLE_SCHEMA)
        url = session.client("sqs").create_queue(QueueName="work")["QueueUrl"]
        monkeypatch.setenv("TASKMILL_QUEUE_URL", url)
        # A logger of its own: one that is known already writes to where it always did.
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", any_tenant())
        yield wired(os.environ, session=session)


@contextmanager
def signal_at_the_end(number: signal.Signals) -> Iterator[None]:
    """Send a signal, also if something fails before: nothing else ends the command.

    Not before the command heeds it: it would end the tests.
    """
    try:
        yield
    finally:
        ends = time.monotonic() + 60
        while signal.getsignal(number) is signal.SIG_DFL and time.monotonic() < ends:
            time.sleep(0.01)
        if signal.getsignal(number) is not signal.SIG_DFL:
            os.kill(os.getpid(), number)


def test_it_runs_tasks_until_it_is_told_to_stop(stack: Wiring) -> None:
    rows = [any_row(key=any_key(type="note"), input=str(number)) for number in range(25)]
    for row in rows:
        stack.tasks.put(row)
    stack.queue("TASKMILL_QUEUE_URL").send([Message(row.key) for row in rows])

    def are_done() -> bool:
        try:
            return all(stack.tasks.get(row.key).status == "COMPLETED" for row in rows)
        except Exception:  # noqa: BLE001  # moto may fail while other threads write: look again
            return False

    def stop_when_done() -> None:
        with signal_at_the_end(signal.SIGTERM):
            while not are_done():
                time.sleep(0.05)

    threading.Thread(target=stop_when_done, daemon=True).start()
    result = work("--concurrency", "5")

    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert result.stdout == ""
    told = {line["message"]: line for line in lines}
    assert told["consumer started"]["concurrency"] == 5
    assert "note" in told["consumer started"]["task_types"]
    assert (told["consumer stopped"]["done"], told["consumer stopped"]["handed_back"]) == (25, 0)
    assert stack.queue("TASKMILL_QUEUE_URL").receive(10) == []


@pytest.fixture
def _main_thread_gets_no_signal() -> Iterator[None]:
    """The system delivers SIGTERM to a thread that does not block it."""
    asleep = threading.Event()
    other = threading.Thread(target=asleep.wait, daemon=True)
    other.start()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    asleep.set()
    other.join()


@pytest.mark.usefixtures("_main_thread_gets_no_signal")
def test_a_signal_that_another_thread_receives_stops_it(stack: Wiring) -> None:
    def stop_soon() -> None:
        with signal_at_the_end(signal.SIGTERM):
            time.sleep(0.5)

    threading.Thread(target=stop_soon, daemon=True).start()

    assert work("--concurrency", "5").exit_code == 0
    assert stack.queue("TASKMILL_QUEUE_URL").receive(10) == []


@pytest.mark.usefixtures("_main_thread_gets_no_signal")
def test_the_second_one_ends_it_though_another_thread_receives_it(
    stack: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def left(code: int) -> None:
        work_tasks.GO.set()  # so that the command returns
        codes.append(code)

    codes: list[int] = []
    monkeypatch.setattr("taskmill.cli.stop_signals.exit_now", left)
    work_tasks.reset()
    row = any_row(key=any_key(type="two-wait"), input="1")
    stack.tasks.put(row)
    stack.queue("TASKMILL_QUEUE_URL").send([Message(row.key)])

    def stop_twice() -> None:
        with signal_at_the_end(signal.SIGTERM):
            work_tasks.STARTED.acquire(timeout=20)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)

    threading.Thread(target=stop_twice, daemon=True).start()
    work("--grace", "600")

    assert codes == [128 + signal.SIGTERM]


# The end: processes of their own


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(SUPPORT / "work_here.py"), *words],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        while process.stdout.readline() != '"began"\n':
            assert process.poll() is None
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


STOP = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT]


@pytest.mark.parametrize("number", STOP)
def test_it_lets_its_tasks_end_and_exits_with_0(
    start: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    process = start("ends-soon")

    process.send_signal(number)
    told, _ = process.communicate(timeout=20)

    assert process.returncode == 0
    assert json.loads(told.splitlines()[-1]) == {"status": "COMPLETED", "http": False}


def test_what_does_not_end_keeps_it_no_longer_than_it_may(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    process = start("never-ends", "--grace", "0.5")
    began = time.monotonic()

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=20) == 0
    assert 0.5 <= time.monotonic() - began < 10


@pytest.mark.parametrize("number", STOP)
def test_a_second_signal_ends_it_at_once(
    start: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    process = start("never-ends", "--grace", "600")

    process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    process.send_signal(number)

    assert process.wait(timeout=20) == 128 + number


def test_a_hangup_that_is_ignored_stays_ignored(
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a child inherits it
    try:
        process = start("never-ends", "--grace", "600")
    finally:
        signal.signal(signal.SIGHUP, before)

    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGTERM)  # were the hangup counted, this would be the second
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)


def test_a_terminal_that_is_gone_does_not_keep_it_from_handing_back() -> None:
    """Each write to it fails, also those that tell that it stops."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(SUPPORT / "work_here.py"), "never-ends", "--grace", "0.5"],
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    while b'"began"' not in shown:
        shown += os.read(master, 4_096)
    os.close(master)  # with it, the terminal

    process.send_signal(signal.SIGHUP)

    assert process.wait(timeout=20) == 0


class Stopped:
    """A consumer that notes how often it is stopped."""

    stops = 0

    def stop(self) -> None:
        self.stops += 1


def test_a_signal_after_the_work_does_not_interrupt_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left: list[int] = []
    monkeypatch.setattr("taskmill.cli.stop_signals.exit_now", left.append)
    consumer: Any = Stopped()
    with StopSignals(consumer) as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        signals.work_is_over()
        for number in STOP:
            os.kill(os.getpid(), number)

    assert (consumer.stops, left) == (1, [])


def test_the_handlers_of_whoever_called_it_are_theirs_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("taskmill.cli.stop_signals._PROCESS", [])
    before = [signal.getsignal(number) for number in STOP]
    consumer: Any = Stopped()
    with StopSignals(consumer):
        pass

    assert [signal.getsignal(number) for number in STOP] == before


# A terminal


@pytest.fixture
def idle(stack: Wiring) -> Consumer:
    stack.registry.load()
    return stack.consumer()


def test_a_terminal_shows_how_much_is_done(
    idle: Consumer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "200"}.items():
        monkeypatch.setenv(name, value)
    screen = Screen(Output())

    with screen.running(idle):
        time.sleep(0.3)
    screen.stopping(3)
    screen.stopped(1_234, 3)

    shown = capsys.readouterr().err
    assert "working, 10 at a time; task types: " in shown
    assert "0 done, 0 running, 0.0 a second" in shown
    assert "stopping, 3 still running; Ctrl-C again ends at once" in shown
    assert "stopped: 1,234 done, 3 handed back" in shown


def test_the_rate_is_that_of_the_last_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fast:
        done = 0

    monkeypatch.setattr("taskmill.cli.workers.work_report.time.monotonic", lambda: now)
    consumer: Any = Fast()
    now = 0.0
    gauge = Gauge(consumer)
    rates = []
    for second in range(60):
        now = float(second)
        consumer.done += 100 if second < 30 else 10
        rates.append(round(gauge.rate()))

    assert (rates[29], rates[59]) == (100, 10)
