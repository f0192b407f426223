"""A CDK app onto a running local cloud, and what the deploy printed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from taskmill_local import environments, gaps
from taskmill_local.cdk import CdkCli
from taskmill_local.python_env import Report

Outputs = dict[str, str]


def deploy(
    cdk: CdkCli, app: str, *, state_dir: Path, context: Mapping[str, str], report: Report
) -> Outputs:
    """Synthesise, bootstrap if new, deploy; unchanged stacks are left alone.

    Returns:
        The outputs of all stacks, and how to reach them: see :func:`describe`.

    Raises:
        LocalCloudError: A command of the CDK failed.
    """
    assembly_dir = state_dir / "cdk.out"
    outputs_file = assembly_dir / "stack-outputs.json"
    # Neither needs the other, and each takes seconds. Leaving the block waits for the synthesis.
    synth = cdk.synth(app, output_dir=assembly_dir, context={"local": "true", **context})
    with synth.process:
        if not _is_bootstrapped(cdk.port):
            report("preparing the account for the CDK (once per start)")
            cdk.bootstrap().finish()
        report(f"synthesising with {app!r}")
        synth.finish()
    report("deploying")
    cdk.deploy(assembly_dir, outputs_file=outputs_file).finish()
    gaps.close(cdk.port, assembly_dir)
    stacks = json.loads(outputs_file.read_text()) if outputs_file.exists() else {}
    return describe(stacks, cdk.port)


def describe(stacks: Mapping[str, Mapping[str, str]], port: int) -> Outputs:
    """All stack outputs in one flat mapping, with what a client needs besides.

    ``ApiUrl`` is made anew from ``ApiId``: the stack's own names amazonaws.com.
    """
    outputs: dict[str, Any] = {}
    for stack_outputs in stacks.values():
        outputs.update(stack_outputs)
    endpoint_url = environments.endpoint_url(port)
    if "ApiId" in outputs:
        outputs["ApiUrl"] = f"{endpoint_url}/_aws/execute-api/{outputs['ApiId']}"
    return {
        **outputs,
        "StackName": next(iter(stacks), ""),
        "EndpointUrl": endpoint_url,
        "Region": environments.REGION,
        "AccessKeyId": environments.ACCESS_KEY_ID,
        "SecretAccessKey": environments.SECRET_ACCESS_KEY,
    }


def _is_bootstrapped(port: int) -> bool:
    try:
        gaps.client("cloudformation", port).describe_stacks(StackName="CDKToolkit")
    except ClientError:
        return False
    return True
