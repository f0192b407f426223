"""Wheels of projects on this machine, which requirements name by their folders."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from taskmill_cdk.requirements.reading import Requirements, RequirementsError

_PURE = "-none-any.whl"


def plain_file(found: Requirements, scratch: Path, run: Callable[[Sequence[str]], None]) -> Path:
    """A requirements file with the same meaning, without paths of projects: they are built.

    Args:
        found: What was read.
        scratch: A folder for the file and the wheels.
        run: Runs uv with arguments; raises if it fails.

    Raises:
        RequirementsError: A project gives a wheel for this machine's platform only.
    """
    scratch.mkdir(exist_ok=True)
    wheels = [*found.wheels, *_built(found.projects, scratch, run)]
    file = scratch / "requirements.txt"
    file.write_text("".join(f"{each}\n" for each in (*found.lines, *wheels)))
    return file


def _built(
    projects: Sequence[Path], scratch: Path, run: Callable[[Sequence[str]], None]
) -> Iterator[Path]:
    for number, project in enumerate(projects):
        into = scratch / f"wheel-{number}"
        run(["build", "--quiet", "--wheel", "--out-dir", str(into), str(project)])
        for wheel in into.glob("*.whl"):
            if not wheel.name.endswith(_PURE):
                raise RequirementsError(
                    f"{project} gives {wheel.name}, a wheel for this machine's platform only: build"
                    " it for the functions' platform, and name that file instead"
                )
            yield wheel
