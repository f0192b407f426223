"""Handler of the table's stream, and of its failure queue, which holds parked records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from taskmill.dispatch.redrive import is_of_another, records_of
from taskmill.wiring.cold_start import Start
from taskmill.wiring.process import current

_START = Start(lambda wiring: wiring.dispatcher, services=("dynamodb", "sqs", "sns"))


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Emit what one batch of stream records, or of failure queue messages, causes."""
    wiring = _START()
    records = list(event["Records"])
    if records and records[0].get("eventSource") == "aws:sqs":
        return _redrive(records, context.invoked_function_arn)
    parked = wiring.dispatcher.handle(records)
    wiring.logger.info("dispatched", records=len(records), parked=parked)
    return {"batchItemFailures": []}


def _redrive(
    messages: list[Mapping[str, Any]], function_arn: str
) -> dict[str, list[dict[str, str]]]:
    """Retry parked records; report the messages whose records failed again, to keep them."""
    wiring = current()
    failures = []
    for message in messages:
        try:
            body = json.loads(message["body"])
            if is_of_another(body, function_arn):  # its changes were dispatched when they were made
                wiring.logger.error("changes not counted: taskmill stats --recount", span=body)
                continue
            records = records_of(body, wiring.client, sleep=wiring.sleep)
            left = wiring.dispatcher.handle(records, park=False)
        except Exception:  # of any kind: the message must stay on the queue
            wiring.logger.exception("redrive failed", message_id=message["messageId"])
            left = 1
        if left:
            failures.append({"itemIdentifier": message["messageId"]})
    wiring.logger.info("redriven", messages=len(messages), failed=len(failures))
    return {"batchItemFailures": failures}
