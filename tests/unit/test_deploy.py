"""The image, its lock, the compose file, the systemd unit, and what is released together."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import translator
from translator import DISTRIBUTION
from translator.cli import main
from translator.config import ServerConfig, load_config

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "deploy" / "requirements.txt"
BUILD_LOCK = ROOT / "deploy" / "build-requirements.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
UNIT = ROOT / "deploy" / "systemd" / "translator.service"
GATEWAYS = UNIT.with_name("translator@.service")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def locked(file: Path) -> dict[str, tuple[Version, int]]:
    """The version of each package, and how many digests it has."""
    found: dict[str, tuple[Version, int]] = {}
    lines = re.sub(r"\\\n", " ", file.read_text("utf-8"))
    for line in lines.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            name, version, digests = re.fullmatch(
                r"([\w.-]+)==(\S+)((?: +--hash=sha256:[0-9a-f]{64})+) *", line
            ).groups()  # type: ignore[union-attr]  # What else stands there fails the test.
            found[canonicalize_name(name)] = (Version(version), digests.count("sha256:"))
    return found


def required(extras: list[str]) -> Iterator[Requirement]:
    """What pyproject.toml asks for, with extras that ask for extras of its own."""
    project = PROJECT["project"]
    lines = list(project["dependencies"])
    asked = list(extras)
    # It grows meanwhile.
    for extra in asked:
        for line in project["optional-dependencies"][extra]:
            need = Requirement(line)
            if need.name == DISTRIBUTION:
                asked += [each for each in need.extras if each not in asked]
            else:
                lines.append(line)
    yield from map(Requirement, lines)


def instructions(name: str, text: str = DOCKERFILE) -> list[str]:
    return re.findall(rf"^{name} +(.*)$", text, re.MULTILINE)


def parse(words: list[str]) -> click.Context:
    """The context of a command line of ours: it has these options, with these values."""
    first, *rest = words
    assert first.rpartition("/")[2] == "translator"
    command: click.Command = main
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), rest.pop(0))
        assert found is not None, words
        command = found
    return command.make_context(str(command.name), rest)


# The lock


def test_the_lock_has_what_the_package_asks_for() -> None:
    [extras] = re.findall(r"^EXTRAS := (.*)$", MAKEFILE, re.MULTILINE)
    there = locked(LOCK)
    for need in required(extras.split()):
        assert need.marker is None
        version, _ = there[canonicalize_name(need.name)]
        assert need.specifier.contains(version, prereleases=True), f"{need}: run `make lock`"


def test_the_lock_has_pytorch_for_cpus_and_no_cuda() -> None:
    constraint = Requirement((ROOT / "constraints.txt").read_text("utf-8").splitlines()[-1])
    version, _ = locked(LOCK)[constraint.name]
    assert constraint.specifier.contains(version)
    assert version.local == "cpu"
    assert not [name for name in locked(LOCK) if name.startswith(("nvidia", "cuda", "triton"))]


@pytest.mark.parametrize("file", [LOCK, BUILD_LOCK], ids=lambda file: file.name)
def test_every_package_has_digests_and_no_line_names_an_index(file: Path) -> None:
    assert min(digests for _, digests in locked(file).values()) >= 1
    assert not re.search(r"^\s*--(?!hash)|://", file.read_text("utf-8"), re.MULTILINE)


def test_what_builds_the_wheel_is_locked_too() -> None:
    there = locked(BUILD_LOCK)
    for need in map(Requirement, PROJECT["build-system"]["requires"]):
        assert need.specifier.contains(there[need.name][0])


# The image


def test_the_image_installs_nothing_without_a_digest() -> None:
    assert "index-url" not in DOCKERFILE
    installs = re.findall(r"pip (?:--python \S+ )?(?:install|wheel) ([^&\n]*)", DOCKERFILE)
    assert len(installs) == 4
    for options in installs:
        assert {"--require-hashes", "--no-index"} & set(options.split()), options
        if "--no-index" in options:
            assert "--no-deps" in options
    assert {"deploy/requirements.txt", "deploy/build-requirements.txt"} <= {
        word for options in installs for word in options.split()
    }


def test_the_image_has_no_pip_and_no_root() -> None:
    build, final = DOCKERFILE.split("\nFROM ")[-2:]
    assert "venv --without-pip" in build
    assert "pip uninstall" in final
    [user] = instructions("USER", final)
    uid, gid = map(int, user.split(":"))
    # Kubernetes' runAsNonRoot needs a number; group 0 is that of any user on OpenShift.
    assert (uid > 0, gid) == (True, 0)


def test_the_image_has_what_is_copied_into_it() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        word for line in instructions("COPY") if "--from" not in line for word in line.split()[:-1]
    }
    assert sent == copied
    assert all((ROOT / name).exists() for name in copied)


def test_variables_of_the_image_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [word.partition("=") for line in instructions("ENV") for word in shlex.split(line)]
    for name, _, value in pairs:
        if name.startswith("TRANSLATOR_"):
            monkeypatch.setenv(name, value)
    config = load_config()
    [exposed] = instructions("EXPOSE")
    assert config.port == int(exposed) == ServerConfig.model_fields["port"].default
    assert config.allow_plaintext
    # Whoever has no home, which is anybody, writes nowhere else.
    folders = {value for name, _, value in pairs if name in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    assert folders == {"/var/cache/translator"}
    assert str(config.store) == "/var/lib/translator/models"
    made = " ".join(instructions("RUN"))
    assert all(f" {folder}" in made for folder in [*folders, config.store])


def test_the_image_starts_a_server() -> None:
    [entry] = instructions("ENTRYPOINT")
    assert parse(yaml.safe_load(entry)).params["host"] == "0.0.0.0"  # noqa: S104


# The compose file


def test_services_are_those_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    services = COMPOSE["services"]
    assert set(services) == {"server", "captions", "redis", "gateway"}
    for name, value in services["server"]["environment"].items():
        monkeypatch.setenv(name, str(value))
    config = load_config()
    assert (config.port, config.metrics_port) == (50051, 9090)
    assert config.fronts == ServerConfig.model_fields["fronts"].default
    published = {name: services[name].get("ports") for name in services}
    assert published["server"] == [f"127.0.0.1:{p}:{p}" for p in (50051, 9090)]
    captions = parse([*services["captions"]["entrypoint"], *services["captions"]["command"]])
    assert captions.params["addresses"] == (f"server:{config.port}",)
    port = captions.params["port"]
    assert published["captions"] == [f"127.0.0.1:{port}:{port}"]
    assert f"localhost:{port}/healthz" in str(services["captions"]["healthcheck"])
    assert captions.params["redis_url"] == "redis://redis:6379/0"
    assert "ports" not in services["redis"]
    gateway = parse([*services["gateway"]["entrypoint"], *services["gateway"]["command"]])
    assert gateway.params["addresses"] == (f"server:{config.port}",)
    port = gateway.params["port"]
    assert published["gateway"] == [f"127.0.0.1:{port}:{port}"]
    assert f"localhost:{port}/healthz" in str(services["gateway"]["healthcheck"])
    [folder] = [volume.partition(":")[2] for volume in services["gateway"]["volumes"]]
    assert gateway.params["glossaries"].is_relative_to(folder)


def test_containers_may_do_as_little_as_possible() -> None:
    drain = ServerConfig.model_fields["drain_grace_s"].default
    for service in COMPOSE["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert int(service["stop_grace_period"].removesuffix("s")) >= drain + 15
        for volume in service["volumes"]:
            assert volume.partition(":")[0] in COMPOSE["volumes"]


def test_what_is_commented_out_in_the_compose_file_is_a_setting_too() -> None:
    text = (ROOT / "deploy/compose.yaml").read_text("utf-8")
    names = re.findall(r"TRANSLATOR_(\w+):", text)
    assert {name.lower() for name in names} <= set(ServerConfig.model_fields)
    assert len(names) > len(COMPOSE["services"]["server"]["environment"])


# The systemd unit


def unit_lines(name: str, unit: Path = UNIT) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit.read_text("utf-8"), re.MULTILINE)


def test_the_unit_checks_and_then_starts_a_server() -> None:
    [check], [start] = unit_lines("ExecStartPre"), unit_lines("ExecStart")
    assert parse(check.split()).params["check"] is True
    serve = parse(start.split())
    assert serve.params["check"] is False
    assert serve.params["file"] == parse(check.split()).params["file"]
    [stop] = unit_lines("TimeoutStopSec")
    assert int(stop) >= ServerConfig.model_fields["drain_grace_s"].default + 15
    # With workers, the process that started them passes the signal on.
    assert unit_lines("KillMode") == ["mixed"]
    variables = re.findall(r"(TRANSLATOR_\w+)=", " ".join(unit_lines("Environment")))
    assert {name.removeprefix("TRANSLATOR_").lower() for name in variables} <= set(
        ServerConfig.model_fields
    )


def test_the_unit_of_gateways_starts_each_with_its_options() -> None:
    [start] = unit_lines("ExecStart", GATEWAYS)
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    told = dict(re.findall(r"^# /etc/translator/(\w+)\nOPTIONS=(.*)$", page, re.MULTILINE))
    assert set(told) == {"gateway", "captions"}
    for name, options in told.items():
        words = start.replace("$OPTIONS", options).replace("%i", name).split()
        assert parse(words).params["addresses"]
    # What a server may do, they need no more than.
    hardening = r"^(?:Protect|Private|Restrict|SystemCall|Capability|NoNew|Lock|Remove).*$"
    [server, gateways] = [
        re.findall(hardening, unit.read_text("utf-8"), re.MULTILINE) for unit in (UNIT, GATEWAYS)
    ]
    assert set(server) <= set(gateways)


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no unit test: there is no systemd-analyze"
)
@pytest.mark.parametrize("source", [UNIT, GATEWAYS], ids=lambda path: path.name)
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path, source: Path) -> None:
    unit = tmp_path / source.name.replace("@", "@gateway")
    command = Path(sys.executable).with_name("translator")
    installed = str(command if command.exists() else sys.executable)
    unit.write_text(source.read_text("utf-8").replace("/opt/translator/bin/translator", installed))
    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


# What is released together


def versions(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, folder / ".ci/versions", *arguments],
        capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_all_that_is_released_has_one_version(tmp_path: Path) -> None:
    version = translator.__version__
    assert versions(ROOT) == (0, f"{version} everywhere\n")
    files = [
        *("translator/__init__.py", "CHANGELOG.md", ".ci/versions", "deploy/compose.yaml"),
        *("clients/node/package.json", "clients/node/package-lock.json"),
        "deploy/helm/translator/Chart.yaml",
    ]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    changelog = tmp_path / "CHANGELOG.md"
    heading = f"## [{version}] - "
    text = re.sub(
        rf"^{re.escape(heading)}.*$", f"{heading}2030-01-31", changelog.read_text(), flags=re.M
    )
    changelog.write_text(text)
    assert versions(tmp_path, f"v{version}")[0] == 0
    assert versions(tmp_path, "v9.9.9") == (1, f"the tag: 9.9.9, not {version}\n")
    changelog.write_text(text.replace("2030-01-31", "not yet released"))
    assert versions(tmp_path, f"v{version}") == (1, f"CHANGELOG.md: {version} has no date\n")
    chart = tmp_path / "deploy/helm/translator/Chart.yaml"
    chart.write_text(chart.read_text().replace(f'appVersion: "{version}"', 'appVersion: "9.9.9"'))
    place = "deploy/helm/translator/Chart.yaml, appVersion"
    assert versions(tmp_path) == (1, f"{place}: 9.9.9, not {version}\n")


def test_a_release_publishes_without_a_secret_and_signs_what_it_publishes() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text("utf-8")
    workflow = yaml.safe_load(text)
    assert "secrets." not in text
    assert workflow["permissions"] == {"contents": "read"}
    jobs = workflow["jobs"]
    for name in ("image", "pypi", "npm"):
        assert jobs[name]["permissions"]["id-token"] == "write"
        assert jobs[name]["environment"] == "release"
    assert jobs["release"]["needs"] == ["image", "pypi", "npm"]
    steps = [step.get("run", "") for step in jobs["build"]["steps"]]
    for needed in ('.ci/versions "$GITHUB_REF_NAME"', "make audit", ".ci/run"):
        assert needed in steps
    assert text.count("cosign sign") == 2
