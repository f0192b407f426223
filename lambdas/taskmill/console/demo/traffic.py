"""What the customers of the demo's shop do: an endless list of submits, the same for each seed."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import ulid

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
CUSTOMERS = ("ada", "grace", "alan", "edsger", "barbara", "donald", "tony", "niklaus")
COUNTRIES = ("DE", "DE", "DE", "DE", "AT", "AT", "FR", "FR", "IT", "CH")  # CH: no rate is known
ITEMS = ("tea", "cup", "kettle", "spoon", "honey", "biscuits")
ROWS = 3_000  # of the catalogue that is being imported
SMALL_ROWS = 150  # of one that changes only a few products
IMPORT_EVERY_MS = 6 * HOUR_MS
CARRIERS = ("dhl", "dhl", "dhl", "dpd", "dpd", "gls")
SHIPMENT_EVERY_MS = 3 * HOUR_MS
NEXT_SHIPMENT_MS = 5 * MINUTE_MS  # while somebody looks
LABELS, SUPPLIES = 24, 9  # of a shipment: more than their limits let begin at once


@dataclass(frozen=True)
class Act:
    """Something that is done at a time (epoch ms)."""

    at: int
    do: Callable[[TaskClient], object]


class Traffic:
    """The acts of a shop from a time on.

    Args:
        begins: Epoch ms.
        now: The present, in epoch ms: shortly before it a catalogue is imported.
        seed: The same one gives the same acts.
    """

    def __init__(self, *, begins: int, now: int, seed: int) -> None:
        self._begins, self._now = begins, now
        self._random = random.Random(seed)  # noqa: S311  # no secret
        self._number = 1_000

    def acts(self) -> Iterator[Act]:
        """For ever, in the order of their times."""
        return heapq.merge(self._sales(), self._shipments(), key=lambda act: act.at)

    def _sales(self) -> Iterator[Act]:
        yield Act(self._begins, self._set_up)
        large = self._now - 75_000
        at, next_import = float(self._begins), self._begins + HOUR_MS
        while True:
            at += self._random.expovariate(1 / _pause_ms(at))
            while next_import <= at:
                is_large = next_import == large
                yield self._import(next_import, ROWS if is_large else SMALL_ROWS)
                after = next_import + IMPORT_EVERY_MS
                next_import = large if next_import < large < after else after
            yield self._customer(int(at))

    def _set_up(self, client: TaskClient) -> None:
        client.put_schedule(
            "report", "nightly-report", "cron(0 3 * * ? *)", "yesterday", timezone="Europe/Berlin"
        )
        for warehouse in ("berlin", "lyon"):
            client.put_schedule(f"stock-{warehouse}", "sync-stock", "rate(1 hour)", warehouse)
        client.register_callback("sync-stock", "failure", "tell-operators")
        client.register_callback("nightly-report", "completion", "tell-operators")
        client.set_limit("print-label", key="dhl", concurrency=3)
        client.put_schedule("cleanup", "send-mail", "rate(1 day)", "ops", paused=True)

    def _customer(self, at: int) -> Act:
        kind = self._random.choices(
            ("fulfil-order", "invoice", "charge-card", "send-mail", "later"), (3, 4, 4, 6, 1)
        )[0]
        self._number += 1
        code, order = self._code(at), self._order()
        inputs: dict[str, Any] = {
            "fulfil-order": order,
            "invoice": order,
            "charge-card": {
                "order": order["number"],
                "cents": self._random.randrange(500, 20_000),
                "card": "4111-1111-1111-1111",
                "iban": "DE02120300000000202051",
            },
            "send-mail": f"{order['customer']}@example.com",
        }
        if kind == "later":  # waits long
            due = datetime.fromtimestamp(at / 1000, UTC) + timedelta(hours=20)
            to = inputs["send-mail"]
            return Act(at, lambda client: client.submit("send-mail", to, run_at=due, code=code))
        name = f"order {order['number']}" if kind != "send-mail" else None
        return Act(at, lambda client: client.submit(kind, inputs[kind], code=code, name=name))

    def _shipments(self) -> Iterator[Act]:
        """Labels and supplies, of which most wait for a limit; the last shortly before now."""
        chance = random.Random(self._number)  # noqa: S311  # no secret
        latest = self._now - 20_000
        at = latest - (latest - self._begins) // SHIPMENT_EVERY_MS * SHIPMENT_EVERY_MS
        while True:
            parcels = [
                {"order": self._number - each, "carrier": chance.choice(CARRIERS)}
                for each in range(LABELS)
            ]
            yield Act(at, partial(_ship, parcels, chance.choices(ITEMS, k=SUPPLIES), at))
            at += SHIPMENT_EVERY_MS if at < latest else NEXT_SHIPMENT_MS

    def _order(self) -> dict[str, Any]:
        return {
            "number": self._number,
            "customer": self._random.choice(CUSTOMERS),
            "country": self._random.choice(COUNTRIES),
            "items": self._random.choices(ITEMS, k=self._random.randrange(1, 5)),
        }

    def _import(self, at: int, count: int) -> Act:
        """A catalogue with a few prices that are wrong."""
        wrong = set(self._random.sample(range(count), 12))
        rows = [
            {"line": line, "price": -1 if line in wrong else 100 + line % 900}
            for line in range(count)
        ]
        code = self._code(at)
        return Act(
            at,
            lambda client: client.map(
                "import-product",
                rows,
                tolerated_failures="10%",
                batch_size=25,
                max_concurrency=20,
                code=code,
                name="catalogue of the supplier",
            ),
        )

    def _code(self, at: int) -> str:
        return str(ulid.ULID(at.to_bytes(6, "big") + self._random.randbytes(10)))


def _ship(parcels: list[dict[str, Any]], supplies: list[str], at: int, client: TaskClient) -> None:
    for number, parcel in enumerate(parcels):
        client.submit("print-label", parcel, code=f"{at}-{number:02}")
    for number, item in enumerate(supplies):
        client.submit("order-supplies", item, code=f"{at}-{number:02}")


def _pause_ms(at: float) -> float:
    """The mean pause between two acts: more happens by day than by night."""
    hour = datetime.fromtimestamp(at / 1000, UTC).hour
    return MINUTE_MS * (3 if 7 <= hour < 20 else 12)
