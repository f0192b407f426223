"""A DynamoDB stream with shards: they close and go on as others; deliveries fail and come again."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

Record = dict[str, Any]


@dataclass
class Shard:
    """A shard: its records in order, and how far Lambda has got in it."""

    name: str
    parent: Shard | None = None
    records: list[Record] = field(default_factory=list)
    done: int = 0

    @property
    def open_to_read(self) -> bool:
        """Whether its parent was read to the end, and it has more."""
        return self.done < len(self.records) and (self.parent is None or self.parent.is_done)

    @property
    def is_done(self) -> bool:
        before = self.parent is None or self.parent.is_done
        return before and self.done == len(self.records)


def sharded(records: Sequence[Record], by: random.Random) -> list[Shard]:
    """The records on shards, by the hash of their keys; each shard closes now and then."""
    places = [Shard(f"shardId-{n}") for n in range(2)]
    shards = list(places)
    for number, record in enumerate(records):
        if by.random() < 0.03:  # a shard goes on as another one
            slot = by.randrange(len(places))
            places[slot] = Shard(f"shardId-{len(shards)}", parent=places[slot])
            shards.append(places[slot])
        keys = record["dynamodb"]["Keys"]
        place = crc32(f"{keys['pk']['S']}/{keys['sk']['S']}".encode()) % len(places)
        change = {**record["dynamodb"], "SequenceNumber": str(10**20 + number)}
        places[place].records.append({**record, "dynamodb": change})
    return shards


def deliver_all(
    shards: Sequence[Shard],
    handle: Callable[[list[Record], str], None],
    by: random.Random,
    crash: type[Exception],
) -> int:
    """Deliver all records as Lambda does; one that crashes comes again, in other cuts.

    Returns:
        How many deliveries crashed.
    """
    crashes = 0
    while ready := [shard for shard in shards if shard.open_to_read]:
        shard = by.choice(ready)
        first = max(shard.done - by.choice([0, 0, 0, 5]), 0)  # some that were done come again
        last = min(shard.done + by.randint(1, 60), len(shard.records))
        try:
            handle(shard.records[first:last], shard.name)
        except crash:
            crashes += 1
        else:
            shard.done = last
    return crashes
