"""One delivery of stream records: the reactions to them, and the records that failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from botocore.exceptions import BotoCoreError, ClientError

from taskmill.aws.dynamodb.refusals import (
    INVALID,
    RowsRefused,
    cancellation_codes,
    error_code,
)
from taskmill.dispatch.reactions import Reaction, reactions
from taskmill.functions.events import change_from_record
from taskmill.model.errors import Throttled


@dataclass(frozen=True, slots=True)
class Caused:
    """One reaction, with the index of its record in the delivery."""

    record: int
    reaction: Any


@dataclass
class StreamDelivery:
    """The reactions to one delivery of stream records, by kind.

    Attributes:
        lost: Indexes of the records that failed: some reaction to them could not be emitted.
    """

    records: Sequence[Mapping[str, Any]]
    logger: Any
    lost: set[int] = field(default_factory=set)
    _by_kind: defaultdict[type[Reaction], list[Caused]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def __post_init__(self) -> None:
        for index, record in enumerate(self.records):
            try:
                for reaction in reactions(change_from_record(record)):
                    self._by_kind[type(reaction)].append(Caused(index, reaction))
            except Exception:  # noqa: BLE001  # `parking` for each record would be slow
                self._park([index])

    @classmethod
    def caused_by(cls, found: Iterable[Reaction], logger: Any) -> Self:
        """Reactions that no record causes, each counted as if it had one of its own."""
        delivery = cls([], logger)
        for index, reaction in enumerate(found):
            delivery._by_kind[type(reaction)].append(Caused(index, reaction))
        return delivery

    def cause(self, record: int, reaction: Reaction) -> None:
        """Add a reaction to a record, for an emitter that comes later."""
        self._by_kind[type(reaction)].append(Caused(record, reaction))

    def keep(self, kind: type[Reaction], wanted: Callable[[Any], bool]) -> None:
        """Leave out reactions of a kind; an error of `wanted` marks that record as lost."""
        kept = []
        for caused in self.of(kind):
            with self.parking([caused.record]):
                if wanted(caused.reaction):
                    kept.append(caused)
        self._by_kind[kind] = kept

    def of(self, kind: type[Reaction]) -> list[Caused]:
        """All reactions of a kind, in the order of their records."""
        return self._by_kind[kind]

    def each(self, kind: type[Reaction], emit: Callable[[Any], None]) -> None:
        """Call `emit` with each reaction of a kind; an error marks only that record as lost."""
        for caused in self.of(kind):
            with self.parking([caused.record]):
                emit(caused.reaction)

    def together(
        self, caused: Sequence[Caused], emit: Callable[[Sequence[Caused]], object]
    ) -> None:
        """Emit reactions in one request; if that is invalid, each half of them by itself.

        So a record that can never be emitted does not keep back those that share its request.

        Args:
            caused: At most as many as fit into one request.
        """
        try:
            emit(caused)
        except RowsRefused as refused:
            self._park([caused[place].record for place in refused.reasons])
        except Exception as error:  # noqa: BLE001  # the records are parked and handled again
            if len(caused) == 1 or not is_invalid(error):
                self._park([each.record for each in caused])
                return
            middle = len(caused) // 2
            self.together(caused[:middle], emit)
            self.together(caused[middle:], emit)

    def lose(self, caused: Iterable[Caused]) -> None:
        """Mark the records of these reactions as lost."""
        self.lost.update(each.record for each in caused)

    @contextmanager
    def parking(self, records: Sequence[int]) -> Iterator[None]:
        """Log an error of the `with` block and mark these records as lost; the others go on."""
        try:
            yield
        except Exception:  # noqa: BLE001  # the record is parked and handled again
            self._park(records)

    def _park(self, records: Sequence[int]) -> None:
        """Mark records as lost. Call it in the `except` block of the error, which it logs."""
        self.logger.exception("reaction failed", records=len(records))  # noqa: LOG004  # see above
        self.lost.update(records)


# Errors of SQS and SNS for one message of a request that they refuse as a whole.
_INVALID = INVALID | {
    "BatchRequestTooLong",
    "AWS.SimpleQueueService.BatchRequestTooLong",
    "InvalidMessageContents",
    "InvalidParameter",
    "InvalidParameterValue",
}


def is_invalid(error: Exception) -> bool:
    """Whether a request failed for what is in it, so that parts of it may succeed."""
    if isinstance(error, ClientError):
        return not _INVALID.isdisjoint((error_code(error), *cancellation_codes(error)))
    return not isinstance(error, BotoCoreError | OSError | Throttled)


class Emitter(Protocol):
    """Emits the reactions of the kinds it knows. Idempotent."""

    def emit(self, delivery: StreamDelivery) -> None: ...
