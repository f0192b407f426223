"""What EventBridge Scheduler is asked for; the calls are recorded, none is made."""

from typing import Any

import pytest
from builders import NOW, any_key

from taskmill.aws.scheduler import Scheduler
from taskmill.model.lanes import IN_ORDER
from taskmill.model.rows.schedule_row import ScheduleRow


class Recorder:
    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def create_schedule(self, **request: Any) -> None:
        self.asked.append(request)


def scheduler(client: Recorder, **options: Any) -> Scheduler:
    queues = {lane: f"arn:{lane}" for lane in IN_ORDER}
    return Scheduler(client, group="tasks", role_arn="arn:role", queue_arns=queues, **options)


def ask_for_both(of: Scheduler) -> None:
    of.send_at(any_key(), NOW)
    row = ScheduleRow(
        tenant="mbc",
        name="nightly",
        task_type="report",
        expression="cron(0 6 * * ? *)",
        created_at=NOW,
    )
    of.apply(row, now=NOW)


def test_what_a_schedule_cannot_send_goes_to_the_dead_letters() -> None:
    client = Recorder()

    ask_for_both(scheduler(client, dead_letters_arn="arn:dead-letters"))

    targets = [request["Target"] for request in client.asked]
    assert [target["DeadLetterConfig"] for target in targets] == [{"Arn": "arn:dead-letters"}] * 2


def test_without_such_a_queue_schedules_have_none() -> None:
    client = Recorder()

    ask_for_both(scheduler(client))

    assert not [request for request in client.asked if "DeadLetterConfig" in request["Target"]]


@pytest.mark.parametrize("dead_letters", [None, "arn:aws:sqs:eu-west-1:123456789012:dead-letters"])
def test_aws_takes_both_kinds_of_request(dead_letters: str | None) -> None:
    from botocore.session import get_session
    from botocore.validate import ParamValidator

    client = Recorder()
    ask_for_both(scheduler(client, dead_letters_arn=dead_letters))
    service = get_session().get_service_model("scheduler")
    shape = service.operation_model("CreateSchedule").input_shape

    for request in client.asked:
        assert not ParamValidator().validate(request, shape).has_errors()
