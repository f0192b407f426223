"""``python -m taskmill_local prepare | up | down | status``."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from taskmill_local.cloud import DEFAULT_APP, DEFAULT_PORT, LocalCloud
from taskmill_local.errors import LocalCloudError
from taskmill_local.report import printable

INTERRUPTED = 130  # Ctrl-C, as shells have it
Command = Callable[[LocalCloud, argparse.Namespace], int]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 is success, 1 a failure or, for ``status``, that no local cloud runs."""
    options = _parser().parse_args(arguments)
    cloud = LocalCloud(Path.cwd(), state_dir=options.state_dir, report=_say)
    try:
        return int(options.run(cloud, options))
    except LocalCloudError as error:
        print(printable(str(error)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


def _prepare(cloud: LocalCloud, _: argparse.Namespace) -> int:
    cloud.prepare()
    return 0


def _up(cloud: LocalCloud, options: argparse.Namespace) -> int:
    def up() -> None:
        outputs = cloud.up(
            app=options.app,
            port=options.port,
            enforce_iam=options.enforce_iam or None,
            stack=options.stack,
            full=options.full,
        )
        if "ApiUrl" in outputs:
            _say(f"API: {outputs['ApiUrl']}")
        _say(f"All outputs: {cloud.outputs_file}")

    if options.watch:
        cloud.watch(up)
    else:
        up()
    return 0


def _down(cloud: LocalCloud, _: argparse.Namespace) -> int:
    _say("The local cloud is stopped." if cloud.down() else "No local cloud runs here.")
    return 0


def _status(cloud: LocalCloud, _: argparse.Namespace) -> int:
    status = cloud.status()
    if not status.running:
        _say("No local cloud runs here.")
        return 1
    _say(f"The local cloud runs on port {status.port} (pid {status.pid}).")
    for name, value in status.outputs.items():
        _say(f"  {name}: {value}")
    if not status.outputs:
        _say("  Nothing is deployed to it.")
    return 0


def _say(line: str) -> None:
    print(printable(line), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="taskmill_local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, run: Command, purpose: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=purpose)
        command.add_argument("--state-dir", type=Path, help="by default .local in this folder")
        command.set_defaults(run=run)
        return command

    add("prepare", _prepare, "install what up needs")
    up = add("up", _up, "start the local cloud if needed, and deploy the app of this folder")
    up.add_argument("--port", type=int, help=f"by default the running one's, else {DEFAULT_PORT}")
    up.add_argument("--app", default=DEFAULT_APP, help="the command that synthesises the app")
    up.add_argument("--enforce-iam", action="store_true", help="check signatures and policies")
    up.add_argument("--stack", help="of several stacks with tasks, the one that clients use")
    up.add_argument("--full", action="store_true", help="leave it to the CDK, whatever has changed")
    up.add_argument("--watch", action="store_true", help="do so again whenever a file changes")
    add("down", _down, "stop the local cloud; its data is lost")
    add("status", _status, "show whether it runs, and the stack outputs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
