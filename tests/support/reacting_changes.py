"""The filters of the dispatcher's event source; a test holds them against the construct."""

from typing import Any

FILTERS: list[dict[str, Any]] = [
    {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"NewImage": {"row": {"S": ["TASK", "SFN_TASK"]}}},
    },
    {
        "eventName": ["MODIFY"],
        "dynamodb": {"NewImage": {"row": {"S": ["SUBTASK"]}, "notify": {"S": ["each"]}}},
    },
    {
        "eventName": ["INSERT"],
        "dynamodb": {
            "NewImage": {
                "row": {"S": ["SUBTASK"]},
                "notify": {"S": ["each"]},
                "status": {"S": ["FAILED"]},
            }
        },
    },
    {
        "eventName": ["MODIFY"],
        "dynamodb": {
            "NewImage": {"row": {"S": ["BATCH"]}, "status": {"S": ["COMPLETED"]}},
            "OldImage": {"status": {"S": ["STARTED"]}},
        },
    },
    {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"NewImage": {"row": {"S": ["SCHEDULE"]}}},
    },
]
