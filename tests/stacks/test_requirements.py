"""Requirements files of the user's: paths in them, and versions that differ from taskmill's."""

import re
import tomllib
from pathlib import Path

import pytest

from taskmill_cdk import RuntimeLayerError
from taskmill_cdk.requirements import RequirementsError, named, read_requirements
from taskmill_cdk.runtime_layer import AWS, RUNTIME_REQUIREMENTS, build_layer
from taskmill_cdk.runtime_lock import RUNTIME_RANGES, source_options

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with tasks, and beside them a library of its own."""
    library = tmp_path / "lib"
    (library / "ourlib").mkdir(parents=True)
    (library / "ourlib" / "__init__.py").write_text("PRICE = 7\n")
    (library / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools>=77"]\n'
        'build-backend = "setuptools.build_meta"\n[project]\nname = "ourlib"\nversion = "1"\n'
    )
    (tmp_path / "tasks").mkdir()
    return tmp_path


def requirements(project: Path, text: str, name: str = "requirements.txt") -> Path:
    file = project / "tasks" / name
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    "line",
    [
        "../lib",
        "-e ../lib",
        "--editable=../lib",
        "ourlib @ ../lib",
        "./../lib  # ours",
        "file:../lib",
    ],
)
def test_a_path_is_relative_to_its_file(project: Path, line: str) -> None:
    found = read_requirements(requirements(project, f"left-pad==1\n{line}\n"))

    assert found.projects == (project / "lib",)
    assert found.lines == ("left-pad==1",)


def test_so_is_a_file_that_it_names(project: Path) -> None:
    (project / "base.txt").write_text("-r tasks/more.txt\nhumanize\n")
    requirements(project, "./../lib\n", "more.txt")
    (project / "limits.txt").write_text("humanize<5\n")

    found = read_requirements(requirements(project, "-r ../base.txt\n-c ../limits.txt\n"))

    assert found.lines == ("humanize",)
    assert found.projects == (project / "lib",)
    assert found.constraints == (project / "limits.txt",)


def test_files_that_name_each_other_end(project: Path) -> None:
    requirements(project, "-r requirements.txt\nhumanize\n", "more.txt")

    assert read_requirements(requirements(project, "-r more.txt\n")).lines == ("humanize",)


@pytest.mark.parametrize("line", ["../libb", "-r more.txt", "-e ./nothing", "-c limits.txt"])
def test_what_is_not_there_is_told_with_the_file_that_names_it(project: Path, line: str) -> None:
    file = requirements(project, f"{line}\n")

    with pytest.raises(RequirementsError, match=rf"{re.escape(str(file))} names .*; there is no"):
        read_requirements(file)


@pytest.mark.parametrize(
    "line",
    [
        "humanize[all]>=4 ; python_version > '3.8'",
        "--extra-index-url https://example.com/simple",
        "ourlib @ https://example.com/ourlib-1-py3-none-any.whl",
        "git+https://example.com/lib.git",
    ],
)
def test_other_lines_stay_as_they_are(project: Path, line: str) -> None:
    assert read_requirements(requirements(project, f"{line}\n")).lines == (line,)


def test_a_library_of_the_users_is_in_the_layer(project: Path) -> None:
    file = requirements(project, "../lib\n")

    layer = build_layer([RUNTIME_REQUIREMENTS, file], AWS, project / "build")

    assert (layer / "python" / "ourlib" / "__init__.py").read_text() == "PRICE = 7\n"
    assert (layer / "python" / "pydantic").is_dir()


def test_a_changed_library_is_another_layer(project: Path) -> None:
    file = requirements(project, "../lib\n")
    before = read_requirements(file).digest()

    (project / "lib" / "ourlib" / "__init__.py").write_text("PRICE = 8\n")

    assert read_requirements(file).digest() != before


def test_a_library_for_this_platform_only_is_refused(project: Path) -> None:
    (project / "lib" / "setup.py").write_text(
        "from setuptools import setup\n"
        "from setuptools.dist import Distribution\n"
        "class Binary(Distribution):\n    def has_ext_modules(self): return True\n"
        "setup(distclass=Binary)\n"
    )
    file = requirements(project, "../lib\n")

    with pytest.raises(RequirementsError, match="a wheel for this machine's platform only"):
        build_layer([RUNTIME_REQUIREMENTS, file], AWS, project / "build")


# Versions


def test_the_ranges_are_those_of_the_package() -> None:
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    written = set(package["dependencies"]) - {"boto3>=1.40"}
    lines = RUNTIME_RANGES.read_text().splitlines()
    ranges = {line for line in lines if not line.startswith("#")}

    assert ranges <= written
    assert named(ranges) == named(RUNTIME_REQUIREMENTS.read_text().splitlines()[1:])


def versions(layer: Path) -> dict[str, str]:
    found = (path.stem.rsplit("-", 1) for path in (layer / "python").glob("*.dist-info"))
    return dict(found)


def test_a_version_that_the_user_names_wins(project: Path) -> None:
    pinned = build_layer([RUNTIME_REQUIREMENTS], AWS, ROOT / ".build")
    file = requirements(project, "pydantic==2.12.5\n")

    layer = build_layer([RUNTIME_REQUIREMENTS, file], AWS, project / "build")

    assert versions(layer)["pydantic"] == "2.12.5"
    for name in ("aws_lambda_powertools", "python_ulid", "tzdata", "annotated_types"):
        assert versions(layer)[name] == versions(pinned)[name]


def test_what_the_user_does_not_name_stays_as_it_was_tested(project: Path) -> None:
    pinned = build_layer([RUNTIME_REQUIREMENTS], AWS, ROOT / ".build")
    file = requirements(project, "annotated-types>=0.1\n")

    layer = build_layer([RUNTIME_REQUIREMENTS, file], AWS, project / "build")

    assert versions(layer)["pydantic"] == versions(pinned)["pydantic"]


def test_a_version_that_taskmill_does_not_take_is_refused_with_both(project: Path) -> None:
    file = requirements(project, "pydantic==2.11.9\n")

    with pytest.raises(RuntimeLayerError) as refused:
        build_layer([RUNTIME_REQUIREMENTS, file], AWS, project / "build")

    assert "pydantic==2.11.9" in str(refused.value)
    assert "pydantic>=2.12" in str(refused.value)
    assert str(file) in str(refused.value)


def test_the_users_names_are_no_constraints(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("Pydantic_Core >= 2\npydantic\n")

    options = source_options([RUNTIME_REQUIREMENTS, file], tmp_path)

    constraints = Path(options[options.index("--constraint") + 1]).read_text()
    assert "pydantic" not in constraints
    assert "aws-lambda-powertools==" in constraints
