"""A folder for what synth makes: named by content, made once, and never in version control."""

import tempfile
from collections.abc import Callable
from pathlib import Path

DEFAULT_BUILD_FOLDER = Path(".build")


class BuildFolder:
    """Finished folders, found again by a name that tells what they were made from.

    Args:
        path: Made when first needed, with a ``.gitignore`` for all that is in it.
    """

    def __init__(self, path: Path = DEFAULT_BUILD_FOLDER) -> None:
        self.path = path.resolve()

    def provide(self, name: str, make: Callable[[Path], None]) -> Path:
        """The folder of this name, filled by ``make`` unless that was done before.

        It appears whole or not at all, also when two synths build it at the same time.
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
        if not target.is_dir():  # else another synth was faster and has made the same
            raise
