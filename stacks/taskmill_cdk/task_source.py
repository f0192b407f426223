"""``TaskSource``: the folder and the modules of the user's task functions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


class TaskSourceError(ValueError):
    """A ``TaskSource`` names a folder, module or factory that cannot be used; see the message."""


@dataclass(frozen=True, kw_only=True)
class TaskSource:
    """A folder of task functions and the modules in it that register them.

    The content of the folder is deployed at the top level: ``tasks/orders.py`` is module
    ``orders``. Its ``requirements.txt``, if there is one, is installed into the runtime layer.

    Args:
        folder: Root of the user's modules.
        modules: Dotted names, relative to ``folder``, of the modules to import at start.
        factory: Optional ``module:Class`` of the user's own ``TaskEventFactory``.

    Raises:
        TaskSourceError: The folder, a module or the factory cannot be used.
    """

    folder: Path | str
    modules: Sequence[str] = field(default_factory=tuple)
    factory: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.folder, str | Path):
            raise TaskSourceError(f"folder is {self.folder!r}; give a path")
        if isinstance(self.modules, str) or not isinstance(self.modules, Sequence):
            raise TaskSourceError(f"modules is {self.modules!r}; give a list of their names")
        self._check_folder()
        self.check_modules(self.modules)
        if self.factory is not None:
            self._check_factory(self.factory)

    @property
    def path(self) -> Path:
        return Path(self.folder).resolve()

    @property
    def requirements(self) -> Path | None:
        """The user's ``requirements.txt``, if there is one."""
        file = self.path / "requirements.txt"
        return file if file.is_file() else None

    def check_modules(self, modules: Sequence[str]) -> None:
        """Refuse modules that are not in the folder.

        Raises:
            TaskSourceError: One is not; the message names it.
        """
        for module in modules:
            self._check_module(module)

    def _check_folder(self) -> None:
        if not self.path.is_dir():
            raise TaskSourceError(f"the tasks folder {self.path} does not exist")
        if (self.path / "taskmill").exists() or (self.path / "taskmill.py").exists():
            raise TaskSourceError(f"{self.path} holds a module taskmill: it would hide the runtime")

    def _check_module(self, module: str) -> None:
        if not isinstance(module, str):
            raise TaskSourceError(f"modules has {module!r}; give the name of a module as text")
        base = self.path.joinpath(*module.split("."))
        if base.with_name(f"{base.name}.py").is_file() or (base / "__init__.py").is_file():
            return
        known = sorted(file.stem for file in self.path.glob("*.py"))
        raise TaskSourceError(
            f"there is no module {module!r} in {self.path}; it holds {', '.join(known) or 'none'}"
        )

    def _check_factory(self, factory: str) -> None:
        if not isinstance(factory, str):
            raise TaskSourceError(f"the factory {factory!r} is not of the form module:Class")
        module, colon, class_name = factory.partition(":")
        if not colon or not class_name.isidentifier():
            raise TaskSourceError(f"the factory {factory!r} is not of the form module:Class")
        self._check_module(module)
