"""The local cloud as its users see it: what it reports, refuses and writes."""

import json
from pathlib import Path

import pytest

from taskmill_local import LocalCloud, LocalCloudError, environments, node
from taskmill_local.__main__ import main
from taskmill_local.emulator import Emulator, RunningEmulator
from taskmill_local.outputs import describe

ROOT = Path(__file__).parents[2]


def test_status_of_a_folder_where_none_ever_ran(tmp_path: Path) -> None:
    status = LocalCloud(tmp_path).status()

    assert (status.running, status.port, status.outputs) == (False, None, {})


@pytest.mark.parametrize(("command", "code"), [("status", 1), ("down", 0)])
def test_the_shell_is_told_that_none_runs(
    command: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main([command]) == code
    assert capsys.readouterr().out == "No local cloud runs here.\n"


@pytest.mark.xdist_group("emulator")
def test_status_tells_where_it_runs(
    emulator: Emulator, running: RunningEmulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--state-dir", str(emulator.state_dir)]) == 0

    assert capsys.readouterr().out.splitlines() == [
        f"The local cloud runs on port {running.port} (pid {running.pid}).",
        "  Nothing is deployed to it.",
    ]


@pytest.mark.xdist_group("emulator")
def test_up_with_another_port_is_refused_while_it_runs(
    emulator: Emulator, running: RunningEmulator, port: int
) -> None:
    cloud = LocalCloud(ROOT, state_dir=emulator.state_dir)

    with pytest.raises(LocalCloudError, match=f"already runs on port {running.port}"):
        cloud.up(port=port)


@pytest.mark.xdist_group("emulator")
def test_a_failed_deploy_shows_what_the_app_printed(
    emulator: Emulator, running: RunningEmulator
) -> None:
    cloud = LocalCloud(ROOT, state_dir=emulator.state_dir)

    with pytest.raises(LocalCloudError) as error:
        cloud.up(app="echo my mistake; exit 3", port=running.port)

    assert "cdk synth failed" in str(error.value)
    assert "my mistake" in str(error.value)
    assert cloud.status().running
    assert not cloud.outputs_file.exists()


def test_the_api_url_of_the_outputs_is_one_that_answers_here() -> None:
    stack = {"ApiId": "abc", "ApiUrl": "https://abc.execute-api.us-east-1.amazonaws.com/"}

    outputs = describe({"Taskmill": stack}, port=4600)

    assert outputs["ApiUrl"] == "http://localhost:4600/_aws/execute-api/abc"
    assert outputs["EndpointUrl"] == "http://localhost:4600"
    assert outputs["StackName"] == "Taskmill"


def test_no_credential_of_the_shell_reaches_a_local_deploy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")

    assert not [name for name in environments.without_cloud() if name.startswith("AWS_")]


def test_a_proxy_of_the_shell_is_kept_out_of_local_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet")

    assert environments.without_cloud()["NO_PROXY"] == "intranet,localhost,127.0.0.1"


def test_both_pins_of_the_cdk_command_line_agree() -> None:
    manifest = json.loads((ROOT / "package.json").read_text())

    assert manifest["devDependencies"]["aws-cdk"] == node.CDK_CLI_VERSION
