"""What a handler asks of AWS: counted, recorded, and asked again by boto3 alone."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name

MOST_BYTES = 1.02  # requests of one side over those of the other: times and ids vary in length


class CallsDiffer(AssertionError):
    """The two sides of a comparison do not ask the same of AWS."""


@dataclass(frozen=True)
class Call:
    """One call of a client's method."""

    service: str
    method: str
    arguments: Mapping[str, Any]

    def on(self, clients: Mapping[str, Any]) -> Any:
        return getattr(clients[self.service], self.method)(**self.arguments)


@dataclass
class Asked:
    """How often each operation was called, how many bytes went out, and what AWS refused of it."""

    calls: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    refused: int = 0

    def check_same(self, other: "Asked") -> None:
        """Hold what one side asked against what the other did.

        Raises:
            CallsDiffer: Other operations, another number of calls, or requests of another size;
                or something was refused.
        """
        if self.calls != other.calls:
            raise CallsDiffer(f"{dict(self.calls)} is not {dict(other.calls)}")
        least, most = sorted((self.bytes, other.bytes))
        if most > MOST_BYTES * least:
            raise CallsDiffer(f"{self.bytes:,} bytes of requests are not {other.bytes:,}")
        if self.refused or other.refused:
            raise CallsDiffer(f"{self.refused} and {other.refused} entries were refused")


class Watched:
    """Clients whose calls are seen. All sides of a comparison are watched alike."""

    def __init__(self, clients: Mapping[str, Any]) -> None:
        self.clients = clients
        self._asked = Asked()
        self._calls: list[Call] = []
        for client in clients.values():
            client.meta.events.register("before-send.*.*", self._count)
            client.meta.events.register("after-call.*.*", self._count_refused)

    def asked(self, work: Callable[[], None]) -> Asked:
        """What some work asks of AWS."""
        self._asked = Asked()
        work()
        asked, self._asked = self._asked, Asked()
        return asked

    def recorded(self, work: Callable[[], None]) -> list[Call]:
        """The calls that some work makes, in their order."""
        self._calls = []
        name = "before-parameter-build.*.*"
        for client in self.clients.values():
            client.meta.events.register(name, self._record)
        try:
            work()
        finally:
            for client in self.clients.values():
                client.meta.events.unregister(name, self._record)
        return self._calls

    def _record(self, *, model: Any, params: Mapping[str, Any], **_: Any) -> None:
        service = model.service_model.service_name
        self._calls.append(Call(service, xform_name(model.name), deepcopy(params)))

    def _count(self, *, event_name: str, request: Any, **_: Any) -> None:
        self._asked.calls[event_name.partition(".")[2]] += 1
        self._asked.bytes += len(request.body)

    def _count_refused(self, *, parsed: Mapping[str, Any], **_: Any) -> None:
        self._asked.refused += "Error" in parsed
        self._asked.refused += len(parsed.get("Failed", ()))
        self._asked.refused += sum("Error" in each for each in parsed.get("Responses", ()))


def make_all(calls: Sequence[Call], clients: Mapping[str, Any]) -> None:
    """Make calls, one after the other, and nothing else."""
    for call in calls:
        call.on(clients)
