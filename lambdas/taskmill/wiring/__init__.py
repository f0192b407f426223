"""Dependency wiring: builds the objects of each Lambda function from settings and boto3 clients.

The only package that reads the environment and makes boto3 clients at run time. It may import
everything except the entry points (`http`, `cli`, `handlers`, `testing`), which import it.
"""

from taskmill.wiring.process import current, forget, settings, use, wired
from taskmill.wiring.settings import InvalidSetting, MissingSetting, Settings
from taskmill.wiring.wiring import Wiring

__all__ = [
    "InvalidSetting",
    "MissingSetting",
    "Settings",
    "Wiring",
    "current",
    "forget",
    "settings",
    "use",
    "wired",
]
