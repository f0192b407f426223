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
    ``orders``. Its ``requirements.txt``, if there is one, is installed into the runtime layer;
    paths in it are relative to it. Left out are hidden files, virtual environments, what git
    ignores, ``node_modules``, and what Python, build tools and the CDK have made.

    Args:
        folder: Root of the user's modules.
        modules: Dotted names, relative to ``folder``, of the modules to import at start.
        exclude: What else to leave out: patterns as in a ``.gitignore`` of the folder. One that
            begins with ``!`` brings back what git ignores.
        packages: The packages and modules of the folder to deploy, besides those of ``modules``;
            None: all of it.
        factory: Optional ``module:Class`` of the user's own ``TaskEventFactory``.

    Raises:
        TaskSourceError: The folder, a module or the factory cannot be used.
    """

    folder: Path | str
    modules: Sequence[str] = field(default_factory=tuple)
    factory: str | None = None
    exclude: Sequence[str] = field(default_factory=tuple)
    packages: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.folder, str | Path):
            raise TaskSourceError(f"folder is {self.folder!r}; give a path")
        if isinstance(self.modules, str) or not isinstance(self.modules, Sequence):
            raise TaskSourceError(f"modules is {self.modules!r}; give a list of their names")
        for name in ("exclude", "packages"):
            given = getattr(self, name)
            if isinstance(given, str) or not isinstance(given or (), Sequence):
                raise TaskSourceError(f"{name} is {given!r}; give a list of texts")
        self._check_folder()
        self._check_packages()
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

    @property
    def chosen(self) -> list[str] | None:
        """The entries of the folder to deploy, without ``.py``; None: all."""
        if self.packages is None:
            return None
        factory = [self.factory.partition(":")[0]] if self.factory else []
        return [*self.packages, *(each.partition(".")[0] for each in (*self.modules, *factory))]

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

    def _check_packages(self) -> None:
        for name in self.packages or ():
            if not any((self.path / each).exists() for each in (name, f"{name}.py")):
                known = ", ".join(sorted(each.stem for each in self.path.iterdir()))
                raise TaskSourceError(f"there is no {name!r} in {self.path}; it holds {known}")

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
