"""What all tests share."""

import os

os.environ.setdefault("POWERTOOLS_SERVICE_NAME", "taskmill")
