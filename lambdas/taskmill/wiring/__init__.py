"""Puts the parts together: settings, clients, and what each function is made of.

The only package that reads the environment and makes boto3 clients at run time. It may import
everything but the doors (`http`, `cli`, `handlers`, `testing`), which start here.
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
