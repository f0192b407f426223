"""The reference of both Python packages: a page for each module that users import."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "lambdas/taskmill"
PACKAGES = (
    "taskmill",
    "taskmill.client",
    "taskmill.testing",
    "taskmill.testing.http",
    "taskmill.contrib.django",
    "taskmill.contrib.opentelemetry",
    "taskmill.contrib.sentry",
)
CDK = "taskmill_cdk"


def modules() -> tuple[str, ...]:
    """The modules with public names: those above, and those that say so in their first line."""
    named = sorted(
        f"taskmill.{module.stem}"
        for module in RUNTIME.glob("*.py")
        if (ast.get_docstring(ast.parse(module.read_text())) or "").startswith("Public name")
    )
    return (*PACKAGES, *named, CDK)


def page(module: str) -> str:
    """The page of a module, for mkdocstrings to fill."""
    return f"# `{module}`\n\n::: {module}\n"
