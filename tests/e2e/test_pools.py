"""A worker pool on the deployed stack: its functions run its tasks, with roles of their own."""

import pytest
from deployed import Outputs, ended

from taskmill.client import TaskClient
from taskmill.errors import UnknownPool


def test_a_task_and_a_child_run_in_the_worker_of_their_pool(client: TaskClient) -> None:
    task = client.submit("starts-in-a-pool")

    own, pool = client.result(client.wait(task, timeout_seconds=60))

    assert "PoolLargeWorker" in pool
    assert "Worker" in own
    assert "Pool" not in own


def test_a_fan_out_runs_in_the_batch_function_of_its_pool(client: TaskClient) -> None:
    done = ended(client, client.map("in-a-pool", range(6), batch_size=3), seconds=60)

    assert (done.status, done.pool) == ("COMPLETED", "large")
    names = {str(each.attributes["result"]) for each in client.subtasks(done)}
    assert len(names) == 1
    assert "PoolLargeBatch" in names.pop()


def test_an_unknown_pool_is_refused_with_those_that_there_are(
    client: TaskClient, stack: Outputs
) -> None:
    with pytest.raises(UnknownPool, match=r"did you mean 'large'\?\); known are: large"):
        client.submit("in-an-unknown-pool", 1)
    assert stack["Pools"] == "large"
