"""Outages of AWS that a test or a task begins and ends: which calls fail, and with what."""

from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from taskmill.testing import InProcessCloud

ENDPOINT = "https://dynamodb.eu-west-1.amazonaws.com"


def answer(code: str, status: int = 400, reasons: tuple[str, ...] = ()) -> ClientError:
    """The error of an answer of AWS."""
    return ClientError(
        {
            "Error": {"Code": code, "Message": code},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
            "CancellationReasons": [{"Code": each} for each in reasons],  # type: ignore[typeddict-item,list-item]
        },
        "UpdateItem",
    )


BLIPS: dict[str, Callable[[], Exception]] = {
    "connection closed": lambda: ConnectionClosedError(endpoint_url=ENDPOINT),
    "no connection": lambda: EndpointConnectionError(endpoint_url=ENDPOINT),
    "no connection in time": lambda: ConnectTimeoutError(endpoint_url=ENDPOINT),
    "no answer in time": lambda: ReadTimeoutError(endpoint_url=ENDPOINT),
    "throttled": lambda: answer("ThrottlingException"),
    "throughput exceeded": lambda: answer("ProvisionedThroughputExceededException"),
    "500": lambda: answer("InternalServerError", 500),
    "503": lambda: answer("ServiceUnavailable", 503),
    "an unknown code with 502": lambda: answer("502", 502),
    "a transaction is under way": lambda: answer("TransactionConflictException"),
    "expired credentials": lambda: answer("ExpiredTokenException"),
    "no credentials for a while": NoCredentialsError,
    "no answer of the role": lambda: CredentialRetrievalError(provider="x", error_msg="y"),
}


@dataclass
class Outage:
    """The outage of a cloud; task code reaches it as `NOW`.

    Attributes:
        only: Part of the names of the calls that fail, unless `begin` says so.
        calls: Names of the calls that failed.
    """

    cloud: InProcessCloud
    make: Callable[[], Exception]
    only: str = ""

    def __post_init__(self) -> None:
        self.calls: list[str] = []
        self.left = 0

    def begin(self, *, calls: int = 1 << 30, only: str = "", answer_lost: bool = False) -> None:
        """Let calls fail until `end`, or the next so many.

        Args:
            only: Part of the names of the calls that fail.
            answer_lost: They are made nevertheless.
        """
        self.left, meter = calls, self.cloud.meter
        meter.fault_after = answer_lost

        def fault(name: str) -> Exception | None:
            if (only or self.only) not in name or self.left == 0:
                return None
            self.left -= 1
            self.calls.append(name)
            return self.make()

        meter.fault = fault

    def end(self) -> None:
        self.left = 0
        self.cloud.meter.fault = None


NOW: list[Outage] = []
