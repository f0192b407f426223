"""Where the log lines of an in-process cloud go."""

import contextlib
import io
import uuid

import pytest

from taskmill.testing import InProcessCloud


def test_they_go_to_the_standard_output_of_the_moment(capsys: pytest.CaptureFixture[str]) -> None:
    """Not to that of the first test, which pytest has closed."""
    name = {"POWERTOOLS_SERVICE_NAME": f"service-{uuid.uuid4()}", "POWERTOOLS_LOG_LEVEL": "INFO"}
    first = io.StringIO()
    with contextlib.redirect_stdout(first), InProcessCloud(environment=name) as cloud:
        cloud.wiring.logger.info("one")
    assert '"one"' in first.getvalue()
    first.close()

    with InProcessCloud(environment=name) as cloud:
        cloud.wiring.logger.info("two")

    printed = capsys.readouterr()
    assert '"two"' in printed.out
    assert printed.err == ""
