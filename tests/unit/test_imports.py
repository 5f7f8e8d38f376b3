"""Who imports whom, and what every error has to have."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grpc
import pytest

import translator
from translator import errors

pytestmark = pytest.mark.unit

ROOT = Path(translator.__file__).parent
MODULES = [
    path.relative_to(ROOT).as_posix()
    for path in sorted(ROOT.rglob("*.py"))
    if not path.relative_to(ROOT).as_posix().startswith(("v1/", "captions/v1/"))
]

ARCHITECTURE = ROOT.parent / "docs" / "architecture.md"


@cache
def nodes_of(path: str) -> list[ast.AST]:
    """All nodes of a module's syntax tree: parsed in the first test that asks, not in each."""
    return list(ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))))


@cache
def lines_of_imports(path: str) -> list[tuple[int, str]]:
    """Full names of all modules that are imported anywhere in a module, each with its line."""
    found: list[tuple[int, str]] = []
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found += ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.append((node.lineno, node.module or ""))
            # ``from translator.models import loading`` imports a module too.
            found += ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
    return found


def imports(path: str) -> Iterator[str]:
    """The names alone."""
    return (name for _, name in lines_of_imports(path))


def part_of(path: str) -> str:
    return path.split("/")[0]


def importers(*packages: str) -> set[str]:
    return {
        path for path in MODULES if any(name.split(".")[0] in packages for name in imports(path))
    }


def within(paths: set[str], *places: str) -> set[str]:
    """Those of ``paths`` that are in none of the files and folders."""
    return {path for path in paths if not path.startswith(places)}


def test_the_modules_are_found() -> None:
    assert {"errors.py", "session/session.py", "engine/runner.py"} <= set(MODULES)


def table() -> dict[str, set[str]]:
    """What each part may import, as the page on architecture says, lowest floor first."""
    page = ARCHITECTURE.read_text(encoding="utf-8")
    section = page.split("## Who imports whom")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|(.*)\|$", section, flags=re.MULTILINE)
    return {part: set(re.findall(r"`(\w+)`", allowed)) for part, allowed in rows}


def edges() -> Iterator[tuple[str, str, str]]:
    """Each import of a part by another: who, whom, and file and line."""
    for path in MODULES:
        part = part_of(path).removesuffix(".py")
        for line, name in lines_of_imports(path):
            package, *rest = name.split(".")
            # Generated code is on the lowest floor, wherever its contract has it.
            whom = "v1" if rest[:2] == ["captions", "v1"] else rest[0] if rest else part
            # What the package itself says, such as its version, is for all.
            if package == "translator" and whom not in {part, "__version__", "DISTRIBUTION"}:
                yield part, whom, f"translator/{path}:{line}"


def test_each_part_imports_what_the_table_says_it_may() -> None:
    told = table()
    wrong = [
        f"{where}: `{part}` may import {sorted(told.get(part, set()))}, not `{whom}`"
        for part, whom, where in edges()
        if whom not in told.get(part, set())
    ]
    assert not wrong, "against docs/architecture.md, Who imports whom:\n" + "\n".join(wrong)


def test_the_table_allows_nothing_that_nobody_needs() -> None:
    needed = {(part, whom) for part, whom, _ in edges()}
    assert {(part, whom) for part, allowed in table().items() for whom in allowed} <= needed


def test_no_import_runs_upwards() -> None:
    below: set[str] = set()
    for part, allowed in table().items():
        assert allowed <= below, f"`{part}` imports {sorted(allowed - below)}, which are not below"
        below.add(part)


@pytest.mark.parametrize("path", MODULES)
def test_only_models_are_seen_by_what_they_promise(path: str) -> None:
    if part_of(path) in {"engine", "session"}:
        of_models = {n for n in imports(path) if n.startswith("translator.models")}
        promised = ("translator.models.base", "translator.models.info")
        assert all(n.startswith(promised) for n in of_models)


def test_a_session_is_loaded_without_tensors_and_without_a_network() -> None:
    assert loaded("translator.session.session", "torch", "numpy", "google", "grpc", "asyncio") == []


def test_terms_are_loaded_without_tensors_and_without_a_network() -> None:
    names = ("torch", "numpy", "google", "grpc", "asyncio", "translator.models")
    assert loaded("translator.terms.folder, translator.terms.check", *names) == []


def test_only_the_runner_and_models_know_torch() -> None:
    known = importers("torch", "transformers", "numpy", "sentencepiece")
    allowed = (
        "engine/runner.py",
        "models/",
        "server/app.py",
        "text/tokenizer.py",
        "training/",
        # Aligns words, ten million pairs for a lecture; and draws sentences, a million.
        "eval/longform.py",
        "eval/interval.py",
        # Samples of sound.
        "speech/",
    )
    assert within(known, *allowed) == set()
    assert "text/tokenizer.py" not in importers("torch", "numpy")
    uses = {
        ast.unparse(node)
        for node in nodes_of("server/app.py")
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "torch"
    }
    assert uses <= {"torch.set_num_threads"}


def test_transformers_is_imported_where_its_models_are() -> None:
    known = importers("transformers")
    assert within(known, "models/huggingface/", "models/pretrained/") == set()


def test_one_module_knows_the_html_tokenizer() -> None:
    assert importers("turbohtml") == {"documents/html_tokens.py"}


def test_asyncio_stays_at_the_border() -> None:
    border = (
        "engine/async_engine.py",
        "service/",
        "fronts/",
        "server/",
        "client/",
        "cli/",
        "eval/remote.py",
        "captions/",
        "speech/listening.py",
    )
    rooms = ("events", "language_log", "transcript", "room", "mirror")
    wire = ("requests", "responses", "facts", "links")
    texts = ("layout", "pairs", "cues", "presets", "subtitle_files", "hls", "sinks/feed")
    pure = {f"captions/{name}.py" for name in (*rooms, *wire, *texts)}
    assert not importers("asyncio") & pure
    found = within(importers("asyncio"), *border)
    assert found <= {"testing.py"}


def test_protobuf_and_grpc_stay_at_the_border() -> None:
    known = importers("google", "grpc", "grpc_status")
    gateway = ("captions/requests.py", "captions/responses.py", "captions/rpc.py")
    fronts = ("fronts/grpc/", "fronts/rpc/")
    assert within(known, *fronts, "server/", "client/", "status.py", *gateway) == set()
    with_health = ("server/app.py", "captions/rpc.py")
    assert within(importers("grpc_health", "grpc_reflection"), *with_health) == set()


def test_only_the_configuration_reads_the_environment() -> None:
    for path in MODULES:
        names = {ast.unparse(node) for node in nodes_of(path) if isinstance(node, ast.Attribute)}
        # gRPC is told by it how much to say.
        if path not in {"config.py", "log.py"}:
            assert not names & {"os.environ", "os.getenv", "os.environb"}, path
            assert "os.environ" not in set(imports(path)), path


def test_only_the_command_line_prints_and_sets_up_logging() -> None:
    for path in MODULES:
        called = {ast.unparse(node.func) for node in nodes_of(path) if isinstance(node, ast.Call)}
        if part_of(path) != "cli":
            assert not called & {"print", "click.echo"}, path
            if path != "log.py":
                assert "logging.basicConfig" not in called, path


def loaded(module: str, *names: str) -> list[str]:
    """Which of these, or of what is in them, a new process has when it has imported a module."""
    code = f"import sys, {module}; print(*sorted(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    found = result.stdout.split()
    return [name for name in names if any(f"{m}.".startswith(f"{name}.") for m in found)]


@pytest.mark.parametrize("module", ["translator", "translator.client", "translator.errors"])
def test_a_client_imports_nothing_of_the_server(module: str) -> None:
    libraries = ("torch", "numpy", "sentencepiece", "sentencex", "pydantic", "prometheus_client")
    ours = ("translator.server", "translator.service", "translator.session", "translator.text")
    assert loaded(module, *libraries, *ours) == []


def subclasses(of: type[errors.TranslatorError]) -> Iterator[type[errors.TranslatorError]]:
    yield of
    for each in of.__subclasses__():
        yield from subclasses(each)


ERRORS = [e for e in subclasses(errors.TranslatorError) if e.__module__.startswith("translator.")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_has_a_status_and_a_reason(error: type[errors.TranslatorError]) -> None:
    assert error.status in grpc.StatusCode.__members__
    assert error.status != "OK"
    assert re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", error.reason)


def test_every_error_is_exported_and_drawn_in_the_tree() -> None:
    here = {e.__name__ for e in ERRORS if e.__module__ == "translator.errors"}
    assert here <= set(errors.__all__)
    assert here <= set(re.findall(r"\w+Error", errors.__doc__ or ""))
