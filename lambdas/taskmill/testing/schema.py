"""The tasks table as the stack creates it; a test compares it with the template."""

from __future__ import annotations

from typing import Any

_KEYS_ONLY = {"ProjectionType": "KEYS_ONLY"}

TABLE_SCHEMA: dict[str, Any] = {
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
        {"AttributeName": "parent", "AttributeType": "S"},
        {"AttributeName": "code", "AttributeType": "S"},
        {"AttributeName": "attention", "AttributeType": "S"},
        {"AttributeName": "updatedAt", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "children",
            "KeySchema": [
                {"AttributeName": "parent", "KeyType": "HASH"},
                {"AttributeName": "code", "KeyType": "RANGE"},
            ],
            "Projection": _KEYS_ONLY,
        },
        {
            "IndexName": "attention",
            "KeySchema": [
                {"AttributeName": "attention", "KeyType": "HASH"},
                {"AttributeName": "updatedAt", "KeyType": "RANGE"},
            ],
            "Projection": {
                "ProjectionType": "INCLUDE",
                "NonKeyAttributes": ["name", "fingerprint", "errorText"],
            },
        },
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}
