"""Deploy a CDK app to a running local cloud, and collect its stack outputs."""

import json
from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import ClientError

from taskmill_local.cdk import CdkCli
from taskmill_local.clients import aws_client
from taskmill_local.gaps import close_gaps
from taskmill_local.outputs import Stacks
from taskmill_local.report import Report


def deploy(
    cdk: CdkCli, app: str, *, state_dir: Path, context: Mapping[str, str], report: Report
) -> Stacks:
    """Synthesise an app, bootstrap a new local cloud, and deploy the stacks that have changed.

    Returns:
        The outputs of each stack.

    Raises:
        LocalCloudError: A command of the CDK failed.
    """
    assembly_dir = state_dir / "cdk.out"
    outputs_file = assembly_dir / "stack-outputs.json"
    # Synthesis and bootstrap run side by side, as each takes seconds.
    synth = cdk.synth(app, output_dir=assembly_dir, context={"local": "true", **context})
    try:
        if not _is_bootstrapped(cdk.port):
            report("bootstrapping the account for the CDK (once per start)")
            cdk.bootstrap().finish()
        report(f"synthesising with {app!r}")
        synth.finish()
    except BaseException:
        synth.stop()
        raise
    report("deploying")
    cdk.deploy(assembly_dir, outputs_file=outputs_file).finish()
    close_gaps(cdk.port, assembly_dir)
    return dict(json.loads(outputs_file.read_text())) if outputs_file.exists() else {}


def _is_bootstrapped(port: int) -> bool:
    try:
        aws_client("cloudformation", port).describe_stacks(StackName="CDKToolkit")
    except ClientError:
        return False
    return True
