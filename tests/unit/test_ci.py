"""What `make check` compares a change with, in repositories made for it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import translator

pytestmark = [
    pytest.mark.unit,
    pytest.mark.skipif(shutil.which("git") is None, reason="there is no git"),
]

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ENV = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_NAME": "A Test" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "test@example.org" for who in ("AUTHOR", "COMMITTER")},
}
PROTO = """syntax = "proto3";
package translator.v1;
message Word {
  string text = 1;
  uint32 length = 2;
}
"""

Done = subprocess.CompletedProcess[str]


class Repository:
    """A checkout with the scripts of ``.ci`` and a contract of one message."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / ".ci", folder / ".ci")
        (folder / "protos/translator/v1").mkdir(parents=True)
        shutil.copy(ROOT / "protos/buf.yaml", folder / "protos")
        self.write(PROTO)

    def write(self, proto: str) -> None:
        (self.folder / "protos/translator/v1/word.proto").write_text(proto)

    def run(self, *command: str | Path) -> Done:
        return subprocess.run(
            command, cwd=self.folder, env=ENV, capture_output=True, text=True, check=False
        )

    def git(self, *arguments: str) -> str:
        done = self.run("git", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, subject: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--allow-empty", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def base(self, kind: str = "branch") -> str:
        done = self.run(".ci/base", kind)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    def breaking(self) -> Done:
        """As `make check` does it: first the contract as it is now, then the comparison."""
        out = self.folder / "build/protos"
        out.mkdir(parents=True, exist_ok=True)
        file = "translator/v1/word.proto"
        image = f"--descriptor_set_out={out}/image.binpb"
        protoc = (BIN / "python", "-m", "grpc_tools.protoc", "-Iprotos", "--include_source_info")
        assert self.run(*protoc, image, file).returncode == 0
        return self.run(".ci/breaking", BIN)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.git("init", "--quiet", "--initial-branch", "main")
    return made


def test_outside_of_git_and_on_the_first_commit_there_is_nothing_to_compare_with(
    tmp_path: Path,
) -> None:
    plain = Repository(tmp_path / "plain")
    # Whatever is above the folder of the tests is no repository of its own.
    (plain.folder / ".git").write_text("gitdir: nowhere")
    assert plain.base() == plain.base("release") == ""
    assert "no earlier contract" in plain.breaking().stdout
    (plain.folder / ".git").unlink()
    plain.git("init", "--quiet", "--initial-branch", "main")
    assert plain.base() == ""
    plain.commit("The first commit")
    assert plain.base() == plain.base("release") == ""
    assert plain.run(".ci/subjects").returncode == 0
    done = plain.breaking()
    assert (done.returncode, done.stderr) == (0, "")
    assert "no earlier contract" in done.stdout


def test_a_branch_is_compared_with_where_it_left_main_and_main_with_the_commit_before(
    repository: Repository,
) -> None:
    first = repository.commit("One")
    second = repository.commit("Two")
    assert repository.base() == first
    repository.git("switch", "--quiet", "--create", "topic")
    for subject in ("Three", "Four"):
        repository.commit(subject)
    assert repository.base() == repository.base("release") == second


def test_the_last_release_goes_before_main(repository: Repository) -> None:
    released = repository.commit("One")
    repository.git("tag", "v0.1.0")
    repository.commit("Two")
    repository.git("tag", "not-a-version")
    last = repository.commit("Three")
    assert repository.base("release") == released
    assert repository.base("branch") != released
    repository.git("tag", "--annotate", "v0.2.0", "--message", "0.2.0")
    assert repository.base("release") == last


def test_a_shallow_clone_has_nothing_to_compare_with(
    repository: Repository, tmp_path: Path
) -> None:
    for subject in ("One", "Two"):
        repository.commit(subject)
    repository.git(
        "clone", "--quiet", "--depth=1", f"file://{repository.folder}", f"{tmp_path}/shallow"
    )
    shallow = object.__new__(Repository)
    shallow.folder = tmp_path / "shallow"
    assert shallow.base() == shallow.base("release") == ""
    assert shallow.breaking().returncode == 0


def test_a_clone_knows_main_from_its_origin(repository: Repository, tmp_path: Path) -> None:
    first = repository.commit("One")
    repository.git("clone", "--quiet", str(repository.folder), f"{tmp_path}/clone")
    clone = object.__new__(Repository)
    clone.folder = tmp_path / "clone"
    for subject in ("Two", "Three"):
        clone.commit(subject)
    assert clone.base() == first


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        ("uint32 length = 2;", "uint32 length = 2;\n  bool is_new = 3;", False),
        ("uint32 length = 2;", "", True),
        ("uint32 length = 2;", "uint64 length = 2;", True),
        ("string text = 1;", "string words = 1;", True),
    ],
)
def test_a_change_that_breaks_clients_is_found(
    repository: Repository, before: str, after: str, breaks: bool
) -> None:
    repository.commit("One")
    repository.git("switch", "--quiet", "--create", "topic")
    repository.write(PROTO.replace(before, after))
    repository.commit("Two")
    done = repository.breaking()
    assert (done.returncode != 0) is breaks, done.stdout + done.stderr
    assert ("word.proto" in done.stdout) is breaks


def test_a_subject_that_is_too_long_is_named(repository: Repository) -> None:
    repository.commit("x" * 100)
    repository.git("switch", "--quiet", "--create", "topic")
    repository.commit("é" * 72)
    assert repository.run(".ci/subjects").returncode == 0
    repository.commit("y" * 73)
    done = repository.run(".ci/subjects")
    assert done.returncode == 1
    assert [line.split()[-1] for line in done.stdout.splitlines()[:-1]] == ["y" * 73]


# What is released together


def test_the_node_client_has_the_version_of_the_package() -> None:
    node = ROOT / "clients" / "node"
    package = json.loads((node / "package.json").read_text("utf-8"))
    lock = json.loads((node / "package-lock.json").read_text("utf-8"))
    told = [package["version"], lock["version"], lock["packages"][""]["version"]]
    assert told == [translator.__version__] * 3
    for page in (node / "README.md", ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for version in re.findall(r"translator-client-([\d.]+)\.tgz", page.read_text("utf-8")):
            assert version == translator.__version__, page


# .github/workflows


def workflows() -> dict[str, dict[str, object]]:
    folder = ROOT / ".github" / "workflows"
    return {path.name: yaml.safe_load(path.read_text("utf-8")) for path in folder.glob("*.yml")}


def test_workflows_call_targets_and_files_that_there_are() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    found = workflows()
    assert found
    lines = re.findall(r"run: (.*)$", "\n".join(map(yaml.safe_dump, found.values())), re.MULTILINE)
    made = {line.split()[1] for line in lines if line.startswith("make ")}
    assert {"check", "test", "build"} <= made <= targets


def test_tests_run_on_every_python_that_the_package_says() -> None:
    text = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    [versions] = re.findall(r"^ +python: (\[.*\])$", text, re.MULTILINE)
    assert yaml.safe_load(versions) == ["3.11", "3.12", "3.13", "3.14"]
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text("utf-8")
