"""The code of the functions as a layer, for functions of the user's that have code of their own."""

import shutil
from pathlib import Path

from taskmill_cdk.build_folder import BuildFolder


def stage_code_layer(code: Path, build_folder: Path) -> Path:
    """Copy staged code to where a layer has its modules: below ``python``.

    Args:
        code: What ``stage_function_code`` has staged; its name identifies its content.
    """

    def make(folder: Path) -> None:
        shutil.copytree(code, folder / "python")

    return BuildFolder(build_folder).provide(f"{code.name}-layer", make)
