"""Run something again whenever files of a project change."""

from collections.abc import Callable
from pathlib import Path

from taskmill_local.errors import LocalCloudError
from taskmill_local.report import Report

_OWN_FOLDERS = (".build", ".local", "cdk.out")
GATHER_MS = 200  # changes within this time are one


def watch(root: Path, again: Callable[[], object], report: Report) -> None:
    """Call ``again`` after each change below ``root``, until Ctrl-C; its errors are reported.

    Raises:
        LocalCloudError: The package watchfiles is not installed.
        KeyboardInterrupt: Ctrl-C.
    """
    try:
        import watchfiles
    except ImportError:
        raise LocalCloudError("--watch needs watchfiles: pip install watchfiles") from None

    class OfProject(watchfiles.DefaultFilter):
        ignore_dirs = (*watchfiles.DefaultFilter.ignore_dirs, *_OWN_FOLDERS)

    report("watching for changes; Ctrl-C ends that, and the local cloud stays up")
    for _ in watchfiles.watch(root, watch_filter=OfProject(), debounce=GATHER_MS, step=50):
        try:
            again()
        except LocalCloudError as error:
            report(str(error))
