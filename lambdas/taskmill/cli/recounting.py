"""`taskmill stats --recount`: the present numbers, counted anew from the table."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from taskmill.cli.call import Call
from taskmill.cli.workers.sweep import aws_errors
from taskmill.cli.workers.work_settings import CannotWork, wired_to_stack

if TYPE_CHECKING:
    from taskmill.tally.recount import Recounted

COLUMNS = ("DID", "TYPE", "ERROR", "WAS", "COUNTED")
NEEDED: Mapping[str, str] = {"TASKMILL_TABLE": "TableName"}


def recount(call: Call) -> None:
    """Count all rows of a tenant, and print which numbers were wrong.

    Raises:
        CannotWork: The table or the tenant is not known.
        CannotSweep: AWS did not answer, or denied access.
    """
    tenant = _tenant(call)
    quiet = {"POWERTOOLS_LOG_LEVEL": "ERROR"}
    here = wired_to_stack(call, needed=NEEDED, given=quiet, connections=1)
    with aws_errors():
        rows, done = here.recount.run(tenant)
    if call.output.as_json:
        call.output.json({"tenant": tenant, "rows": rows, "wrong": [_told(each) for each in done]})
    elif done:
        call.output.table(COLUMNS, map(_row, done))
    busy = sum(each.did == "busy" for each in done)
    call.output.note(f"{rows:,} rows counted; {len(done) - busy:,} numbers corrected")
    if busy:
        call.output.note(
            f"{busy:,} may be wrong, or just not counted yet: tasks have changed within five"
            " minutes. Ask again when these types are at rest"
        )


def _tenant(call: Call) -> str:
    from taskmill.client.settings import find_tenant

    url = "http://aws" if os.environ.get("TASKMILL_TABLE") else "http://localhost"
    tenant = find_tenant(call.tenant, url)
    if tenant is None:
        raise CannotWork("which tenant? Give --tenant or set TASKMILL_TENANT")
    return tenant


def _names(each: Recounted) -> tuple[str, str]:
    """The task type, and the fingerprint of an error group, of what was counted."""
    if each.key.pk.startswith("STAT#"):
        return each.key.sk, ""
    mark, _, task_type = each.key.sk.partition("#")
    return task_type, mark


def _told(each: Recounted) -> dict[str, object]:
    task_type, mark = _names(each)
    numbers = {"was": _shown(each.was), "counted": _shown(each.counted)}
    return {"did": each.did, "type": task_type, "error": mark or None, **numbers}


def _row(each: Recounted) -> Sequence[str]:
    return (each.did, *_names(each), _text(each.was), _text(each.counted))


def _shown(numbers: Mapping[str, int]) -> dict[str, int]:
    """Those that people know: when waiting tasks are due is not."""
    return {name: n for name, n in sorted(numbers.items()) if "#" not in name}


def _text(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in _shown(numbers).items()) or "-"
