"""What starts tasks without a Lambda function of the user's: rules, topics and queues."""

from taskmill_cdk.triggers.rule_target import TaskTarget
from taskmill_cdk.triggers.sources import TriggerSources
from taskmill_cdk.triggers.topic_subscription import TaskSubscription
from taskmill_cdk.triggers.uploads import upload_pattern

__all__ = ["TaskSubscription", "TaskTarget", "TriggerSources", "upload_pattern"]
