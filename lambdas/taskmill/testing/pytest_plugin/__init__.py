"""The pytest plugin: the fixture `cloud`, an `InProcessCloud` with the task modules of the project.

pytest loads it wherever taskmill is installed, so its import costs next to nothing.
"""

from taskmill.testing.pytest_plugin.plugin import (
    cloud,
    pytest_addoption,
    pytest_load_initial_conftests,
)

__all__ = ["cloud", "pytest_addoption", "pytest_load_initial_conftests"]
