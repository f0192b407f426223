"""Dependency wiring: builds the objects of each Lambda function from settings and AWS clients.

In a Lambda function, only this package reads the environment and makes AWS clients (`cli` and
`client` read settings of their own). It may import everything except the entry points (`http`,
`cli`, `handlers`, `testing`), which import it.
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
