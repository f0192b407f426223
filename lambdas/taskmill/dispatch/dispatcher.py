"""The dispatcher: handles the records of the table's DynamoDB stream.

For each row change it emits reactions: messages, executions, counts, notifications. Records are
delivered at least once and every reaction is idempotent, so a record that could not be handled
completely is parked on the failure queue and handled again as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.sqs.protocol import Queue
from taskmill.dispatch.emitters.stream_delivery import Emitter, StreamDelivery


@dataclass(frozen=True, kw_only=True)
class Dispatcher:
    """Emits the reactions to row changes.

    Attributes:
        failures: The failure queue, on which records are parked.
        emitters: Called in this order; each handles some kinds of reaction.
    """

    failures: Queue
    emitters: Sequence[Emitter]
    logger: Any

    def handle(self, records: Sequence[Mapping[str, Any]], *, park: bool = True) -> int:
        """Emit all reactions to these records, and park the records for which that failed.

        Args:
            records: Of one delivery of the stream.
            park: Whether to put failed records on the failure queue. False: the caller has them
                on a queue already.

        Returns:
            How many records failed.

        Raises:
            Exception: A record could not be parked either; the stream must deliver it again.
        """
        delivery = StreamDelivery(records, self.logger)
        for emitter in self.emitters:
            emitter.emit(delivery)
        for index in sorted(delivery.lost) if park else ():
            self.failures.send_body({"record": records[index]})
        return len(delivery.lost)
