"""The package as pip installs it, without an extra and with each, in an environment of its own.

What else it needs is linked there from the environment of the tests, where pip has put it, so no
package index is needed; pip checks that it is all that an extra asks for. Every command is started:
it works, or says in a sentence which extra it needs; the command of that sentence gets the next.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import tarfile
import urllib.request
import zipfile
from collections.abc import Iterator
from importlib.metadata import (
    Distribution,
    PathDistribution,
    distribution,
    packages_distributions,
)
from importlib.util import find_spec
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import pytest
from packaging.requirements import Requirement

import translator
from translator import DISTRIBUTION
from translator.models.embedded import embedded_models

pytestmark = [pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[2]
# What is installed there is tested, not the package around this test.
ENV = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("TRANSLATOR_") and name not in ("PYTHONPATH", "PYTHONHOME")
}
# Which packages have modules or folders of a name.
PACKAGES = packages_distributions()
PIP = (sys.executable, "-m", "pip")
NEED_SERVER = [
    *([], ["--help"], ["--version"]),
    *(["serve"], ["stream"], ["translate", "Hello."], ["models"], ["models", "pull", "en-de"]),
    *(["batch", "a.csv", "b.csv"], ["memory", "stats"]),
]
HELPS = [
    *([command] for command in ("serve", "stream", "translate", "batch", "memory", "models")),
    *(["models", command] for command in ("convert", "open-end", "pull", "remove")),
]

Done = subprocess.CompletedProcess[str]


def required(package: Distribution, extra: str) -> list[Distribution]:
    """What pip installs of others for ``package[extra]``."""
    found = {package.name: package}
    asked = [(package.name, ""), (package.name, extra)]
    # It grows meanwhile.
    for name, wanted in asked:
        for need in map(Requirement, found[name].requires or ()):
            if need.marker is None or need.marker.evaluate({"extra": wanted}):
                if need.name not in found:
                    found[need.name] = distribution(need.name)
                pairs = [(need.name, each) for each in ("", *need.extras)]
                asked += [pair for pair in pairs if pair not in asked]
    del found[package.name]
    return list(found.values())


def whole_part(file: PurePath) -> PurePath:
    """What is linked for a package's file: its folder at the top, if that is no other package's."""
    top = file.parts[0]
    is_own = top.endswith((".dist-info", ".libs")) or len(set(PACKAGES.get(top, ()))) == 1
    return PurePath(top) if is_own else file


class Environment:
    """A virtual environment that is empty at first."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self._bin = folder / "venv" / "bin"
        self._wheel = wheel
        self.folder = folder
        empty = [sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")]
        subprocess.run(empty, check=True, env=ENV)
        paths = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
        self.packages = Path(sysconfig.get_path("platlib", "venv", paths))

    def run(self, program: str, *arguments: str, stdin: str = "", **env: str) -> Done:
        return subprocess.run(
            [self._bin / program, *arguments],
            cwd=self.folder, input=stdin, env=ENV | env, capture_output=True, text=True,
            timeout=1200, check=False,
        )  # fmt: skip

    def pip(self, *arguments: str, extra: str = "") -> None:
        """Run pip, which finds what our package with ``extra`` needs, and nothing else."""
        [info] = [p for p in zipfile.Path(self._wheel).iterdir() if p.name.endswith(".dist-info")]
        for package in required(PathDistribution(info), extra):
            for name in {
                whole_part(file) for file in package.files or () if ".." not in file.parts
            }:
                link = self.packages / name
                if not link.is_symlink():
                    link.parent.mkdir(parents=True, exist_ok=True)
                    link.symlink_to(str(package.locate_file(name)))
        done = subprocess.run(
            [*PIP, "--python", self._bin / "python", *arguments, "--quiet", "--no-index"],
            env=ENV, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def translator(self, *arguments: str, stdin: str = "", **env: str) -> Done:
        done = self.run("translator", *arguments, stdin=stdin, **env)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def works(self, *arguments: str, stdin: str = "", **env: str) -> str:
        done = self.translator(*arguments, stdin=stdin, **env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def advice(self, *arguments: str) -> list[str]:
        """What pip is to be told, in the one sentence of a command that needs an extra."""
        done = self.translator(*arguments)
        assert (done.returncode, done.stdout) == (5, "")
        [sentence] = done.stderr.splitlines()
        assert "which is not installed: pip install " in sentence
        pip, *told = shlex.split(sentence.rpartition(": ")[2])
        assert pip == "pip"
        return told


@pytest.fixture(scope="module")
def wheel() -> Iterator[Path]:
    """The package."""
    with TemporaryDirectory() as folder:
        command = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder)
        subprocess.run([*PIP, *command, ROOT], check=True, env=ENV)
        [built] = Path(folder).iterdir()
        yield built


@pytest.mark.thorough
def test_each_extra_has_what_its_commands_need_and_the_others_name_theirs(wheel: Path) -> None:
    with TemporaryDirectory() as folder:
        place = Environment(Path(folder), wheel)
        place.pip("install", str(wheel))
        the_client(place)
        for command in NEED_SERVER:
            assert place.advice(*command) == ["install", f"{DISTRIBUTION}[server]"]
        assert place.advice("evaluate", "x") == ["install", f"{DISTRIBUTION}[eval]"]
        assert place.advice("captions") == ["install", f"{DISTRIBUTION}[captions]"]
        local = place.run("python", "-c", "import translator.local")
        assert local.stderr.endswith(f"pip install '{DISTRIBUTION}[server]'\n")
        assert "py.typed" in {Path(name).name for name in zipfile.ZipFile(wheel).namelist()}

        place.pip(*place.advice("serve"), extra="server")
        the_server(place)
        assert place.advice("evaluate", "--help") == ["install", f"{DISTRIBUTION}[eval]"]
        (place.folder / "shop.parquet").write_bytes(b"no Parquet")
        table = place.translator("batch", "shop.parquet", "out.parquet", "--column", "name")
        assert f"pip install '{DISTRIBUTION}[batch]'" in table.stderr

        place.pip("install", f"{DISTRIBUTION}[batch]", extra="batch")
        # It is none, which only who can read one can tell.
        table = place.translator("batch", "shop.parquet", "out.parquet", "--column", "name")
        assert "Parquet" in table.stderr
        assert "pip install" not in table.stderr

        assert place.advice("captions") == ["install", f"{DISTRIBUTION}[captions]"]
        to_obs = ("stream", "--sink", "obs=ws://127.0.0.1:9")
        assert place.advice(*to_obs) == ["install", f"{DISTRIBUTION}[captions]"]
        place.pip(*place.advice("captions"), extra="captions")
        captions(place)

        hears = ("--speech", "no-model")
        for hearing in (("captions", *hears), ("stream", "--audio", "x.wav", *hears)):
            assert place.advice(*hearing) == ["install", f"{DISTRIBUTION}[speech]"]
        # A third of a gigabyte, which an environment for tests may do without.
        if find_spec("faster_whisper") is not None:
            place.pip(*place.advice("captions", *hears), extra="speech")
            assert "no Whisper model" in place.translator("captions", *hears).stderr
        assert place.advice("gateway") == ["install", f"{DISTRIBUTION}[gateway]"]
        place.pip(*place.advice("gateway"), extra="gateway")
        assert "APIs of other translation services" in place.works("gateway", "--help")

        place.pip(*place.advice("evaluate", "x"), extra="eval")
        evaluation(place)


def test_make_build_makes_what_is_released(wheel: Path, tmp_path: Path) -> None:
    """The wheel from the sdist is the wheel from the checkout, and Node has its client."""
    modules = ROOT / "clients" / "node" / "node_modules"
    if shutil.which("npm") is None or not modules.is_dir():
        if os.environ.get("CI"):
            pytest.fail("there is no npm, or make test has not installed clients/node")
        pytest.skip("there is no npm, or make test has not installed clients/node")
    # In a copy: npm writes into the client's folder while it packs, and other tests run there.
    checkout = tmp_path / "checkout"
    made = shutil.ignore_patterns("__pycache__", "node_modules", "protos", "types", "*.tgz")
    for folder in ("translator", "protos", "clients/node"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=made)
    for file in ("Makefile", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(ROOT / file, checkout)
    (checkout / "clients/node/node_modules").symlink_to(modules)
    # What is set up already stays as it is.
    done = ("-o", "setup", "-o", "clients/node/node_modules/.ready")
    subprocess.run(["make", "build", *done, f"VENV={sys.prefix}"], cwd=checkout, check=True)
    version = translator.__version__
    dist = checkout / "dist"
    [tarball] = dist.glob("*.tgz")
    assert tarball.name == f"translator-client-{version}.tgz"
    with tarfile.open(tarball) as packed:
        names = set(packed.getnames())
    assert {"package/src/index.js", "package/types/index.d.ts", "package/LICENSE"} <= names
    assert any(name.endswith("translator_service.proto") for name in names)

    [built] = dist.glob("*.whl")
    [sdist] = dist.glob("*.tar.gz")
    assert built.name.split("-")[1] == version
    out = tmp_path / "from-sdist"
    command = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", out)
    subprocess.run([*PIP, *command, sdist], check=True, env=ENV)
    files = [set(zipfile.ZipFile(file).namelist()) for file in (wheel, built, out / built.name)]
    assert files[0] == files[1] == files[2]


def the_client(place: Environment) -> None:
    """It finds that there is no server, with what it has."""
    code = (
        "from translator.client import TranslatorClient\n"
        "with TranslatorClient('localhost:1') as client:\n"
        "    client.translate(['Hello.'], 'en', 'pt')\n"
    )
    done = place.run("python", "-c", code)
    assert "ConnectionLostError" in done.stderr.splitlines()[-1]


def the_server(place: Environment) -> None:
    # Kernels that the checkout has compiled; they are told by the contents of their files.
    marian = Path("translator", "models", "marian", "__pycache__")
    for file in (ROOT / marian).glob("*.nb?"):
        shutil.copy(file, place.packages / marian)
    for command in ([], *HELPS):
        assert "Usage: translator" in place.works(*command, "--help")
    assert place.works("translate", "Good morning.").strip()
    assert len(place.works("stream", stdin="Good morning. We begin at nine.").splitlines()) == 2
    assert "en-pt" in place.works("models")
    (place.folder / "shop.csv").write_text("sku,name\n007,Blue lamp\n")
    place.works("batch", "shop.csv", "out.csv", "--column", "name", "--no-store")
    assert (place.folder / "out.csv").read_text().startswith("sku,name\n007,")
    serves(place)

    pair, model = embedded_models()[0]
    out = str(place.folder / "converted")
    place.works("models", "convert", str(model), out, "--pair", str(pair))
    assert place.works("translate", "Good morning.", "--model", f"{pair}={out}").strip()
    # What cannot be done here is a sentence too.
    text = place.folder / "text"
    text.write_text("One sentence is too little to learn from.\n")
    failing: list[tuple[str, ...]] = [
        ("serve", "--device", "cuda:99"),
        ("serve", "--model", "en-de=/nowhere"),
        ("models", "pull", "en-de", "--source", "http://127.0.0.1:9"),
        ("models", "remove", "no-such-model"),
        ("models", "open-end", str(model), str(text), "--pair", str(pair), "--steps", "1"),
        ("translate", "Hello.", "--address", "127.0.0.1:1", "--connect-timeout", "1"),
    ]
    for wrong in failing:
        done = place.translator(*wrong)
        assert done.returncode > 1, wrong
        assert done.stderr.splitlines()[-1].startswith("Error: "), done.stderr


def serves(place: Environment) -> None:
    """It answers, and ends with 0 when it is told to."""
    process = subprocess.Popen(
        [place.folder / "venv/bin/translator", "serve", "--port", "0", "--metrics-port", "0"],
        cwd=place.folder, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        assert place.works("translate", "Good morning.", "--address", address).strip()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "translate ended code=OK" in log
    finally:
        process.kill()
        process.communicate()


def captions(place: Environment) -> None:
    """It prints its links, answers there, and ends with 0 when it is told to."""
    process = subprocess.Popen(
        [place.folder / "venv/bin/translator", "captions", "--port", "0"],
        cwd=place.folder, env=ENV | {"TRANSLATOR_FAKE_MODEL": "1"}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        links = dict(process.stdout.readline().split() for _ in range(3))
        assert list(links) == ["speak", "read", "operate"]
        with urllib.request.urlopen(links["read"].partition("#")[0]) as page:
            assert b"captions.css" in page.read()
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
        assert process.returncode == 0, log
    finally:
        process.kill()
        process.communicate()


def evaluation(place: Environment) -> None:
    data = place.folder / "data.jsonl"
    sentences = [{"src": "one two three.", "ref": "ONE TWO THREE."}] * 2
    data.write_text("\n".join(map(json.dumps, sentences)), encoding="utf-8")
    assert "Usage: translator evaluate" in place.works("evaluate", "--help")
    options = ("--from", "xx", "--to", "yy", "--policy", "final-only", "--output", "out")
    assert "BLEU" in place.works("evaluate", str(data), *options, TRANSLATOR_FAKE_MODEL="1")
    assert list((place.folder / "out").glob("*.svg"))
