"""Rows that somebody wrote by hand, and shards by the hundred: neither stops the statistics."""

from __future__ import annotations

from typing import Any

import pytest
from tests.lambdas.tally.test_exactness import tally_over
from tests.support.builders import NOW

from taskmill.aws.dynamodb.codec import decode_item, encode_item
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statistics.names import HOUR_MS, MARK, gauge_key
from taskmill.model.statuses import Status
from taskmill.tally.tidying import outdated
from taskmill.testing.dynamodb import MemoryTable
from taskmill.testing.schema import TABLE_SCHEMA

Values = dict[str, Any]


def failed(code: str, **by_hand: Any) -> Values:
    row = TaskRow(
        key=TaskKey(Kind.TASK, "a", "x", code),
        status=Status.FAILED,
        created_at=NOW,
        updated_at=NOW,
        finished_at=NOW,
        history=(("CREATED", NOW, 0), ("FAILED", NOW, 0)),
        attributes={"error": {"type": "KeyError", "message": "no", "stack": ""}},
        version=1,
    )
    return {**row.to_values(), **by_hand}


def record(number: int, new: Values | None, old: Values | None = None) -> dict[str, Any]:
    images = {"NewImage": new, "OldImage": old}
    shown = {name: encode_item(values) for name, values in images.items() if values}
    change = {"SequenceNumber": str(10**20 + number), "ApproximateCreationDateTime": NOW // 1000}
    return {"dynamodb": {**change, **shown}}


def failures_in(table: MemoryTable) -> int:
    row = table.get_item(Key=encode_item(gauge_key("a", "x")._asdict())).get("Item")
    return int(decode_item(row).get("FAILED", 0)) if row else 0


@pytest.mark.parametrize(
    "by_hand",
    [
        {"createdAt": 10**30},
        {"createdAt": -(10**18)},
        {"settled": {"run": 1, "errors": {"abc": {}}}},
        {"settled": {"run": 1, "errors": ["x"]}},
        {"settled": {"run": 1, "completed": "many"}},
        {"history": [["FAILED"]]},
        {"history": [[{"a": 1}, "soon", 0]]},
    ],
    ids=str,
)
def test_a_row_that_makes_no_sense_counts_for_nothing_and_stops_nothing(by_hand: Values) -> None:
    table = MemoryTable(TABLE_SCHEMA)
    tally, senseless = tally_over(table), failed("b", **by_hand)
    counted = failures_in(table)
    tally.handle([record(1, senseless)], "s")
    alone = failures_in(table) - counted  # 0, or 1 where the values are not looked at

    tally.handle([record(2, failed("c")), record(3, None, senseless)], "s")

    assert failures_in(table) == 1
    tally.handle([record(4, senseless), record(5, failed("b"), senseless)], "s")
    assert failures_in(table) == 2
    assert alone in (0, 1)


@pytest.mark.parametrize("mark", ["a" * 3_000, "a#b", "", "../x"], ids=len)
def test_a_fingerprint_that_is_no_part_of_a_key_is_none(mark: str) -> None:
    table = MemoryTable(TABLE_SCHEMA)
    tally_over(table).handle([record(1, failed("b", fingerprint=mark))], "s")
    groups = [row["sk"] for row in map(decode_item, table.items()) if row["pk"] == "ERR#a"]
    assert len(groups) == 1
    assert len(groups[0].removesuffix("#x")) == 12


def test_a_group_does_not_keep_the_whole_name_of_a_type_that_was_reported() -> None:
    table = MemoryTable(TABLE_SCHEMA)
    error = {"error": {"type": "E" * 16_000, "message": "m" * 300}}
    tally_over(table).handle([record(1, failed("b", attributes=error))], "s")
    (group,) = (row for row in map(decode_item, table.items()) if row["pk"] == "ERR#a")
    assert group["errorType"] == "E" * 200


def test_marks_of_hundreds_of_shards_go_in_writes_that_fit_an_expression() -> None:
    old = NOW - 30 * HOUR_MS
    table = MemoryTable(TABLE_SCHEMA)
    tally = tally_over(table, old)
    for number in range(300):
        change = record(number, failed(f"c{number}"))
        change["dynamodb"]["ApproximateCreationDateTime"] = old // 1000
        tally.handle([change], f"shard-{number}")
    row = decode_item(table.get_item(Key=encode_item(gauge_key("a", "x")._asdict()))["Item"])
    marks = {name: value for name, value in row.items() if name.startswith(MARK)}
    assert len(marks) == 300
    assert 0 < len(outdated(row, NOW)) <= 50  # 22 bytes each of the expression's 4 KB

    later = tally_over(table)
    for number in range(300, 310):
        later.handle([record(number, failed(f"c{number}"))], "shard-new")

    row = decode_item(table.get_item(Key=encode_item(gauge_key("a", "x")._asdict()))["Item"])
    assert [name for name in row if name.startswith(MARK) and name in marks] == []
    assert row["FAILED"] == 310
