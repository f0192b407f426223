"""S3: inputs and results that are too large for a row.

May import `model` and, for payloads stored in rows of their own, `aws.dynamodb`.
"""
