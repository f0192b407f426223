"""Tasks that events start: what EventBridge, SNS or a queue of the user's delivers to a worker."""
