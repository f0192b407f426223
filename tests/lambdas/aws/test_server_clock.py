"""The time of AWS, learned from the answers to real requests of botocore."""

import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest

from taskmill.aws.server_clock import EVERY_SECONDS, TOLERANCE_MS, ServerClock
from taskmill.wiring.process import wired

NOW = 1_790_000_000_000


class Times:
    """The local clock, the even one, and that of the server; in seconds of one virtual time."""

    def __init__(self, skew_seconds: float) -> None:
        self.now = NOW / 1000
        self.skew = skew_seconds
        self.clock = ServerClock(lambda: round((self.now + self.skew) * 1000), lambda: self.now)

    @property
    def date(self) -> str:
        return formatdate(self.now // 1, usegmt=True)

    @property
    def error_ms(self) -> float:
        return self.clock() - self.now * 1000


@pytest.mark.parametrize("skew", [-86_400, -600, -3.1, 3.1, 600, 86_400])
@pytest.mark.parametrize("took_ms", [0, 30, 900])
def test_a_clock_that_is_wrong_is_right_after_one_answer(skew: float, took_ms: float) -> None:
    times = Times(skew)
    times.now += 0.7

    times.clock.learn(times.date, took_ms)

    assert abs(times.error_ms) <= TOLERANCE_MS + 1_000 + took_ms


def test_a_long_poll_tells_the_time_as_well() -> None:
    times = Times(-600)

    times.clock.learn(times.date, took_ms=19_000)

    assert abs(times.error_ms) <= 1_000


@pytest.mark.parametrize("skew", [-1.9, -0.4, 0, 0.4, 1.9])
def test_a_clock_that_agrees_is_left_as_it_is(skew: float) -> None:
    times = Times(skew)
    for step in range(20):
        times.now += 0.37 * step
        times.clock.learn(times.date, took_ms=20)

    assert times.clock.offset_ms == 0


def test_a_clock_that_is_set_right_meanwhile_is_trusted_again() -> None:
    times = Times(600)
    times.clock.learn(times.date)
    times.skew = 0

    times.clock.learn(times.date)

    assert abs(times.error_ms) <= 1_000


@pytest.mark.parametrize("date", ["", "soon", "Fri, 99 Nov 2026 09:00:00 GMT", "0"])
def test_a_header_that_is_no_time_tells_nothing(date: str) -> None:
    times = Times(600)

    times.clock.learn(date)

    assert times.clock.offset_ms == 0


class Service(BaseHTTPRequestHandler):
    """Answers everything with an empty object, at the time that it is told."""

    date: str | None = None

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response_only(200)
        if Service.date:
            self.send_header("Date", Service.date)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def session() -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.Session(region_name="us-east-1", **keys)


def test_the_answers_of_a_client_are_listened_to(endpoint: str) -> None:
    times = Times(-600)
    client = session().client("dynamodb", endpoint_url=endpoint)
    times.clock.listen(client)
    Service.date = times.date

    client.list_tables()

    assert abs(times.error_ms) <= 1_000


def test_not_every_answer_is_looked_at(endpoint: str) -> None:
    times = Times(-600)
    client = session().client("dynamodb", endpoint_url=endpoint)
    times.clock.listen(client)
    Service.date = times.date
    client.list_tables()
    times.skew = 0

    client.list_tables()
    assert abs(times.error_ms) > 500_000
    times.now += EVERY_SECONDS
    Service.date = times.date
    client.list_tables()

    assert abs(times.error_ms) <= 1_000


def test_an_answer_without_a_time_is_an_answer_nevertheless(endpoint: str) -> None:
    times = Times(0)
    client = session().client("dynamodb", endpoint_url=endpoint)
    times.clock.listen(client)
    Service.date = None

    client.list_tables()

    assert times.clock.offset_ms == 0


def test_the_wiring_of_a_process_goes_by_the_time_of_aws(endpoint: str) -> None:
    wiring = wired({"TASKMILL_TABLE": "tasks"}, session=session(), endpoint_url=endpoint)
    Service.date = formatdate(4_000_000_000, usegmt=True)

    wiring.client("dynamodb").list_tables()

    assert abs(wiring.clock() - 4_000_000_000_000) < 60_000
    assert wiring.claims.clock is wiring.clock


def test_a_dead_connection_to_the_table_is_given_up_before_a_lease_ends(endpoint: str) -> None:
    """A lease lasts 135 s by default. An answer of SQS may take long: it is polled for 20 s."""
    wiring = wired({}, session=session(), endpoint_url=endpoint)

    limits = {name: wiring.client(name).meta.config for name in ("dynamodb", "s3", "sqs")}

    assert limits["dynamodb"].connect_timeout * 5 + limits["dynamodb"].read_timeout * 5 <= 125
    assert limits["sqs"].read_timeout > 20  # a long poll
