"""Requests that go on with what earlier ones answered, sensible and not, while tasks run.

Every answer is as documented, none is a 5xx, and once nothing more happens every task has ended.
"""

from typing import Any

import schemathesis
from amounts import amount
from gateway import gateway
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from openapi_checks import EXCLUDED, configuration
from schemathesis.core.failures import FailureGroup
from status_moves import illegal_moves

from taskmill.model.statuses import FINAL, Status
from taskmill.testing import Chaos, InProcessCloud

TASK_ROWS = {"TASK", "SFN_TASK", "SUBTASK"}
SIGNED = {"Authorization": "signed"}
SEQUENCES, STEPS = amount(15, fuzz=300), 20


def test_any_sequence_of_requests_is_answered_as_documented_and_every_task_ends() -> None:
    clouds: list[InProcessCloud] = []
    endings: list[Status] = []
    faults: list[
        str
    ] = []  # noted, not raised: ids and times differ when a sequence is played again

    with InProcessCloud(modules=["api_tasks"]):
        schema = schemathesis.openapi.from_wsgi(
            "/openapi.json", gateway, headers=SIGNED, config=configuration()
        )

    class Requests(schema.as_state_machine()):  # type: ignore[misc]  # a class made at run time
        def setup(self) -> None:
            cloud = InProcessCloud(modules=["api_tasks"], chaos=Chaos(deliveries=2, seed=4))
            clouds.append(cloud.__enter__())  # left in `teardown`

        def after_call(self, *_: Any) -> None:
            for _ in range(3):
                clouds[-1].step()

        def get_call_kwargs(self, _: Any) -> dict[str, Any]:
            return {"headers": SIGNED}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            try:
                case.validate_response(response, excluded_checks=EXCLUDED)
            except FailureGroup as found:
                faults.extend(str(each) for each in found.exceptions)

        def teardown(self) -> None:
            cloud = clouds.pop()
            cloud.run()
            faults.extend(
                f"{where} went from {one} to {two}" for where, one, two in illegal_moves(cloud)
            )
            ends = last_statuses(cloud)
            endings.extend(ends.values())
            faults.extend(f"{where} is {end}" for where, end in ends.items() if end not in FINAL)
            cloud.__exit__(None, None, None)

    run_state_machine_as_test(
        Requests,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=STEPS,
            phases=[Phase.generate],
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert not faults, "\n".join(sorted(set(faults)))
    assert len(endings) > SEQUENCES / 4  # requests did create tasks


def last_statuses(cloud: InProcessCloud) -> dict[str, Status]:
    """The status in which each task was seen last."""
    last: dict[str, Status] = {}
    for record in cloud.stream.seen:
        keys, new = record["dynamodb"]["Keys"], record["dynamodb"].get("NewImage", {})
        if new.get("row", {}).get("S") in TASK_ROWS:
            last[f"{keys['pk']['S']}/{keys['sk']['S']}"] = Status(new["status"]["S"])
    return last
