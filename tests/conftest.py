"""What all tests share."""

import os

os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "ERROR")  # a failing test shows what it asserts
os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "taskmill")
