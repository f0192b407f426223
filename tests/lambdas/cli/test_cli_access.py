import json
from collections.abc import Callable

from typer.testing import Result

from taskmill.testing.http import USER_ARN

Run = Callable[..., Result]


def test_whoami_tells_the_user_and_what_they_may_do(run: Run) -> None:
    shown = run("whoami").stdout

    assert USER_ARN in shown
    assert "yes (tenant mbc)" in shown


def test_whoami_tells_programs_the_same(run: Run) -> None:
    found = json.loads(run("whoami", "--json").stdout)

    assert found["user"] == USER_ARN
    assert found["mayWrite"] is True


def test_types_lists_what_the_stack_declares(run: Run) -> None:
    assert "double\t3\t120 s\t" in run("types").stdout
    assert "double" in {each["type"] for each in json.loads(run("types", "--json").stdout)}


def test_types_shows_one_with_its_schema(run: Run) -> None:
    assert '"type": "integer"' in run("types", "double").stdout
    assert json.loads(run("types", "double", "--json").stdout)["inputSchema"]["type"] == "integer"


def test_types_says_that_there_is_none(run: Run) -> None:
    answer = run("types", "no-such-type")

    assert answer.exit_code == 1
    assert "no task module declares 'no-such-type'" in answer.stderr
