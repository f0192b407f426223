"""A task service that runs some of its tasks in containers."""

from pathlib import Path
from typing import Any

from aws_cdk import IgnoreMode
from aws_cdk import aws_ecs as ecs
from aws_cdk.aws_ecr_assets import Platform
from constructs import Construct

from taskmill_cdk import TaskSource, TaskStack

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_TASKS = TaskSource(folder=_HERE / "tasks", modules=["pi_tasks"])
_NEEDED = ["pyproject.toml", "README.md", "LICENSE", "lambdas", "examples/container_workers"]


class ContainerStack(TaskStack):
    """A ``TaskStack`` that runs tasks of ``runner="container"`` on Fargate."""

    def __init__(self, scope: Construct, construct_id: str, **props: Any) -> None:
        super().__init__(scope, construct_id, tasks=_TASKS, container_image=_image(), **props)


def _image() -> ecs.ContainerImage:
    """The image, built from this repository; your own project can pass the Dockerfile's folder."""
    return ecs.ContainerImage.from_asset(
        str(_ROOT),
        file=str((_HERE / "Dockerfile").relative_to(_ROOT)),
        ignore_mode=IgnoreMode.DOCKER,
        exclude=["*", *(f"!{name}" for name in _NEEDED), "**/__pycache__"],
        platform=Platform.LINUX_ARM64,  # as the containers are: 20 % cheaper than x86
    )
