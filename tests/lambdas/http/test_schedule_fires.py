"""C15: the fires of a schedule, and one by hand."""

from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

DAILY = "/v1/tenants/mbc/schedules/daily"


def put(api: InProcessApi, **fields: object) -> None:
    body = {"taskType": "any", "expression": "rate(1 hour)", "input": 5, **fields}
    assert api.put(DAILY, body).status == 200


def test_the_last_fires_have_their_tasks_and_the_next_their_times(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    put(api)
    cloud.advance(seconds=3 * 3_600 + 60)

    found = api.get(f"{DAILY}/fires").body

    assert [each["task"]["status"] for each in found["fires"]] == ["COMPLETED"] * 3
    times = [each["at"] for each in found["fires"]]
    assert times == sorted(times, reverse=True)
    assert len(found["next"]) == 5
    assert found["next"][0] == api.get(DAILY).body["nextFireAt"]


def test_while_it_is_paused_no_task_is_submitted_and_none_announced(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    put(api, paused=True)
    cloud.advance(seconds=3_700)

    found = api.get(f"{DAILY}/fires").body

    assert ([each["task"] for each in found["fires"]], found["next"]) == ([None], [])


def test_a_schedule_is_fired_by_hand_as_often_as_asked(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    put(api, paused=True, taskName="nightly")

    fired = [api.post(f"{DAILY}/fire") for _ in range(2)]
    cloud.run()

    assert [each.status for each in fired] == [202, 202]
    codes = {each.body["code"] for each in fired}
    assert len(codes) == 2
    for code in codes:
        task = api.get(f"/v1/tenants/mbc/tasks/any/{code}").body
        assert (task["status"], task["schedule"], task["name"]) == ("COMPLETED", "daily", "nightly")
        assert task["input"] == 5
        assert task["createdBy"].endswith("user/tester")


def test_the_expression_is_told_in_words(api: InProcessApi) -> None:
    put(api, expression="cron(0 6 * * ? *)", timezone="Europe/Berlin")

    assert api.get(DAILY).body["description"] == "at 06:00 (Europe/Berlin)"


def test_of_a_schedule_that_is_not_there_nothing_is_told(api: InProcessApi) -> None:
    assert api.get(f"{DAILY}/fires").status == 404
    assert api.post(f"{DAILY}/fire").status == 404
