from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pydantic_core
from aws_cdk.assertions import Template


def test_the_app_synthesises_without_credentials_and_without_a_warning(
    local_synth: CompletedProcess[str],
) -> None:
    assert local_synth.returncode == 0, local_synth.stderr
    assert local_synth.stderr == ""


def test_the_local_layer_is_for_this_machine(local_out: Path, local_template: Template) -> None:
    [layer] = local_template.find_resources("AWS::Lambda::LayerVersion").values()
    asset = layer["Properties"]["Content"]["S3Key"].removesuffix(".zip")

    [extension] = Path(pydantic_core.__file__).parent.glob("_pydantic_core.*")
    packages = local_out / f"asset.{asset}" / "python"
    assert (packages / "pydantic_core" / extension.name).is_file()


def test_the_demo_s_worker_reads_subtasks_and_keeps_exports(
    local_template: Template, allowed: Callable[[Template, str], dict[str, set[str]]]
) -> None:
    worker = allowed(local_template, "WorkerRole")

    assert "dynamodb:Query" in worker["TasksTable"]
    assert worker["PayloadsBucket/exports/*"] == {"s3:GetObject", "s3:PutObject"}
