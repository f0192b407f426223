"""JSON is read alike wherever it comes in: as an argument, a file, stdin, a body, an upload."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from bad_json import BAD
from clouds import TENANT
from network import URL, Network
from typer.testing import CliRunner

from taskmill.cli.app import app
from taskmill.client import TaskClient
from taskmill.errors import InvalidRequest
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

DOORS = ["argument", "file", "stdin", "json file", "jsonl file", "jsonl stdin", "client", "body"]
LINES_ONLY = {"too large", "UTF-16", "UTF-16 with its mark", "two marks", "a zero byte"}
NO_ARGUMENTS = {"Latin-1", "a surrogate in UTF-8", "UTF-16", "UTF-16 with its mark", "a zero byte"}
GOOD = {
    "200 levels": b"[" * 200 + b"]" * 200,
    "4,300 digits": b"9" * 4_300,
    "a mark": b'\xef\xbb\xbf{"a": "\xc3\xa4"}',
    "the last of two names": b'{"a": 1, "a": 2}',
    "a pair of surrogates": b'"\\ud83d\\ude00"',
    "brackets in text": b'"' + b"[" * 500 + b'"',
}


@dataclass
class Doors:
    """Ways to give a JSON text; each method says "" if it was taken, else what was said."""

    network: Network
    folder: Path

    def knock(self, door: str, text: bytes) -> str:
        ways: dict[str, Callable[[], str]] = {
            "argument": lambda: self.run("submit", "echo", text.decode(errors="surrogateescape")),
            "file": lambda: self.run("submit", "echo", f"@{self.file('given.json', text)}"),
            "stdin": lambda: self.run("submit", "echo", "-", stdin=text),
            "json file": lambda: self.run("map", "echo", self.file("a.json", b"[" + text + b"]")),
            "jsonl file": lambda: self.run("map", "echo", self.file("lines.jsonl", text)),
            "jsonl stdin": lambda: self.run("map", "echo", "-", stdin=text),
            "client": lambda: self.client(self.file("lines.jsonl", text)),
            "body": lambda: self.body(b'{"taskType": "echo", "input": ' + text + b"}"),
        }
        return ways[door]()

    def file(self, name: str, text: bytes) -> str:
        (self.folder / name).write_bytes(text)
        return str(self.folder / name)

    def run(self, *words: str, stdin: bytes | None = None) -> str:
        line = ("--url", URL, "--tenant", TENANT, *words)
        answer = CliRunner().invoke(app, line, input=stdin, obj=self.network)
        assert isinstance(answer.exception, SystemExit | None), answer.exception
        return answer.output if answer.exit_code else ""

    def client(self, path: str) -> str:
        session = botocore.session.Session()
        session.set_credentials("a", "b")
        with TaskClient(URL, tenant=TENANT, session=session, transport=self.network) as client:
            try:
                client.map("echo", Path(path))
            except InvalidRequest as refused:
                return str(refused)
        return ""

    def body(self, text: bytes) -> str:
        answer = InProcessApi().post(f"/v1/tenants/{TENANT}/tasks", text)
        return "" if answer.status == 202 else json.dumps(answer.error, ensure_ascii=False)


@pytest.fixture
def knock(
    cloud: InProcessCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, bytes], str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    return Doors(Network(cloud, idle=True), tmp_path).knock


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", sorted(BAD.keys() - LINES_ONLY))
def test_what_one_door_refuses_every_door_refuses(
    knock: Callable[[str, bytes], str], door: str, what: str
) -> None:
    if door == "argument" and what in NO_ARGUMENTS:
        pytest.skip("no argument can have these bytes")
    text, words = BAD[what]

    said = knock(door, text)

    assert said
    inside = door in ("body", "json file")  # where another character comes after it
    if not inside and not (door == "argument" and text.startswith(b"-")):
        assert " ".join(words.split()) in " ".join(said.split())


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", ["201 levels", "5,000 levels", "4,301 digits", "UTF-16"])
def test_every_door_names_the_same_limit(
    knock: Callable[[str, bytes], str], door: str, what: str
) -> None:
    text, words = {
        "201 levels": (b"[" * 201 + b"]" * 201, "it is nested more than 200 levels deep"),
        "5,000 levels": (b"[" * 5_000 + b"]" * 5_000, "it is nested more than 200 levels deep"),
        "4,301 digits": (b"1" * 4_301, "a number has more than 4,300 digits"),
        "UTF-16": ('"a"'.encode("utf-16"), "it is not UTF-8"),
    }[what]
    if door == "argument" and what == "UTF-16":
        pytest.skip("no argument can have a zero byte")

    assert words in " ".join(knock(door, text).split())


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", GOOD)
def test_what_one_door_takes_every_door_takes(
    knock: Callable[[str, bytes], str], door: str, what: str
) -> None:
    text = GOOD[what]
    if what == "a mark" and door in ("json file", "body"):
        pytest.skip("the mark would be in the middle")

    assert knock(door, text) == ""


def test_a_body_may_begin_with_a_mark(cloud: InProcessCloud) -> None:
    body = b'\xef\xbb\xbf{"taskType": "echo", "input": 1}'

    assert InProcessApi().post(f"/v1/tenants/{TENANT}/tasks", body).status == 202


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_a_body_in_another_encoding_is_malformed(cloud: InProcessCloud, encoding: str) -> None:
    body = '{"taskType": "echo", "input": "ä"}'.encode(encoding)

    answer = InProcessApi().post(f"/v1/tenants/{TENANT}/tasks", body)

    assert (answer.status, answer.error["code"]) == (400, "malformed_body")


def test_the_locale_does_not_change_how_stdin_is_read(
    knock: Callable[[str, bytes], str], cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    assert knock("stdin", '"ä"'.encode()) == ""

    (task,) = cloud.service.list_items_by_pk(tenant_code=TENANT).items
    assert task.input == "ä"


def test_many_brackets_that_do_not_close_are_told_at_once(cloud: InProcessCloud) -> None:
    """No pattern may look at the same characters again and again: this would take hours."""
    from taskmill.model.json_reading import NotJson, read_json

    value: Any = None
    for text in ("[" * 300 + '"' + '\\"' * 1_000_000, '"' + "[" * 300 + '\\"' * 1_000_000 + "\\"):
        with pytest.raises(NotJson):
            value = read_json(text)
    assert value is None
