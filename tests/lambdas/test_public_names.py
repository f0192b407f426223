"""What `taskmill` itself offers, and when it is imported."""

import sys
from subprocess import run

import pytest

import taskmill


def test_every_public_name_is_there() -> None:
    assert all(getattr(taskmill, name) is not None for name in taskmill.__all__)
    assert set(taskmill.__all__) <= set(dir(taskmill))


def test_they_can_be_imported_all_at_once() -> None:
    program = "from taskmill import *; assert task.__name__ and Retry() and current_service"

    run([sys.executable, "-c", program], check=True)


def test_another_name_is_refused_as_of_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'taskmill' has no attribute 'taks'"):
        taskmill.taks  # noqa: B018  # the look is what is tested
    with pytest.raises(ImportError, match="cannot import name 'taks'"):
        from taskmill import taks  # noqa: F401
