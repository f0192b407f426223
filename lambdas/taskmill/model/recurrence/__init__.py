"""When a schedule fires: cron and rate expressions of EventBridge Scheduler, in a time zone."""
