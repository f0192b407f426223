"""Limits of AWS that a fan-out could meet, as AWS's own pages and service models state them."""

MB = 1024 * 1024
PAYLOAD_BYTES = 262_144  # Step Functions: input and output of every state and execution
HISTORY_EVENTS = 25_000  # Step Functions: of one execution
CHILD_EXECUTIONS = 10_000  # Step Functions: of a Distributed Map at once
EXECUTION_NAME = 80  # characters
CAUSE_BYTES = 32_768  # Step Functions: of an error's cause
LAMBDA_SECONDS = 900
LAMBDA_BYTES = 6 * 1024 * 1024  # of a function's answer
PARTITION_WRITES = 1_000  # DynamoDB: write units a second on one partition
PARTITION_READS = 3_000  # DynamoDB: read units a second on one partition
TABLE_WRITES = 40_000  # DynamoDB: write units a second, an account's quota for one table
NEW_TABLE_WRITES = 4_000  # DynamoDB: write units a second that a new on-demand table begins with
ITEM_BYTES = 400 * 1024
TRANSACTION_ACTIONS = 100
TRANSACTION_BYTES = 4 * 1024 * 1024
STATEMENTS = 25  # of a BatchExecuteStatement

# Ours.
MAX_BATCHES = 5_000
MAX_PAYLOAD_BYTES = 256 * 1024 * 1024  # a stack's default
EXECUTION_SECONDS = 7 * 86_400  # a stack's default
# Retries, as the workflow's definition has them.
HAND_BACKS = 2_000  # of a batch: invocations that end with subtasks left
BATCH_RETRIES = 5_000 + HAND_BACKS + 20  # refusals of Lambda, hand-backs, crashes
STEP_RETRIES = 4_000 + 20  # of split, and of finish
