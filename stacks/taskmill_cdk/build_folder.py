"""The build folder: a cache on disk for what a synthesis builds, such as layers and code."""

import tempfile
from collections.abc import Callable
from pathlib import Path

DEFAULT_BUILD_FOLDER = Path(".build")


class BuildFolder:
    """A cache of built folders. The name of an entry identifies its inputs, usually by a hash.

    Args:
        path: Created when first needed, with a ``.gitignore`` that covers all its content.
    """

    def __init__(self, path: Path = DEFAULT_BUILD_FOLDER) -> None:
        self.path = path.resolve()

    def provide(self, name: str, make: Callable[[Path], None]) -> Path:
        """The entry of this name; if there is none yet, ``make`` fills it.

        An entry appears complete or not at all, also when two syntheses build it concurrently.
        """
        finished = self.path / name
        if finished.exists():
            return finished
        self.path.mkdir(parents=True, exist_ok=True)
        (self.path / ".gitignore").write_text("*\n")
        with tempfile.TemporaryDirectory(dir=self.path, ignore_cleanup_errors=True) as scratch:
            unfinished = Path(scratch, name)
            unfinished.mkdir()
            make(unfinished)
            _rename(unfinished, finished)
        return finished


def _rename(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError:
        if not target.is_dir():  # another synthesis has built the same entry meanwhile
            raise
