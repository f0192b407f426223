"""docs/parts.md: it names every construct, and its subclass does what it says."""

import re
from pathlib import Path
from typing import Any

import taskmill_cdk

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/parts.md").read_text()


def test_the_table_of_parts_names_every_construct() -> None:
    table = "\n".join(line for line in PAGE.splitlines() if line.startswith("| "))

    assert set(taskmill_cdk.__all__) <= set(re.findall(r"`(\w+)`", table))


def test_the_subclass_encrypts_its_queue() -> None:
    from aws_cdk import App
    from aws_cdk.assertions import Match, Template

    [text] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {"__name__": "parts"}
    exec(compile(text, "parts.md", "exec"), names)  # noqa: S102  # to run it is the point
    stack = names["MyStack"](App(), "Mine", build_folder=ROOT / ".build")

    template = Template.from_stack(stack)
    template.resource_count_is("AWS::KMS::Key", 2)  # of the queues for normal and for urgent work
    template.has_resource_properties("AWS::SQS::Queue", {"KmsMasterKeyId": Match.any_value()})
