"""A factory and handlers of a project's own."""

from dataclasses import dataclass
from typing import Any

from taskmill import TaskEventFactory, event_handler
from taskmill.events import StepFunctionTaskEvent, TaskQueueEvent

SEEN: list[Any] = []


@dataclass(frozen=True)
class ReportAsked:
    report: Any


@dataclass(frozen=True)
class MailAsked:
    to: Any


@dataclass(frozen=True)
class RowImported:
    index: int | None
    value: Any


@dataclass(frozen=True)
class Unheard:
    pass


class Factory(TaskEventFactory):
    def transform_task(self, event: TaskQueueEvent) -> list[Any]:
        return {
            "report": [ReportAsked(event.input)],
            "report-and-mail": [ReportAsked(event.input), MailAsked(event.input)],
            "unheard": [Unheard()],
            "nothing": [],
        }.get(event.task_type, [event])

    def transform_step_function_task(self, event: StepFunctionTaskEvent) -> list[Any]:
        return [RowImported(event.key.index, event.input)]


@event_handler(ReportAsked)
def write_report(event: ReportAsked) -> str:
    SEEN.append(("write", event.report))
    return f"wrote {event.report}"


@event_handler(ReportAsked)
def index_report(event: ReportAsked) -> str:
    SEEN.append(("index", event.report))
    return f"indexed {event.report}"


@event_handler(MailAsked)
async def send_mail(event: MailAsked) -> str:
    return f"mailed {event.to}"


@event_handler(RowImported)
def import_row(event: RowImported) -> str:
    return f"{event.index}: {event.value}"
