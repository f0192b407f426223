"""As many containers as the work asks for."""

from collections.abc import Sequence
from typing import cast

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
    """Adds containers by the messages there are for each; takes them away when there is no work.

    Args:
        service: Of the containers.
        queue: Its messages count while they wait and while they are worked on.
        more_queues: Others drain these, too: only what waits there counts for more containers.
        messages_per_container: How many of those are right for one.
        interrupt: Whether to take containers away while others have work.
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
    ) -> _Policy:
        """Target tracking by an expression, which the construct of the CDK cannot do.

        Where no container runs, one message is more than the target: so the first one starts.
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
        return _Policy(
            self,
            "Tracking",
            policy_name="messages-per-container",  # it must have one, and its target is ours alone
            policy_type="TargetTrackingScaling",
            scaling_target_id=self.target.scalable_target_id,
            target_tracking_scaling_policy_configuration=tracking,
        )

    def _build_rest(self, min_containers: int) -> autoscaling.StepScalingAction:
        rest = autoscaling.StepScalingAction(
            self,
            "Rest",
            scaling_target=self.target,
            adjustment_type=autoscaling.AdjustmentType.EXACT_CAPACITY,
        )
        rest.add_adjustment(adjustment=min_containers, upper_bound=0)
        return rest

    def _build_no_work(self, messages: _Metrics) -> cloudwatch.Alarm:
        """Nothing has waited or been worked on for 10 minutes."""
        work = cloudwatch.MathExpression(
            expression=" + ".join(messages), using_metrics=messages, period=_MINUTE
        )
        alarm = work.create_alarm(
            self,
            "NoWork",
            alarm_description="Containers have had no work for 10 minutes: not a fault",
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=_IDLE_MINUTES,
        )
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
