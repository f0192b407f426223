import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from taskmill_cdk import RuntimeLayerError, runtime_layer
from taskmill_cdk.runtime_layer import AWS, HOST, RUNTIME_REQUIREMENTS, Target, build_layer
from taskmill_cdk.runtime_lock import RUNTIME_LOCK, has_hashes, without_hashes

ROOT = Path(__file__).resolve().parents[2]

Installs = list[list[str]]


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text("left-pad==1.0\n")
    return file


@pytest.fixture
def uv(monkeypatch: pytest.MonkeyPatch) -> Installs:
    """Stands in for uv: every call is noted, and a small package appears."""
    installs: Installs = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        installs.append(command)
        target = Path(command[command.index("--target") + 1])
        for file in ("pad/__init__.py", "pad/tests/t.py", "bin/pad", "pad-1.0.dist-info/RECORD"):
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            (target / file).touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(runtime_layer.subprocess, "run", run)
    return installs


def test_wheels_for_aws_are_for_its_platform_and_python() -> None:
    layer = build_layer([RUNTIME_REQUIREMENTS], AWS, ROOT / ".build")

    [extension] = (layer / "python" / "pydantic_core").glob("*.so")
    assert extension.name == "_pydantic_core.cpython-313-aarch64-linux-gnu.so"


def test_a_layer_holds_what_the_functions_import() -> None:
    layer = build_layer([RUNTIME_REQUIREMENTS], AWS, ROOT / ".build")

    packages = {path.name for path in (layer / "python").iterdir()}
    assert {"aws_lambda_powertools", "pydantic", "tzdata", "ulid"} <= packages
    assert not {"boto3", "botocore", "jmespath"} & packages  # AWS's runtime brings them
    assert not list(layer.rglob("__pycache__"))


def test_a_layer_is_the_lock_package_by_package() -> None:
    layer = build_layer([RUNTIME_REQUIREMENTS], AWS, ROOT / ".build")

    installed = {path.stem for path in (layer / "python").glob("*.dist-info")}
    locked = [each.split("==") for each in without_hashes(RUNTIME_LOCK.read_text()).split()]
    assert installed == {f"{name.replace('-', '_')}-{version}" for name, version in locked}


def test_taskmill_s_own_packages_come_with_hashes(uv: Installs, tmp_path: Path) -> None:
    build_layer([RUNTIME_REQUIREMENTS], AWS, tmp_path / "build")

    assert "--require-hashes" in uv[0]
    assert str(RUNTIME_LOCK) in uv[0]
    assert str(RUNTIME_REQUIREMENTS) not in uv[0]


def test_with_the_user_s_plain_requirements_the_lock_is_constraints(
    monkeypatch: pytest.MonkeyPatch, requirements: Path, tmp_path: Path
) -> None:
    read: list[str] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        read.append(Path(command[command.index("--constraint") + 1]).read_text())
        assert "--require-hashes" not in command
        assert command.count("--requirement") == 2
        (Path(command[command.index("--target") + 1]) / "pad").mkdir(parents=True)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(runtime_layer.subprocess, "run", run)
    build_layer([RUNTIME_REQUIREMENTS, requirements], AWS, tmp_path / "build")

    assert "pydantic-core==" in read[0]
    assert "--hash" not in read[0]


def test_with_the_user_s_hashes_all_come_with_hashes(
    uv: Installs, requirements: Path, tmp_path: Path
) -> None:
    requirements.write_text(f"left-pad==1.0 \\\n    --hash=sha256:{'0' * 64}\n# a comment\n")

    build_layer([RUNTIME_REQUIREMENTS, requirements], AWS, tmp_path / "build")

    assert "--require-hashes" in uv[0]
    assert {str(RUNTIME_LOCK), str(requirements)} <= set(uv[0])


def test_one_package_without_a_hash_is_as_none_with_a_hash(requirements: Path) -> None:
    hashed = f"left-pad==1.0 --hash=sha256:{'0' * 64}\n"

    requirements.write_text(hashed)
    assert has_hashes(requirements)
    requirements.write_text(hashed + "right-pad==1.0\n")
    assert not has_hashes(requirements)


def test_another_lock_is_another_layer(
    uv: Installs, requirements: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build_layer([requirements], AWS, tmp_path / "build")
    other = tmp_path / "lock.txt"
    other.write_text("pydantic==1.0\n")
    monkeypatch.setattr(runtime_layer, "RUNTIME_LOCK", other)

    assert build_layer([requirements], AWS, tmp_path / "build") != before
    assert len(uv) == 2


def test_a_second_synth_needs_no_network(uv: Installs, requirements: Path, tmp_path: Path) -> None:
    first = build_layer([requirements], AWS, tmp_path / "build")
    second = build_layer([requirements], AWS, tmp_path / "build")

    assert first == second
    assert len(uv) == 1


def test_another_platform_is_another_layer(
    uv: Installs, requirements: Path, tmp_path: Path
) -> None:
    for_aws = build_layer([requirements], AWS, tmp_path / "build")
    for_this_machine = build_layer([requirements], HOST, tmp_path / "build")

    assert for_aws != for_this_machine
    assert "--python-platform" in uv[0]
    assert "--python-platform" not in uv[1]


def test_changed_requirements_are_another_layer(
    uv: Installs, requirements: Path, tmp_path: Path
) -> None:
    before = build_layer([requirements], AWS, tmp_path / "build")
    requirements.write_text("left-pad==1.1\n")

    assert build_layer([requirements], AWS, tmp_path / "build") != before
    assert len(uv) == 2


def test_what_names_this_machine_is_stripped(
    uv: Installs, requirements: Path, tmp_path: Path
) -> None:
    layer = build_layer([requirements], AWS, tmp_path / "build")

    files = {file.relative_to(layer).as_posix() for file in layer.rglob("*") if file.is_file()}
    assert uv
    assert files == {"python/pad/__init__.py"}


@pytest.mark.parametrize("target", [AWS, HOST], ids=lambda target: target.name)
def test_a_failed_install_says_why_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, requirements: Path, tmp_path: Path, target: Target
) -> None:
    monkeypatch.setattr(runtime_layer.subprocess, "run", failing("no wheel for left-pad"))

    with pytest.raises(RuntimeLayerError, match=f"{target.name}:\nno wheel for left-pad"):
        build_layer([requirements], target, tmp_path / "build")

    assert [path.name for path in (tmp_path / "build").iterdir()] == [".gitignore"]


def test_a_missing_uv_is_told_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, requirements: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(runtime_layer, "find_spec", lambda _: None)
    monkeypatch.setattr(runtime_layer.shutil, "which", lambda _: None)

    with pytest.raises(RuntimeLayerError, match="pip install uv"):
        build_layer([requirements], AWS, tmp_path / "build")


def failing(stderr: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    return lambda command, **_: subprocess.CompletedProcess(command, 1, "", stderr)
