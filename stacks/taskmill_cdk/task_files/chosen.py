"""The files of a tasks folder that go into the functions."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from taskmill_cdk.task_files.git_rules import GitRules
from taskmill_cdk.task_files.walk import walk


def chosen_files(
    folder: Path,
    *,
    exclude: Sequence[str] = (),
    packages: Sequence[str] | None = None,
    outside: Collection[Path] = (),
) -> Iterator[tuple[str, Path]]:
    """The files to deploy, by their names relative to the folder.

    Hidden files, virtual environments, and what build tools, Python and the CDK have made are left
    out, and so is whatever git ignores.

    Args:
        folder: The root of the user's modules.
        exclude: Patterns as in a ``.gitignore`` of the folder, after those of git's own; so one
            that begins with ``!`` brings back what they leave out.
        packages: Names of the packages, modules and other entries of the folder to deploy; None:
            all of them.
        outside: Folders to leave out, such as the output of the CDK app.
    """
    rules = GitRules(folder, exclude)
    out = {each.resolve() for each in outside}
    wanted = None if packages is None else set(packages)

    def leave_out(path: Path, *, is_folder: bool) -> bool:
        if path.parent == folder and wanted is not None and path.name not in wanted:
            return path.name.removesuffix(".py") not in wanted
        return (is_folder and path in out) or rules.ignore(path, is_folder=is_folder)

    return walk(folder, leave_out)
