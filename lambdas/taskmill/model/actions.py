"""Values of the `action` field in SNS notifications and alarms."""

TASK_STATUS = "task-status"
SUBTASK_STATUS = "sub-task-status"
TASK_PROGRESS = "task-progress"
ALARM = "sfn-alarm"
