"""moto's `mock_aws`, without what answers the library requests, which nobody here uses.

Those are 1,288 responses, made at each start. A call by way of requests would fail.
"""

from moto import mock_aws
from moto.core import models

__all__ = ["mock_aws"]

models.RESPONSES_METHODS.clear()
