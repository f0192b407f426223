"""What libraries make anew for each client and each command line: here, once per process.

Nothing that tests look at differs. Without it, hundreds of tests read AWS's descriptions of its
services from disk, and build the tree of all commands for each command line.
"""

import inspect
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import botocore.hooks
import botocore.loaders
import typer.testing


def share() -> None:
    """To be called once, before the first test."""
    typer.testing._get_command = cache(typer.testing._get_command)
    _share_models()
    _share_event_names()
    botocore.hooks.accepts_kwargs = _accepts_kwargs


def _share_models() -> None:
    """The files of a description of a service; botocore changes none after it has read it."""
    load = botocore.loaders.JSONFileLoader.load_file
    loader = botocore.loaders.JSONFileLoader()
    loaded: Callable[[str], Any] = cache(lambda path: load(loader, path))
    botocore.loaders.JSONFileLoader.load_file = lambda _, file_path: loaded(file_path)


def _share_event_names() -> None:
    """Which name of an event stands for which: of a list that is part of botocore."""
    names: dict[str, str] = {}
    aliaser = botocore.hooks.EventAliaser
    init = aliaser.__init__

    def shared(self: Any, *args: Any, **options: Any) -> None:
        init(self, *args, **options)
        self._alias_name_cache = names

    aliaser.__init__ = shared


def _accepts_kwargs(function: Any) -> Any:
    """Of functions of a module only: others are methods of clients, which would stay alive."""
    if isinstance(function, FunctionType) and "<locals>" not in function.__qualname__:
        return _asked_once(function)
    return inspect.getfullargspec(function)[2]


@cache
def _asked_once(function: Any) -> Any:
    return inspect.getfullargspec(function)[2]
