"""What counts as a change of code alone, and what as a change of the app."""

import json
from pathlib import Path

import pytest

from taskmill_local.changes.code_sources import sources_of
from taskmill_local.changes.compare import EVERYTHING, Change, change_since, project_of, record_of
from taskmill_local.changes.project_files import hashes_below
from taskmill_local.changes.record import read_record, write_record

EMULATOR = (17, 1.5)
HASH = "abc"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose `tasks` were copied into an asset beside files of other origin."""
    root = tmp_path / "shop"
    files = {
        "app.py": "App()",
        "settings.json": "{}",
        "README.md": "# Shop",
        "tests/test_orders.py": "assert True",
        "tasks/orders.py": "@task",
        "tasks/shared/money.py": "cents",
        "tasks/requirements.txt": "humanize",
        ".venv/pyvenv.cfg": "",
        ".venv/lib.py": "lib",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    asset = root / ".local" / "cdk.out" / f"asset.{HASH}"
    for name in ("orders.py", "shared/money.py"):
        (asset / name).parent.mkdir(parents=True, exist_ok=True)
        (asset / name).write_text(files[f"tasks/{name}"])
    (asset / "taskmill").mkdir()
    (asset / "taskmill/runtime.py").write_text("runtime")
    template = {
        "Resources": {
            "Worker": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Handler": "taskmill.handlers.work.handler",
                    "Code": {"S3Bucket": "assets", "S3Key": f"{HASH}.zip"},
                },
            }
        }
    }
    manifest = {
        "artifacts": {
            "Shop": {
                "type": "aws:cloudformation:stack",
                "properties": {"templateFile": "Shop.template.json"},
            }
        }
    }
    (asset.parent / "Shop.template.json").write_text(json.dumps(template))
    (asset.parent / "manifest.json").write_text(json.dumps(manifest))
    return root


def change_after(project: Path, name: str, text: str | None) -> Change:
    """What has changed after a deploy, once the file has this text, or is gone."""
    record = record_of(
        project,
        project_of(project),
        project / ".local" / "cdk.out",
        emulator=EMULATOR,
        fingerprint="f",
    )
    write_record(project / ".local" / "deployed.json", record)
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    if text is not None:
        file.write_text(text)
    kept = read_record(project / ".local" / "deployed.json")
    return change_since(kept, project, emulator=EMULATOR, fingerprint="f")


def test_nothing_has_changed(project: Path) -> None:
    assert change_after(project, "app.py", "App()") == Change(everything=False)


@pytest.mark.parametrize("name", ["tasks/orders.py", "tasks/shared/money.py"])
def test_a_file_that_was_copied_into_the_code_is_a_change_of_code(name: str, project: Path) -> None:
    changed = change_after(project, name, "other")

    assert changed == Change(everything=False, assets=frozenset({HASH}))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("app.py", "App(2)"),
        ("settings.json", "[]"),
        ("tasks/requirements.txt", "humanize==4"),
        ("tasks/new.py", "@task"),
        ("stacks/new.py", "Stack"),
        (".env", "STAGE=dev"),
        ("tasks/orders.py", None),
        ("settings.json", None),
    ],
)
def test_whatever_else_the_app_may_read_is_a_change_of_everything(
    name: str, text: str | None, project: Path
) -> None:
    assert change_after(project, name, text) == EVERYTHING


@pytest.mark.parametrize(
    "name", ["README.md", "docs/guide.md", "tests/test_orders.py", "test_x.py", ".venv/lib.py"]
)
def test_what_only_people_and_tests_read_is_no_change(name: str, project: Path) -> None:
    assert change_after(project, name, "other") == Change(everything=False)


@pytest.mark.parametrize(("emulator", "fingerprint"), [((18, 1.5), "f"), (EMULATOR, "other")])
def test_another_emulator_or_environment_is_a_change_of_everything(
    emulator: tuple[int, float], fingerprint: str, project: Path
) -> None:
    record = record_of(
        project,
        project_of(project),
        project / ".local" / "cdk.out",
        emulator=EMULATOR,
        fingerprint="f",
    )

    changed = change_since(record, project, emulator=emulator, fingerprint=fingerprint)

    assert changed == EVERYTHING


def test_what_was_changed_while_it_was_deployed_is_a_change(project: Path) -> None:
    before = project_of(project)
    (project / "tasks/orders.py").write_text("saved meanwhile")
    assembly = project / ".local" / "cdk.out"

    record = record_of(project, before, assembly, emulator=EMULATOR, fingerprint="f")

    assert change_since(record, project, emulator=EMULATOR, fingerprint="f") != Change(
        everything=False
    )


def test_of_two_files_alike_the_one_in_the_folder_of_the_others_counts(project: Path) -> None:
    (project / "copies/shared").mkdir(parents=True)
    (project / "copies/shared/money.py").write_text("cents")

    sources = sources_of(project / f".local/cdk.out/asset.{HASH}", hashes_below(project))

    assert sources == {
        "orders.py": str(project / "tasks/orders.py"),
        "shared/money.py": str(project / "tasks/shared/money.py"),
    }


def test_which_of_two_files_alike_was_copied_is_not_guessed(project: Path) -> None:
    (project / "copies/shared").mkdir(parents=True)
    (project / "copies/orders.py").write_text("@task")
    (project / "copies/shared/money.py").write_text("cents")

    assert sources_of(project / f".local/cdk.out/asset.{HASH}", hashes_below(project)) == {}
    assert change_after(project, "tasks/orders.py", "other") == EVERYTHING


def test_code_of_published_versions_is_not_swapped(project: Path) -> None:
    file = project / ".local/cdk.out/Shop.template.json"
    template = json.loads(file.read_text())
    template["Resources"]["V1"] = {"Type": "AWS::Lambda::Version", "Properties": {}}
    file.write_text(json.dumps(template))

    assert change_after(project, "tasks/orders.py", "other") == EVERYTHING
