"""A payload that does not fit the function's memory is refused, before Lambda kills the process."""

import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from taskmill.aws.s3.readable import check_parsed, check_size
from taskmill.errors import PayloadTooLarge
from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud

MB = 1 << 20
VALUES: dict[str, Any] = {
    "text": "x" * 4_000_000,
    "text beyond ASCII": "é" * 1_000_000,
    "numbers": list(range(300_000)),
    "floats": [each / 7 for each in range(100_000)],
    "small objects": [{"a": 1}] * 100_000,
    "rows": [{"id": each, "name": f"name {each}", "value": each / 3} for each in range(30_000)],
    "empty arrays": [[]] * 300_000,
    "short texts": [f"{each}" for each in range(200_000)],
}


@pytest.mark.parametrize("what", VALUES)
def test_what_is_accepted_fits(what: str) -> None:
    """The smallest memory that a payload is accepted for is more than reading it takes."""
    body = json.dumps(VALUES[what], ensure_ascii=False, separators=(",", ":")).encode()
    least = next(mb for mb in range(1, 4_000) if _is_accepted(body, mb * MB))

    tracemalloc.start()
    held = [json.loads(bytes(body).decode())]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held
    usable = max(least * MB - 128 * MB, least * MB // 4)
    assert peak <= usable


def _is_accepted(body: bytes, memory: int) -> bool:
    try:
        check_size("ref", len(body), memory)
        check_parsed("ref", body, memory)
    except PayloadTooLarge:
        return False
    return True


def test_outside_lambda_there_is_no_such_limit() -> None:
    check_size("ref", 10**12, None)
    check_parsed("ref", b"[]", None)


def test_what_is_too_large_for_its_bytes_is_not_read_at_all() -> None:
    with pytest.raises(PayloadTooLarge, match=r"ref of 268,435,456 bytes needs some 512 MB"):
        check_size("ref", 256 * MB, 512 * MB)


@pytest.fixture
def small() -> Iterator[InProcessCloud]:
    with InProcessCloud(
        ["unit_tasks"], environment={"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "8"}
    ) as cloud:
        yield cloud


def test_a_worker_fails_such_a_task_at_once_with_the_reason(small: InProcessCloud) -> None:
    value = [{"a": 1}] * 100_000
    task = CreateTask(tenant_code="mbc", task_type="any", input=value)
    key = small.service.create_task(task=task).key

    small.run()

    ended = small.service.get_task(key=key)
    error: Any = ended.attributes["error"]
    assert (str(ended.status), ended.attempts) == ("FAILED", 1)
    assert error["type"] == "PayloadTooLarge"
    assert "of 8 MB" in error["message"]
    assert key.code in error["message"]
