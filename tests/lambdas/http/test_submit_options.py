"""Options of a submit over HTTP: strict JSON, the field named, the limit told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskmill.http.examples import FAN_OUT_EXAMPLES, TASK_EXAMPLES
from taskmill.testing import InProcessCloud
from taskmill.testing.http import Answer, InProcessApi

TASKS, FAN_OUTS = "/v1/tenants/mbc/tasks", "/v1/tenants/mbc/step-function-tasks"
ROUTES = pytest.mark.parametrize(
    ("path", "work"), [(TASKS, {"input": 1}), (FAN_OUTS, {"input": [1, 2]})]
)


def fields(answer: Answer) -> list[str]:
    return [detail["field"] for detail in answer.error["details"]]


@ROUTES
def test_a_task_has_the_options_of_its_submit(
    api: InProcessApi, path: str, work: dict[str, Any]
) -> None:
    body = {
        "taskType": "any",
        "priority": "urgent",
        "onSuccess": "mail",
        "onFailure": ["page", "ticket", "page"],
        "onCompletion": [],
        "logIds": {"order": "o-17"},
    }

    answer = api.post(path, body | work)

    assert answer.status == 202
    assert answer.body["priority"] == "urgent"
    assert answer.body["logIds"] == {"order": "o-17"}
    callbacks = [["success", "mail"], ["failure", "page"], ["failure", "ticket"]]
    assert answer.body["callbacks"] == callbacks
    assert api.get(f"{path}/any/{answer.body['code']}").body["callbacks"] == callbacks


@ROUTES
@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"priority": "asap"}, "priority"),
        ({"priority": 1}, "priority"),
        ({"onSuccess": 7}, "onSuccess"),
        ({"onSuccess": {"type": "mail"}}, "onSuccess"),
        ({"onSuccess": None}, "onSuccess"),
        ({"onSuccess": "a#b"}, "onSuccess.0"),
        ({"onSuccess": ["a"] * 11}, "onSuccess"),
        ({"onFailure": ["a", 7]}, "onFailure.1"),
        ({"onCompletion": "any"}, "onCompletion"),
        ({"on_success": "mail"}, "on_success"),
        ({"logIds": {"a": 1}}, "logIds.a"),
        ({"logIds": {"level": "x"}}, "logIds"),
        ({"logIds": {f"a{n}": "" for n in range(11)}}, "logIds"),
        ({"logIds": ["a"]}, "logIds"),
    ],
    ids=str,
)
def test_a_wrong_option_is_refused_by_name(
    api: InProcessApi, path: str, work: dict[str, Any], options: dict[str, Any], wrong: str
) -> None:
    answer = api.post(path, {"taskType": "any", **work, **options})

    assert (answer.status, fields(answer)) == (422, [wrong])
    assert api.get(path).body["items"] == []


def test_limits_are_told(api: InProcessApi) -> None:
    far = (datetime.now(UTC) + timedelta(days=400)).isoformat()

    messages = [
        api.post(TASKS, {"taskType": "any", **options}).error["message"]
        for options in (
            {"onSuccess": ["a"] * 11},
            {"logIds": {f"a{n}": "" for n in range(11)}},
            {"runAt": far},
        )
    ]

    assert "at most 10" in messages[0]
    assert "at most 10" in messages[1]
    assert "at most 31,536,000 seconds ahead" in messages[2]


@pytest.mark.parametrize("text", ["{:%FT%T}Z", "{:%Ft%T}z", "{:%FT%T}.25Z", "{:%F %T}+00:00"])
def test_a_moment_is_rfc_3339_text(api: InProcessApi, cloud: InProcessCloud, text: str) -> None:
    moment = datetime.fromtimestamp(cloud.now // 1000 + 7_200, UTC)

    answer = api.post(TASKS, {"taskType": "any", "runAt": text.format(moment)})

    assert answer.status == 202
    run_at = datetime.fromisoformat(answer.body["runAt"])
    assert run_at == moment + timedelta(seconds=0.25 if ".25" in text else 0)


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(st.integers(-1439, 1439), st.integers(-100_000, 31_000_000))
def test_a_moment_is_the_same_in_every_time_zone(minutes: int, seconds: int) -> None:
    hours, rest = divmod(abs(minutes), 60)
    offset = f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
    with InProcessCloud(modules=["api_tasks"]) as cloud:
        moment = datetime.fromtimestamp(cloud.now // 1000 + seconds, UTC)
        local = (moment + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S")

        answer = InProcessApi().post(TASKS, {"taskType": "any", "runAt": local + offset})

    assert answer.status == 202
    told = answer.body.get("runAt")
    future = moment.timestamp() * 1000 > cloud.now
    assert (told is not None) == future
    if future:
        assert datetime.fromisoformat(told) == moment


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-05T06:00:00",
        "2026-01-05",
        "2026-13-05T06:00:00Z",
        "2026-01-05T06:00Z",
        "20260105T060000Z",
        "2026-W02-1T06:00:00Z",
        "2026-01-05T06:00:00+01",
        "0000-01-05T06:00:00Z",
        "\uff12026-01-05T06:00:00Z",
        "tomorrow",
        "1767592800",
        1767592800,
        1767592800.5,
        True,
        ["2026-01-05T06:00:00Z"],
    ],
)
def test_what_is_no_such_text_is_no_moment(api: InProcessApi, value: Any) -> None:
    answer = api.post(TASKS, {"taskType": "any", "runAt": value})

    assert (answer.status, fields(answer)) == (422, ["runAt"])


def test_of_many_tasks_the_wrong_option_is_named(api: InProcessApi) -> None:
    good = {"taskType": "any"}
    for wrong, field in (
        ({"runAt": "soon"}, "tasks.1.runAt"),
        ({"delaySeconds": 5, "runAt": "2026-01-05T06:00:00Z"}, "tasks.1.runAt"),
        ({"onFailure": "any"}, "tasks.1.onFailure"),
    ):
        answer = api.post(TASKS, {"tasks": [good, good | wrong]})

        assert (answer.status, fields(answer)) == (422, [field])
    assert api.get(TASKS).body["items"] == []


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
VALID = st.fixed_dictionaries(
    {"taskType": st.just("any")},
    optional={
        "priority": st.sampled_from(["low", "normal", "high", "urgent", None]),
        "onSuccess": NAMES.map("cb-".__add__) | st.lists(NAMES.map("cb-".__add__), max_size=10),
        "onFailure": st.lists(NAMES.map("cb-".__add__), max_size=10),
        "onCompletion": NAMES.map("cb-".__add__),
        "logIds": st.dictionaries(NAMES.map("id-".__add__), st.text(max_size=256), max_size=10)
        | st.none(),
        "notify": st.sampled_from(["each", "progress", "none", None]),
        "name": st.text(min_size=1, max_size=256),
    },
)
WHEN = st.fixed_dictionaries(
    {}, optional={"delaySeconds": st.integers(0, 31_536_000)}
) | st.fixed_dictionaries(
    {},
    optional={
        "runAt": st.datetimes(datetime(1, 1, 2), datetime(2026, 1, 1)).map(  # noqa: DTZ001
            lambda moment: moment.isoformat() + "Z"
        )
    },
)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(VALID, WHEN)
def test_options_that_do_not_contradict_each_other_are_all_taken(
    options: dict[str, Any], when: dict[str, Any]
) -> None:
    with InProcessCloud(modules=["api_tasks"]):
        assert InProcessApi().post(TASKS, {**options, **when}).status == 202
        assert InProcessApi().post(FAN_OUTS, {**options, "input": [1]}).status == 202


@pytest.mark.parametrize("example", TASK_EXAMPLES)
def test_the_examples_of_tasks_are_accepted(api: InProcessApi, example: str) -> None:
    assert api.post(TASKS, TASK_EXAMPLES[example]["value"]).status == 202


def test_the_example_of_elements_is_accepted(api: InProcessApi) -> None:
    assert api.post(FAN_OUTS, FAN_OUT_EXAMPLES["elements"]["value"]).status == 202
