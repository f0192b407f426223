"""An event factory of its own: letters are handled by two functions bound to their event class."""

from dataclasses import dataclass

from taskmill import TaskEventFactory, event_handler
from taskmill.events import StepFunctionTaskEvent, TaskQueueEvent


@dataclass(frozen=True)
class LetterPosted:
    to: str


@dataclass(frozen=True)
class LetterOfMany:
    to: str
    index: int | None


class LetterFactory(TaskEventFactory):
    """Turns tasks of type `letter` into events; all others stay what they are."""

    def transform_task(self, event: TaskQueueEvent) -> list[object]:
        return [LetterPosted(event.input["to"])] if event.task_type == "letter" else [event]

    def transform_step_function_task(self, event: StepFunctionTaskEvent) -> list[object]:
        if event.task_type == "letter":
            return [LetterOfMany(event.input["to"], event.key.index)]
        return [event]


@event_handler(LetterPosted)
def stamp(letter: LetterPosted) -> str:
    return f"stamped for {letter.to}"


@event_handler(LetterPosted)
def send(letter: LetterPosted) -> str:
    return f"sent to {letter.to}"


@event_handler(LetterOfMany)
def count(letter: LetterOfMany) -> str:
    return f"letter {letter.index} to {letter.to}"
