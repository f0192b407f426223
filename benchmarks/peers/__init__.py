"""The same tasks through taskmill's consumer, through Celery and through bare boto3."""
