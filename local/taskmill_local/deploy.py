"""Deploy a CDK app to a running local cloud, and collect its stack outputs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from taskmill_local.cdk import CdkCli
from taskmill_local.clients import aws_client
from taskmill_local.environments import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, endpoint_url
from taskmill_local.gaps import close_gaps
from taskmill_local.report import Report

Outputs = dict[str, str]


def deploy(
    cdk: CdkCli, app: str, *, state_dir: Path, context: Mapping[str, str], report: Report
) -> Outputs:
    """Synthesise an app, bootstrap a new local cloud, and deploy the stacks that have changed.

    Returns:
        The outputs of all stacks, and what clients need: see :func:`describe`.

    Raises:
        LocalCloudError: A command of the CDK failed.
    """
    assembly_dir = state_dir / "cdk.out"
    outputs_file = assembly_dir / "stack-outputs.json"
    # Synthesis and bootstrap run side by side, as each takes seconds. Leaving the block waits for
    # the synthesis.
    synth = cdk.synth(app, output_dir=assembly_dir, context={"local": "true", **context})
    with synth.process:
        if not _is_bootstrapped(cdk.port):
            report("bootstrapping the account for the CDK (once per start)")
            cdk.bootstrap().finish()
        report(f"synthesising with {app!r}")
        synth.finish()
    report("deploying")
    cdk.deploy(assembly_dir, outputs_file=outputs_file).finish()
    close_gaps(cdk.port, assembly_dir)
    stacks = json.loads(outputs_file.read_text()) if outputs_file.exists() else {}
    return describe(stacks, cdk.port)


def describe(stacks: Mapping[str, Mapping[str, str]], port: int) -> Outputs:
    """All stack outputs in one flat mapping, with endpoint, region and credentials for clients.

    ``ApiUrl`` is derived from ``ApiId``, since the stack's own output is a URL of amazonaws.com.
    """
    outputs: dict[str, Any] = {}
    for stack_outputs in stacks.values():
        outputs.update(stack_outputs)
    endpoint = endpoint_url(port)
    if "ApiId" in outputs:
        outputs["ApiUrl"] = f"{endpoint}/_aws/execute-api/{outputs['ApiId']}"
    return {
        **outputs,
        "StackName": next(iter(stacks), ""),
        "EndpointUrl": endpoint,
        "Region": REGION,
        "AccessKeyId": ACCESS_KEY_ID,
        "SecretAccessKey": SECRET_ACCESS_KEY,
    }


def _is_bootstrapped(port: int) -> bool:
    try:
        aws_client("cloudformation", port).describe_stacks(StackName="CDKToolkit")
    except ClientError:
        return False
    return True
