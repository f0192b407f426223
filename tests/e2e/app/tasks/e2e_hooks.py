"""Lambda functions of the user's: they submit tasks."""

from typing import Any

from e2e_tasks import echo


def on_event(event: dict[str, Any], context: Any) -> dict[str, str]:
    return dict(echo.submit(event["value"]).key.as_dict())
