"""One deploy to a running local cloud: of what has changed, by the shortest way that is safe."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from botocore.exceptions import BotoCoreError

from taskmill_local.cdk import CdkCli
from taskmill_local.changes.assembly import folder_of, functions_of
from taskmill_local.changes.compare import (
    EVERYTHING,
    Change,
    change_since,
    code_hashes,
    project_of,
    record_of,
)
from taskmill_local.changes.fingerprint import fingerprint
from taskmill_local.changes.record import Record, read_record, write_record
from taskmill_local.changes.swap import stage, update_code
from taskmill_local.changes.types_there import TypesThere, types_there, workers_among
from taskmill_local.deploy import deploy
from taskmill_local.emulator import RunningEmulator
from taskmill_local.errors import LocalCloudError
from taskmill_local.outputs import Stacks
from taskmill_local.report import Report


@dataclass(frozen=True)
class Deployed:
    """What a deploy has led to.

    Attributes:
        stacks: The outputs of each stack; None: they are those of the deploy before.
        types: The task types of each stack, or why its modules cannot be imported.
    """

    stacks: Stacks | None
    types: list[TypesThere]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The deploys of one app to one running emulator.

    Args:
        python: The interpreter that runs the functions.
        root: Root folder of the project.
    """

    cdk: CdkCli
    app: str
    context: Mapping[str, str]
    running: RunningEmulator
    python: Path
    root: Path
    state_dir: Path
    report: Report

    def bring_up_to_date(self, *, full: bool) -> Deployed:
        """Deploy what has changed.

        Args:
            full: Leave it to the CDK, whatever has changed.

        Raises:
            LocalCloudError: A step failed, or changed code cannot be imported and was not deployed.
        """
        try:
            before = read_record(self._record_file)
            change = EVERYTHING if full else self._change_since(before)
            if before is None or change.everything:
                return self._deploy(before)
            if not change.assets:
                self.report("nothing has changed since the last deploy")
                return Deployed(None, self._types(before))
            return self._swap(before, change.assets) or self._deploy(before)
        except BotoCoreError as error:
            raise LocalCloudError(
                f"The local cloud on port {self.running.port} does not answer any more ({error})."
                " Was it stopped? Run `local up` again."
            ) from error

    def _change_since(self, before: Record | None) -> Change:
        if not self.cdk.app_dir.is_relative_to(self.root):
            return EVERYTHING
        return change_since(
            before, self.root, emulator=self._emulator, fingerprint=self._fingerprint
        )

    def _swap(self, before: Record, assets: Iterable[str]) -> Deployed | None:
        """Swap in the changed code; None if the task types are not those of the last deploy.

        Raises:
            LocalCloudError: The changed modules cannot be imported; the functions stay as they are.
        """
        code = {**before.code, **{each: code_hashes(before.sources[each]) for each in assets}}
        for each in assets:
            original = folder_of(self._assembly, each)
            stage(original, before.sources[each], self._staged(each))
        after = replace(before, code=code, swapped=True)
        types = self._types(after)
        refuse_broken(types, "the functions keep the code that they had")
        if before.types is None or before.types != _by_stack(types):
            self.report("other task types than before, so that the CDK has to look at the stack")
            return None
        functions = functions_of(self._assembly)
        self.report("only code has changed: giving it to the functions")
        for each in assets:
            mine = [function for function in functions if function.asset == each]
            update_code(mine, self._staged(each), self.running.port)
        write_record(self._record_file, after)
        return Deployed(None, types)

    def _deploy(self, before: Record | None) -> Deployed:
        swapped = before is not None and before.swapped and before.emulator == self._emulator
        if before is not None:  # should this deploy fail, the next one is a full one, too
            write_record(self._record_file, replace(before, fingerprint=""))
        project = project_of(self.root)
        stacks = deploy(
            self.cdk,
            self.app,
            state_dir=self.state_dir,
            context=self.context,
            report=self.report,
        )
        after = record_of(
            self.root,
            project,
            self._assembly,
            emulator=self._emulator,
            fingerprint=self._fingerprint,
        )
        if swapped:  # the stack's template says nothing of it, so that the CDK may see no change
            self._give_back()
        types = self._types(after)
        broken = any(each.error for each in types)
        write_record(self._record_file, replace(after, types=None if broken else _by_stack(types)))
        return Deployed(stacks, types)

    def _give_back(self) -> None:
        functions = functions_of(self._assembly)
        for asset in {function.asset for function in functions}:
            mine = [function for function in functions if function.asset == asset]
            update_code(mine, folder_of(self._assembly, asset), self.running.port)

    def _types(self, record: Record) -> list[TypesThere]:
        found = []
        for each in workers_among(functions_of(self._assembly)):
            swapped = record.swapped and self._staged(each.asset).is_dir()
            code = self._staged(each.asset) if swapped else folder_of(self._assembly, each.asset)
            sources = record.sources.get(each.asset, {})
            found.append(types_there(self.python, each, code, sources, self.running.port))
        return found

    def _staged(self, asset: str) -> Path:
        return self.state_dir / "code" / asset

    @property
    def _record_file(self) -> Path:
        return self.state_dir / "deployed.json"

    @property
    def _assembly(self) -> Path:
        return self.state_dir / "cdk.out"

    @property
    def _emulator(self) -> tuple[int, float]:
        return self.running.pid, self.running.created

    @property
    def _fingerprint(self) -> str:
        return fingerprint(self.app, self.cdk.app_dir, self.context)


def refuse_broken(types: Iterable[TypesThere], consequence: str) -> None:
    """Refuse task modules that cannot be imported.

    Raises:
        LocalCloudError: Some cannot be; the message has place and error.
    """
    broken = [each for each in types if each.error is not None]
    if broken:
        lines = "\n".join(f"    {each.told}" for each in broken)
        raise LocalCloudError(f"The task modules cannot be imported; {consequence}:\n{lines}")


def _by_stack(types: Iterable[TypesThere]) -> dict[str, dict[str, object]]:
    return {each.stack: dict(each.types) for each in types}
