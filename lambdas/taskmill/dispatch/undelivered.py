"""Messages that EventBridge Scheduler could not send, as they arrive on its dead-letter queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def as_sent(body: str) -> str:
    """The body of the message that was to be sent.

    Scheduler keeps either that, its target's input, or the whole request that failed: `{"QueueUrl":
    …, "MessageBody": …}` (Scheduler guide, "Retrieve the dead-letter event").
    """
    if "MessageBody" not in body:
        return body
    try:
        request = json.loads(body)
    except ValueError:
        return body
    sent = request.get("MessageBody") if isinstance(request, dict) else None
    return sent if isinstance(sent, str) else body


def why_undelivered(record: Mapping[str, Any]) -> str | None:
    """What SQS said when the schedule sent the message; None: no schedule put this record here."""
    attributes = record.get("messageAttributes") or {}
    if "SCHEDULE_ARN" not in attributes:
        return None
    said = [
        str(attributes[name].get("stringValue"))
        for name in ("ERROR_CODE", "ERROR_MESSAGE")
        if name in attributes
    ]
    return ": ".join(said) or "no reason was given"
