"""Turns stream records into what they cause: messages, executions, counts, notifications.

Delivery is at least once and everything emitted is harmless twice, so a record that could not be
handled whole is simply parked and delivered again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.sqs.protocol import Queue
from taskmill.dispatch.emitters.stream_delivery import Emitter, StreamDelivery


@dataclass(frozen=True, kw_only=True)
class Dispatcher:
    """Emits the reactions of row changes.

    Attributes:
        failures: Where records are parked.
        emitters: Each emits some kinds of reaction, in this order.
    """

    failures: Queue
    emitters: Sequence[Emitter]
    logger: Any

    def handle(self, records: Sequence[Mapping[str, Any]], *, park: bool = True) -> int:
        """Emit everything that these records cause; park what could not be emitted.

        Args:
            park: Put records that failed on the failure queue; False: the caller keeps them.

        Returns:
            How many records failed.

        Raises:
            Exception: The failure queue refused a record too; the stream must deliver again.
        """
        delivery = StreamDelivery(records, self.logger)
        for emitter in self.emitters:
            emitter.emit(delivery)
        for index in sorted(delivery.lost) if park else ():
            self.failures.send_body({"record": records[index]})
        return len(delivery.lost)
