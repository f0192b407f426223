"""Auto scaling of the container workers by the messages on their queues."""

from collections.abc import Sequence
from typing import Any, cast

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_cloudwatch_actions import ApplicationScalingAction
from constructs import Construct

_MINUTE = Duration.minutes(1)
_MAXIMUM = cloudwatch.Stats.MAXIMUM
_IDLE_MINUTES = 10
_Policy = autoscaling.CfnScalingPolicy
_Metrics = dict[str, cloudwatch.Metric]


class ContainerScaling(Construct):
    """Auto scaling of a Fargate service: out by messages per container, in when there is no work.

    Args:
        service: The service of the containers.
        queue: Its messages count while they are visible and while they are in flight.
        more_queues: Queues that other consumers drain as well: for scaling out, only their visible
            messages count.
        min_containers: Lower limit, which the service returns to when there is no work.
        max_containers: Upper limit.
        messages_per_container: Messages for each container that scaling aims at.
        interrupt: Whether to scale in as well while some containers still have work.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service: ecs.FargateService,
        queue: sqs.Queue,
        more_queues: Sequence[sqs.Queue],
        min_containers: int,
        max_containers: int,
        messages_per_container: int,
        interrupt: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        queues = (queue, *more_queues)
        waiting = {f"waiting{number}": _waiting(each) for number, each in enumerate(queues)}
        working = {f"working{number}": _working(each) for number, each in enumerate(queues)}
        self.target = _target(service, min_containers, max_containers)
        self.tracking = self._build_tracking(
            {**waiting, "working0": working["working0"]},
            _running(service),
            messages_per_container,
            disable_scale_in=not interrupt,
        )
        self.rest = self._build_rest(min_containers)
        self.no_work = self._build_no_work({**waiting, **working})

    def _build_tracking(
        self,
        messages: _Metrics,
        containers: cloudwatch.Metric,
        messages_per_container: int,
        *,
        disable_scale_in: bool,
        **props: Any,
    ) -> _Policy:
        """Target tracking of a math expression, which the CDK's own construct does not support.

        While no container runs, a single message exceeds the target, so that the first one starts.
        """
        first = messages_per_container + 1
        expressions = {
            "messages": " + ".join(messages),
            "running": "FILL(containers, 0)",
            "load": f"IF(running < 1, messages * {first}, messages / (running + (running < 1)))",
        }
        measured = {**messages, "containers": containers}
        metrics = [
            *(_measured(name, metric) for name, metric in measured.items()),
            *(_computed(name, text) for name, text in expressions.items()),
        ]
        tracking = _Policy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=messages_per_container,
            scale_out_cooldown=60,
            scale_in_cooldown=300,
            disable_scale_in=disable_scale_in,
            customized_metric_specification=_Policy.CustomizedMetricSpecificationProperty(
                metrics=metrics
            ),
        )
        defaults: dict[str, Any] = {
            "policy_name": "messages-per-container",  # required; nothing else scales this target
            "policy_type": "TargetTrackingScaling",
            "scaling_target_id": self.target.scalable_target_id,
            "target_tracking_scaling_policy_configuration": tracking,
        }
        return _Policy(self, "Tracking", **{**defaults, **props})

    def _build_rest(self, min_containers: int, **props: Any) -> autoscaling.StepScalingAction:
        defaults: dict[str, Any] = {
            "scaling_target": self.target,
            "adjustment_type": autoscaling.AdjustmentType.EXACT_CAPACITY,
        }
        rest = autoscaling.StepScalingAction(self, "Rest", **{**defaults, **props})
        rest.add_adjustment(adjustment=min_containers, upper_bound=0)
        return rest

    def _build_no_work(self, messages: _Metrics, **props: Any) -> cloudwatch.Alarm:
        """An alarm: for 10 minutes, no message has been visible or in flight."""
        work = cloudwatch.MathExpression(
            expression=" + ".join(messages), using_metrics=messages, period=_MINUTE
        )
        defaults: dict[str, Any] = {
            "alarm_description": "Containers have had no work for 10 minutes: not a fault",
            "threshold": 1,
            "comparison_operator": cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            "evaluation_periods": _IDLE_MINUTES,
        }
        alarm = work.create_alarm(self, "NoWork", **{**defaults, **props})
        alarm.add_alarm_action(ApplicationScalingAction(self.rest))
        return alarm


def _target(
    service: ecs.FargateService, min_containers: int, max_containers: int
) -> autoscaling.ScalableTarget:
    scaling = service.auto_scale_task_count(
        min_capacity=min_containers, max_capacity=max_containers
    )
    return cast(autoscaling.ScalableTarget, scaling.node.find_child("Target"))


def _running(service: ecs.FargateService) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="ECS/ContainerInsights",
        metric_name="RunningTaskCount",
        dimensions_map={
            "ClusterName": service.cluster.cluster_name,
            "ServiceName": service.service_name,
        },
        statistic=_MAXIMUM,
    )


def _waiting(queue: sqs.Queue) -> cloudwatch.Metric:
    return queue.metric_approximate_number_of_messages_visible(period=_MINUTE, statistic=_MAXIMUM)


def _working(queue: sqs.Queue) -> cloudwatch.Metric:
    return queue.metric_approximate_number_of_messages_not_visible(
        period=_MINUTE, statistic=_MAXIMUM
    )


def _measured(
    name: str, metric: cloudwatch.Metric
) -> _Policy.TargetTrackingMetricDataQueryProperty:
    dimensions = [
        _Policy.TargetTrackingMetricDimensionProperty(name=key, value=value)
        for key, value in (metric.dimensions or {}).items()
    ]
    return _Policy.TargetTrackingMetricDataQueryProperty(
        id=name,
        return_data=False,
        metric_stat=_Policy.TargetTrackingMetricStatProperty(
            metric=_Policy.TargetTrackingMetricProperty(
                namespace=metric.namespace, metric_name=metric.metric_name, dimensions=dimensions
            ),
            stat=metric.statistic,
        ),
    )


def _computed(name: str, expression: str) -> _Policy.TargetTrackingMetricDataQueryProperty:
    return _Policy.TargetTrackingMetricDataQueryProperty(
        id=name, expression=expression, return_data=name == "load"
    )
