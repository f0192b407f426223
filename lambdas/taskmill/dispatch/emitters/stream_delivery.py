"""One delivery of stream records: what they cause, and which of them could not be handled whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from taskmill.dispatch.reactions import Reaction, reactions
from taskmill.functions.events import change_from_record


@dataclass(frozen=True, slots=True)
class Caused:
    """One reaction and the record that it came from, by its place in the delivery."""

    record: int
    reaction: Any


@dataclass
class StreamDelivery:
    """Reactions by kind. A record is lost when anything that it causes could not be emitted."""

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
            except Exception:  # noqa: BLE001  # a context manager for each record would be dear
                self._park([index])

    def of(self, kind: type[Reaction]) -> list[Caused]:
        return self._by_kind[kind]

    def each(self, kind: type[Reaction], emit: Callable[[Any], None]) -> None:
        """Emit all reactions of a kind, one after the other."""
        for caused in self.of(kind):
            with self.parking([caused.record]):
                emit(caused.reaction)

    def lose(self, caused: Iterable[Caused]) -> None:
        self.lost.update(each.record for each in caused)

    @contextmanager
    def parking(self, records: Sequence[int]) -> Iterator[None]:
        """Marks records as lost when the block fails: one record's trouble stops no other."""
        try:
            yield
        except Exception:  # noqa: BLE001  # whatever it is, it comes again
            self._park(records)

    def _park(self, records: Sequence[int]) -> None:
        """Mark records as lost, within the handler of the error that they failed with."""
        self.logger.exception("reaction failed", records=len(records))  # noqa: LOG004  # see above
        self.lost.update(records)


class Emitter(Protocol):
    """Emits the kinds of reaction that it knows. Everything it does is harmless twice."""

    def emit(self, delivery: StreamDelivery) -> None: ...
