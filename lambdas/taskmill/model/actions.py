"""The actions that notifications and alarms name."""

TASK_STATUS = "task-status"
SUBTASK_STATUS = "sub-task-status"
TASK_PROGRESS = "task-progress"
ALARM = "sfn-alarm"
