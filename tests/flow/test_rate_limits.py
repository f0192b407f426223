"""Rate limits: how many attempts start within a time, whatever the queue does."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import paced_tasks
import pytest
from clouds import TENANT, fan_out, submit

from taskmill.aws.sqs.protocol import Delivery
from taskmill.errors import InvalidRequest
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import Status
from taskmill.models import CreateTask
from taskmill.testing import Chaos, InProcessCloud
from taskmill.work.message_runner import MessageRunner

SHUFFLED_AND_DOUBLED = Chaos(seed=1, deliveries=2)


def cloud_of(workers: int | None = 20, chaos: Chaos = SHUFFLED_AND_DOUBLED) -> InProcessCloud:
    cloud = InProcessCloud(modules=["paced_tasks"], workers=workers, chaos=chaos)
    paced_tasks.reset(cloud)
    return cloud


def submit_all(cloud: InProcessCloud, task_type: str, inputs: Sequence[Any]) -> list[TaskKey]:
    tasks = [CreateTask(tenant_code=TENANT, task_type=task_type, input=each) for each in inputs]
    return [task.key for task in cloud.service.create_tasks(tasks=tasks)]


def most_in_a_second() -> int:
    """The most attempts that started in any second."""
    times = sorted(at for at, _ in paced_tasks.STARTS)
    return max(sum(begin <= at < begin + 1_000 for at in times) for begin in times)


def all_completed(cloud: InProcessCloud, keys: Sequence[TaskKey]) -> bool:
    return {cloud.wiring.tasks.get(key).status for key in keys} == {Status.COMPLETED}


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each message was taken up; not when it was handed back unread, with a batch."""
    seen, real = Counter[str](), MessageRunner.run

    def run(self: MessageRunner, delivery: Delivery, **options: Any) -> int | None:
        seen[delivery.id] += 1
        return real(self, delivery, **options)

    monkeypatch.setattr(MessageRunner, "run", run)
    return seen


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_600_tasks_under_10_a_second_start_within_a_minute_and_never_26_at_once(
    seed: int, looks: Counter[str]
) -> None:
    with cloud_of(chaos=Chaos(seed=seed, deliveries=2)) as cloud:
        began = cloud.now
        keys = submit_all(cloud, "paced", range(600))
        cloud.run()

        assert all_completed(cloud, keys)
        assert Counter(value for _, value in paced_tasks.STARTS) == dict.fromkeys(range(600), 1)
        last = max(at for at, _ in paced_tasks.STARTS)
        assert 58_000 <= last - began <= 62_000
        # The burst, what the rate gives in a second, and what a message may be late.
        assert most_in_a_second() <= 5 + 2 * 10
        assert max(looks.values()) <= 2


@pytest.mark.parametrize("batch_size", [1, 7, 100])
def test_subtasks_start_at_the_rate_in_however_many_batches(batch_size: int) -> None:
    with cloud_of() as cloud:
        began = cloud.now
        key = fan_out(cloud, "paced", range(200), batch_size=batch_size, max_concurrency=10)
        cloud.run()

        assert cloud.wiring.tasks.get(key).attributes["counts"]["completed"] == 200
        assert most_in_a_second() <= 5 + 2 * 10
        last = max(at for at, _ in paced_tasks.STARTS) - began
        assert 18_500 <= last <= 24_000


def test_subtasks_that_do_not_tell_their_key_fail_alone() -> None:
    with cloud_of() as cloud:
        key = fan_out(cloud, "paced-by-customer", [{"customer": "a"}, {"client": "b"}])
        cloud.run()

        assert cloud.wiring.tasks.get(key).attributes["counts"]["completed"] == 1
        failed = cloud.wiring.tasks.get(key.subtask(1))
        assert "which this input does not have" in failed.attributes["error"]["message"]


def test_retries_take_units_like_first_attempts() -> None:
    with cloud_of() as cloud:
        began = cloud.now
        keys = submit_all(cloud, "paced-retried", range(50))
        cloud.run()

        assert all_completed(cloud, keys)
        assert len(paced_tasks.STARTS) == 150
        assert most_in_a_second() <= 5 + 2 * 10
        assert max(at for at, _ in paced_tasks.STARTS) - began >= (150 - 5) * 100 - 1_000


def test_each_key_has_a_rate_of_its_own() -> None:
    with cloud_of() as cloud:
        began = cloud.now
        submit_all(cloud, "paced-by-customer", [{"customer": name} for name in "aaabbc"])
        cloud.run()

        seen: dict[str, list[int]] = {"a": [], "b": [], "c": []}
        for at, customer in sorted(paced_tasks.STARTS):
            seen[customer].append(round((at - began) / 10_000))
        assert seen == {"a": [0, 1, 2], "b": [0, 1], "c": [0]}


def test_a_task_takes_as_many_units_as_its_input_says() -> None:
    with cloud_of(chaos=Chaos()) as cloud:
        began = cloud.now
        submit_all(cloud, "paced-by-size", ["x" * 50, "y" * 50, "z" * 10])
        cloud.run()

        starts = {value[0]: round((at - began) / 1000) for at, value in paced_tasks.STARTS}
        assert starts == {"x": 0, "y": 30, "z": 36}


@pytest.mark.parametrize("text", ["x" * 51, ""])
def test_more_units_than_the_burst_are_refused_at_submit(text: str) -> None:
    with cloud_of() as cloud:
        with pytest.raises(InvalidRequest, match=r"1 to 50 \(its burst\) is accepted") as refused:
            submit(cloud, "paced-by-size", text)

        assert refused.value.details["limit"] == 50
        assert list(cloud.table.items()) == []


def test_an_input_without_the_key_is_refused_at_submit() -> None:
    wanted = "the field 'customer', which this input does not"
    with cloud_of() as cloud, pytest.raises(InvalidRequest, match=wanted):
        submit(cloud, "paced-by-customer", {"client": "a"})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_a_429_nobody_starts_for_30_seconds(seed: int) -> None:
    with cloud_of(chaos=Chaos(seed=seed, deliveries=2)) as cloud:
        began = cloud.now
        keys = submit_all(cloud, "paced-returned", range(100))
        cloud.run()

        assert all_completed(cloud, keys)
        later = sorted(at - began for at, _ in paced_tasks.STARTS)[1:]
        at_once = [at for at in later if at < 1_000]  # what ran beside the one that met the 429
        assert len(at_once) <= 4
        assert min(at for at in later if at >= 1_000) >= 30_000
        assert len(paced_tasks.STARTS) == 101


def test_an_attempt_that_is_given_back_does_not_count_but_a_hundred_are_enough() -> None:
    with cloud_of(workers=None, chaos=Chaos()) as cloud:
        key = submit(cloud, "paced-always-returned")
        cloud.run()

        row = cloud.wiring.tasks.get(key)
        assert (row.status, row.attempts, row.returned) == (Status.FAILED, 1, 100)
        assert len(paced_tasks.STARTS) == 101


def test_what_was_used_beyond_the_estimate_delays_the_next() -> None:
    with cloud_of(workers=None, chaos=Chaos()) as cloud:
        submit(cloud, "paced-corrected", 60)
        cloud.run()
        between = cloud.now
        submit(cloud, "paced-corrected", 10)
        cloud.run()

        # 60 units, and 10: 20 more than the burst, at 100 a minute.
        assert round((paced_tasks.STARTS[1][0] - between) / 1000) == 12


def test_units_within_an_attempt_are_waited_for() -> None:
    with cloud_of(workers=None, chaos=Chaos()) as cloud:
        submit(cloud, "paced-within", 25)
        cloud.run()

        times = [at - paced_tasks.STARTS[0][0] for at, _ in paced_tasks.STARTS]
        assert times == [0] * 5 + [100 * each for each in range(1, 21)]


def test_a_message_that_comes_within_a_second_of_its_start_writes_nothing_in_vain() -> None:
    with cloud_of(workers=None, chaos=Chaos()) as cloud:
        keys = submit_all(cloud, "paced", range(20))
        cloud.run()

        assert all_completed(cloud, keys)
        takes = 2  # for all of them together, after a quiet time
        assert cloud.meter.calls["dynamodb.update_item"] == 20 * 2 + takes
