"""The state machine of a fan-out: split, a Distributed Map of batches, finish."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from taskmill_cdk.acknowledge import (
    acknowledge,
    acknowledge_dead_letters,
    acknowledge_inline_policies,
    acknowledge_wildcards,
    arn_prefix,
    logical_id,
)
from taskmill_cdk.props import checked_props, instance, seconds
from taskmill_cdk.retriers import DUE_LATER, EVERYTHING, batch_retriers, step_retriers
from taskmill_cdk.task_function import entry_of
from taskmill_cdk.vended_logs import vended_log_group

_KEY = {"pk": sfn.JsonPath.string_at("$.pk"), "sk": sfn.JsonPath.string_at("$.sk")}
_EXECUTION = sfn.JsonPath.string_at("$$.Execution.Id")


class SubtaskWorkflow(Construct):
    """The Step Functions state machine: split, a Distributed Map of batches, finish.

    The input of an execution is the key of the step function task; payloads never pass through
    it. Errors in split or in the Map lead to finish as well.

    Executions that end where no Catch sees it, because they timed out, were aborted or passed a
    limit, lead there by an EventBridge rule. What that rule or finish itself cannot handle, is kept
    on ``dead_letters``.

    Args:
        split: Writes the subtask rows; returns the ranges of the batches, and how many of them to
            run at a time.
        batch: Runs the subtasks of one range. If it raises, it is invoked again, with the rows as
            its checkpoint; after ``SubtasksDueLater`` not before the time in the message.
        finish: Sums up the batches and closes the step function task.
        pools: The functions that run the subtasks of worker pools, by the names of the pools; where
            split answers with one of these names, its function runs the batches.
        timeout: Longest duration of an execution; 7 days by default.
        log_retention: How long the log of errors is kept.
    """

    @checked_props(
        split=instance(lambda_.Function, "a lambda_.Function"),
        batch=instance(lambda_.Function, "a lambda_.Function"),
        finish=instance(lambda_.Function, "a lambda_.Function"),
        timeout=seconds(31_536_000),
        log_retention=instance(logs.RetentionDays, "a logs.RetentionDays"),
    )
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        split: lambda_.Function,
        batch: lambda_.Function,
        finish: lambda_.Function,
        pools: Mapping[str, lambda_.Function] | None = None,
        timeout: Duration | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        super().__init__(scope, construct_id)
        self.split = split
        self.batch = batch
        self.finish = finish
        self.pools = dict(pools or {})
        self.log_group = vended_log_group(self, "Logs", service="states", retention=log_retention)
        self.dead_letters = self._build_dead_letters()
        self.state_machine = self._build_state_machine(timeout=timeout or Duration.days(7))
        self.rule = self._build_rule()
        self._acknowledge()

    def grant_start(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow to start executions."""
        return self.state_machine.grant_start_execution(grantee)

    def grant_stop(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow to stop executions."""
        return self.state_machine.grant_execution(grantee, "states:StopExecution")

    def grant_describe(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow to look up how executions ended."""
        return self.state_machine.grant_execution(grantee, "states:DescribeExecution")

    def metric_started(self, **props: Any) -> cloudwatch.Metric:
        """How many fan-outs have started.

        Args:
            **props: Any of ``cloudwatch.Metric``.
        """
        return self.state_machine.metric_started(**props)

    def metric_failed(self, **props: Any) -> cloudwatch.Metric:
        """How many executions failed where no Catch could see it; see the class.

        A fan-out whose subtasks fail is no failed execution.
        """
        return self.state_machine.metric_failed(**props)

    @property
    def batches(self) -> tuple[lambda_.Function, ...]:
        """All functions that run subtasks, that of the stack first."""
        return (self.batch, *self.pools.values())

    def _build_state_machine(self, **props: Any) -> sfn.StateMachine:
        defaults: dict[str, Any] = {
            "definition_body": sfn.DefinitionBody.from_chainable(self._build_definition()),
            "state_machine_type": sfn.StateMachineType.STANDARD,
            "tracing_enabled": True,
            "logs": sfn.LogOptions(destination=self.log_group, level=sfn.LogLevel.ERROR),
        }
        return sfn.StateMachine(self, "StateMachine", **{**defaults, **props})

    def _build_definition(self, **props: Any) -> sfn.IChainable:
        """The states; further props are those of every state that invokes a function."""
        finish = self._build_finish("Finish", {**_KEY, "execution": _EXECUTION}, **props)
        cause = sfn.JsonPath.object_at("$.cause")
        after_error = self._build_finish(
            "FinishAfterError", {**_KEY, "execution": _EXECUTION, "cause": cause}, **props
        )
        split = self._build_split(**props)
        work = {name: self._build_map(name) for name in (None, *self.pools)}
        split.add_catch(after_error, errors=[EVERYTHING], result_path="$.cause")
        for each in work.values():
            each.add_catch(after_error, errors=[EVERYTHING], result_path="$.cause")
            each.next(finish)
        return sfn.Chain.start(split).next(self._choose_pool(work))

    def _choose_pool(self, work: dict[str | None, sfn.DistributedMap]) -> sfn.IChainable:
        """The Map of the pool that split names. Without pools there is nothing to choose."""
        if not self.pools:
            return work[None]
        choice = sfn.Choice(self, "ChoosePool")
        for pool in self.pools:
            is_named = sfn.Condition.and_(
                sfn.Condition.is_present("$.split.pool"),
                sfn.Condition.string_equals("$.split.pool", pool),
            )
            choice.when(is_named, work[pool])
        return choice.otherwise(work[None])

    def _build_split(self, **props: Any) -> tasks.LambdaInvoke:
        defaults = {"result_path": "$.split"}
        split = self._invoke(
            "Split", self.split, {**_KEY, "execution": _EXECUTION}, **{**defaults, **props}
        )
        return _retried(split, step_retriers())

    def _build_map(self, pool: str | None = None, **props: Any) -> sfn.DistributedMap:
        """The batches, run by a pool's function or else by that of the stack."""
        defaults: dict[str, Any] = {
            "map_execution_type": sfn.StateMachineType.STANDARD,
            "items_path": "$.split.batches",
            "max_concurrency_path": "$.split.maxConcurrency",
            "item_selector": {**_KEY, "range": sfn.JsonPath.object_at("$$.Map.Item.Value")},
            # The rows record what failed, and finish compares it with the caller's tolerance.
            "tolerated_failure_percentage": 100,
            "result_path": sfn.JsonPath.DISCARD,
        }
        work = sfn.DistributedMap(self, _named("Work", pool), **{**defaults, **props})
        return work.item_processor(self._build_batch(pool))

    def _build_batch(self, pool: str | None = None, **props: Any) -> tasks.LambdaInvoke:
        """The state that runs a batch, and those that wait for retries that are due later.

        An exception leads to the wait. A Choice state after each batch would cost all batches two
        more state transitions, and so most of their price, for the few that have to wait.
        """
        payload = {
            **_KEY,
            "range": sfn.JsonPath.object_at("$.range"),
            "execution": _EXECUTION,
            "retry": sfn.JsonPath.number_at("$$.State.RetryCount"),
        }
        function = self.batch if pool is None else self.pools[pool]
        batch = self._invoke(_named("Batch", pool), function, payload, **props)
        _retried(batch, batch_retriers())
        later = self._build_wait(pool)
        batch.add_catch(later, errors=[DUE_LATER], result_path="$.later")
        later.next(batch)
        return batch

    def _build_wait(self, pool: str | None = None, **props: Any) -> sfn.Chain:
        read = sfn.Pass(
            self,
            _named("ReadTime", pool),
            parameters={
                **_KEY,
                "range": sfn.JsonPath.object_at("$.range"),
                "later": sfn.JsonPath.string_to_json(sfn.JsonPath.string_at("$.later.Cause")),
            },
        )
        defaults: dict[str, Any] = {"time": sfn.WaitTime.timestamp_path("$.later.errorMessage")}
        wait = sfn.Wait(self, _named("WaitForRetries", pool), **{**defaults, **props})
        return sfn.Chain.start(read).next(wait)

    def _build_finish(
        self, construct_id: str, payload: dict[str, Any], **props: Any
    ) -> tasks.LambdaInvoke:
        finish = self._invoke(construct_id, self.finish, payload, **props)
        return _retried(finish, step_retriers())

    def _invoke(
        self,
        construct_id: str,
        function: lambda_.Function,
        payload: dict[str, Any],
        **props: Any,
    ) -> tasks.LambdaInvoke:
        defaults: dict[str, Any] = {
            "lambda_function": entry_of(function),
            "payload": sfn.TaskInput.from_object(payload),
            "payload_response_only": True,
            "retry_on_service_exceptions": False,  # our own retriers cover them
        }
        return tasks.LambdaInvoke(self, construct_id, **{**defaults, **props})

    def _build_rule(self, **props: Any) -> events.Rule:
        """Invokes finish for executions that no Catch sees: timed out, aborted or over a limit."""
        entry = entry_of(self.finish)
        # EventBridge invokes it asynchronously: Lambda tries three times, then keeps the event.
        entry.configure_async_invoke(on_failure=destinations.SqsDestination(self.dead_letters))
        defaults: dict[str, Any] = {
            "event_pattern": events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [self.state_machine.state_machine_arn],
                    "status": ["FAILED", "TIMED_OUT", "ABORTED"],
                },
            ),
            # And EventBridge tries to reach Lambda for 24 hours.
            "targets": [targets.LambdaFunction(entry, dead_letter_queue=self.dead_letters)],
        }
        return events.Rule(self, "EndedBadly", **{**defaults, **props})

    def _build_dead_letters(self, **props: Any) -> sqs.Queue:
        defaults: dict[str, Any] = {"retention_period": Duration.days(14), "enforce_ssl": True}
        return sqs.Queue(self, "DeadLetters", **{**defaults, **props})

    def _acknowledge(self) -> None:
        acknowledge_inline_policies(self.state_machine)
        acknowledge_dead_letters(self.dead_letters)
        acknowledge(
            self.state_machine,
            rules=["AwsSolutions-SF1"],
            reason="Errors are logged; logging every event would cost more than the execution.",
        )
        acknowledge(
            self.state_machine,
            rules=["AwsSolutions-IAM5[Resource::*]"],
            reason="Log delivery and X-Ray support no resource but *.",
        )
        functions = [logical_id(step) for step in (self.split, self.finish, *self.batches)]
        acknowledge_wildcards(
            self,
            resources=[f"<{function}.Arn>:*" for function in functions],
            reason="The CDK grants the invocation of a function and of all its versions.",
        )
        arn = {"Ref": logical_id(self.state_machine)}
        name = json.dumps({"Fn::Select": [6, {"Fn::Split": [":", arn]}]}, separators=(",", ":"))
        executions = f"{arn_prefix(self, 'states')}:execution:{name}"
        acknowledge_wildcards(
            self,
            resources=[f"{executions}:*", f"{executions}/*:*"],
            reason="Executions are named at run time; all belong to this state machine.",
        )


def _named(state: str, pool: str | None) -> str:
    """The name of a state: that of a pool's states ends with the pool's name."""
    return state if pool is None else f"{state}-{pool}"


def _retried(state: tasks.LambdaInvoke, retriers: list[dict[str, Any]]) -> tasks.LambdaInvoke:
    for each in retriers:
        state.add_retry(**each)
    return state
