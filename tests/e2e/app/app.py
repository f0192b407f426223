"""The app of the end-to-end tests: the real stack, with times short enough to wait for."""

import taskmill_cdk.bundled_node  # noqa: F401  before aws_cdk, which starts Node

# isort: split
from pathlib import Path
from typing import Any

from aws_cdk import App, CfnOutput, CliCredentialsStackSynthesizer, Duration
from aws_cdk import aws_sqs as sqs
from own import Own, add_submitters, add_triggers

from taskmill_cdk import TaskFunction, TaskSource, TaskStack, WorkerPool, WorkQueue

HERE = Path(__file__).parent
TASKS = TaskSource(
    folder=HERE / "tasks",
    modules=["e2e_tasks", "e2e_events", "e2e_families", "e2e_hostile", "e2e_limits", "e2e_own"],
    factory="e2e_events:LetterFactory",
)
WORKER_TIMEOUT = Duration.seconds(8)
BATCH_TIMEOUT = Duration.seconds(20)  # it keeps 10 s free for its last writes


class QuickQueue(WorkQueue):
    """Delivers again soon after a worker must have died, where the default waits 30 s more."""

    def _build_queue(self, construct_id: str, **props: Any) -> sqs.Queue:
        hidden = {"visibility_timeout": WORKER_TIMEOUT.plus(Duration.seconds(2))}
        return super()._build_queue(construct_id, **{**props, **hidden})


class E2eStack(TaskStack):
    """`TaskStack` with short timeouts and a small limit of payloads."""

    def _build_work_queue(self, **props: Any) -> WorkQueue:
        return QuickQueue(
            self,
            "WorkQueue",
            worker=self.worker,
            dead_letters_handler=self.dead_letters_handler,
            max_receives=7,
            **props,
        )

    def _build_batch(self, **props: Any) -> TaskFunction:
        return super()._build_batch(timeout=BATCH_TIMEOUT, **props)

    def _print_outputs(self) -> None:
        super()._print_outputs()
        CfnOutput(self, "FailureQueueUrl", value=self.dispatcher.failure_queue.queue_url)
        CfnOutput(self, "ScheduleGroup", value=self.schedules.group.ref)


app = App()
own = Own(app, "TaskmillE2eOwn", synthesizer=CliCredentialsStackSynthesizer())
stack = E2eStack(
    app,
    "TaskmillE2e",
    tasks=TASKS,
    local=True,
    bytecode=True,  # each start of a function has its own copy of the sources, and would compile it
    max_payload_bytes=6_000_000,
    worker_timeout=WORKER_TIMEOUT,
    worker_concurrency=4,  # some are busy dying
    container_queue=True,  # drained by tests
    pools=[WorkerPool("large", timeout=WORKER_TIMEOUT)],
    environment=own.environment_of_tasks,
    secrets=own.secrets_of_tasks,
    build_folder=HERE.parents[2] / ".build",
    # The roles of the CDK's own bootstrap have policies that the emulator does not know.
    synthesizer=CliCredentialsStackSynthesizer(),
)
stack.grant_tasks(own.files.grant_put)
add_triggers(stack)
add_submitters(stack)
app.synth()
