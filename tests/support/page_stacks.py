"""Synthesises the stacks of the user guide's pages, in one process: the CDK takes seconds to start.

`python page_stacks.py FOLDER...`: a folder has the files of a page, its stack in `app.py`. The
templates go into its `out`; what went wrong, if anything, goes into its `report.txt`.
"""

import functools
import os
import runpy
import sys
import traceback
from pathlib import Path

import taskmill_cdk.bundled_node  # noqa: F401  before aws_cdk, which starts Node

# isort: split
import aws_cdk

App = aws_cdk.App


def run(folder: Path) -> None:
    os.chdir(folder)
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    # The CDK's process has the settings of its start: CDK_OUTDIR would be the same for all.
    aws_cdk.App = functools.partial(App, outdir=str(folder / "out"))  # type: ignore[assignment,misc]
    report = ""
    try:
        runpy.run_path("app.py", run_name="__main__")
    except (Exception, SystemExit):  # noqa: BLE001  # whatever a page raises is its report
        report = traceback.format_exc()
    (folder / "report.txt").write_text(report)
    sys.path.remove(str(folder))
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


if __name__ == "__main__":
    for each in sys.argv[1:]:
        run(Path(each).resolve())
