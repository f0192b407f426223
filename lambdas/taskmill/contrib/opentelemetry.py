"""OpenTelemetry: one trace of a submit, its task, its children and its fan-outs.

Needs `opentelemetry-api`, and to export spans `opentelemetry-sdk`.

```python
import taskmill
from taskmill.contrib.opentelemetry import OpenTelemetryMiddleware

taskmill.middleware(OpenTelemetryMiddleware())
```

Register it where tasks are submitted and where they run. The trace goes with a task as its log ids
`traceparent` and `tracestate` (W3C Trace Context), so they are on its log lines, too.
"""

from __future__ import annotations

from contextvars import Token

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from taskmill.functions.hooks.middleware import AttemptInfo, Middleware, Submission
from taskmill.model.limits import MAX_LOG_IDS

_W3C = TraceContextTextMapPropagator()
_FIELDS = ("traceparent", "tracestate")
_MOST = 256  # characters of a log id


class OpenTelemetryMiddleware(Middleware):
    """Makes a span of each submit and of each attempt.

    The span of a submit, "submit TYPE", belongs to the current span. That of an attempt, "run
    TYPE", belongs to the submit that caused it, and is the current span while the task function
    runs. A task that waited for children has a span for each time that it ran; those before the
    last have the attribute `taskmill.stopped`.

    A task with ten log ids of its own has no room for a trace: it begins a new one.

    Args:
        tracer_provider: By default the global one.
    """

    def __init__(self, tracer_provider: TracerProvider | None = None) -> None:
        self._tracer = trace.get_tracer("taskmill", tracer_provider=tracer_provider)

    def before_submit(self, submission: Submission) -> None:
        attributes = {"taskmill.type": submission.task_type}
        if submission.tenant is not None:
            attributes["taskmill.tenant"] = submission.tenant
        name = f"submit {submission.task_type}"
        span = self._tracer.start_span(name, kind=SpanKind.PRODUCER, attributes=attributes)
        with trace.use_span(span, end_on_exit=True):
            carrier: dict[str, str] = {}
            _W3C.inject(carrier)
        _put(submission.log_ids, carrier)

    def before_attempt(self, attempt: AttemptInfo) -> None:
        span = self._tracer.start_span(
            f"run {attempt.type}",
            context=_W3C.extract(attempt.log_ids, context=Context()),
            kind=SpanKind.CONSUMER,
            attributes={
                "taskmill.type": attempt.type,
                "taskmill.tenant": attempt.tenant,
                "taskmill.key": str(attempt.key),
                "taskmill.attempt": attempt.attempt,
            },
        )
        attempt.state[self] = span, otel_context.attach(trace.set_span_in_context(span))

    def after_attempt(self, attempt: AttemptInfo) -> None:
        self._end(attempt)

    def failed_attempt(self, attempt: AttemptInfo, error: BaseException, *, is_final: bool) -> None:
        if attempt.state.get(self) is None:  # the function could not be called
            self.before_attempt(attempt)
        span: Span = attempt.state[self][0]
        span.record_exception(error)
        span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        span.set_attribute("taskmill.final", is_final)
        self._end(attempt)

    def stopped_attempt(self, attempt: AttemptInfo) -> None:
        if attempt.state.get(self) is not None:
            attempt.state[self][0].set_attribute("taskmill.stopped", True)  # noqa: FBT003
        self._end(attempt)

    def _end(self, attempt: AttemptInfo) -> None:
        kept: tuple[Span, Token[Context]] | None = attempt.state.pop(self, None)
        if kept is None:
            return
        span, token = kept
        span.end()
        otel_context.detach(token)


def _put(log_ids: dict[str, str], carrier: dict[str, str]) -> None:
    """Write the trace to the log ids, in place of an inherited one, as far as there is room."""
    for name in _FIELDS:
        log_ids.pop(name, None)
        value = carrier.get(name)
        if value and len(value) <= _MOST and len(log_ids) < MAX_LOG_IDS:
            log_ids[name] = value
