"""Who imports whom, and what every error has to have."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

import translator
from translator import errors

pytestmark = pytest.mark.unit

ROOT = Path(translator.__file__).parent
MODULES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(ROOT.rglob("*.py"))
    if not path.relative_to(ROOT).as_posix().startswith("v1/")
}

# Top-level packages and modules of this package that each part may import, besides itself.
EVERYONE = {"errors", "precision", "config", "log", "metrics", "__init__"}
LIBRARY = {
    "errors.py": set(),
    "precision.py": set(),
    "config.py": {"errors", "log", "models", "precision"},
    "log.py": {"errors", "config"},
    "metrics.py": {"errors", "config", "__init__"},
    "text": {"errors", "models"},
    "policy": {"errors", "text"},
    "models": {"errors", "precision", "text"},
    "store": {"errors", "models", "__init__"},
    "engine": {*EVERYONE, "models"},
    "session": {*EVERYONE, "engine", "models", "policy", "text"},
    "server": {*EVERYONE, "engine", "models", "policy", "session", "store", "text", "v1"},
    "client": {"errors", "v1", "__init__"},
    "testing.py": {*EVERYONE, "server", "engine", "models", "text"},
    "cli": {
        "asr",
        *EVERYONE,
        "server",
        "client",
        "testing",
        "models",
        "batch",
        "eval",
        "policy",
        "store",
        "training",
        "__main__",
    },
    "__main__.py": {"cli", "__init__"},
    "asr": set(),
    "batch": {*EVERYONE, "engine", "session", "text", "eval", "models"},
    "training": {"errors", "engine", "models", "text"},
    # Replaying drives sessions or a client; the metrics themselves need only the log and text.
    "eval": {"errors", "asr", "client", "text", "engine", "session", "models", "policy"},
}


def imports(tree: ast.Module) -> Iterator[str]:
    """Full names of all modules that are imported anywhere in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            # ``from translator.models import loading`` imports a module too.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(path: str) -> str:
    return path.split("/")[0]


def importers(*packages: str) -> set[str]:
    return {
        path
        for path, tree in MODULES.items()
        if any(name.split(".")[0] in packages for name in imports(tree))
    }


def within(paths: set[str], *places: str) -> set[str]:
    """Those of ``paths`` that are in none of the files and folders."""
    return {path for path in paths if not path.startswith(places)}


def test_the_modules_are_found() -> None:
    assert {"errors.py", "session/session.py", "engine/runner.py"} <= set(MODULES)


@pytest.mark.parametrize("path", MODULES)
def test_each_part_imports_only_the_parts_it_may(path: str) -> None:
    part = part_of(path)
    if part == "__init__.py":
        assert not any(name.startswith("translator.") for name in imports(MODULES[path]))
        return
    own = {
        name.split(".")[1] for name in imports(MODULES[path]) if name.startswith("translator.")
    } - {part.removesuffix(".py"), "__version__", "DISTRIBUTION"}
    # The server serves the test kit's fake model when it is told to.
    lazily = {"testing"} if path == "server/app.py" else set()
    assert own <= LIBRARY[part] | lazily


def test_serving_does_not_import_the_test_kit_at_the_top() -> None:
    for path, tree in MODULES.items():
        top = ast.Module([n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)], [])
        if path != "testing.py":
            assert not any(name.startswith("translator.testing") for name in imports(top)), path


def test_text_knows_of_models_only_what_they_promise() -> None:
    for path, tree in MODULES.items():
        if part_of(path) in {"text", "policy", "session", "engine"}:
            of_models = {n for n in imports(tree) if n.startswith("translator.models")}
            assert all(n.startswith("translator.models.base") for n in of_models), path


def test_only_the_runner_and_models_know_torch() -> None:
    known = importers("torch", "transformers", "numpy", "sentencepiece")
    allowed = ("engine/runner.py", "models/", "testing.py", "server/app.py", "text/tokenizer.py")
    allowed += ("training/",)
    # Aligns words, ten million pairs for a lecture; and draws sentences, a million.
    allowed += ("eval/longform.py", "eval/interval.py")
    assert within(known, *allowed) == set()
    assert "text/tokenizer.py" not in importers("torch", "numpy")
    uses = {
        ast.unparse(node)
        for node in ast.walk(MODULES["server/app.py"])
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "torch"
    }
    assert uses <= {"torch.set_num_threads"}


def test_transformers_is_imported_where_its_models_are() -> None:
    known = importers("transformers")
    assert within(known, "models/huggingface/", "models/pretrained/") == set()


def test_asyncio_stays_at_the_border() -> None:
    border = ("engine/async_engine.py", "server/", "client/", "cli/", "eval/remote.py")
    found = within(importers("asyncio"), *border)
    assert found <= {"testing.py"}


def test_protobuf_and_grpc_stay_at_the_border() -> None:
    assert within(importers("google", "grpc", "grpc_status"), "server/", "client/") == set()


def test_only_the_configuration_reads_the_environment() -> None:
    for path, tree in MODULES.items():
        names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        if path != "config.py":
            assert not names & {"os.environ", "os.getenv", "os.environb"}, path
            assert "os.environ" not in set(imports(tree)), path


def test_only_the_command_line_prints_and_sets_up_logging() -> None:
    for path, tree in MODULES.items():
        called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        if part_of(path) != "cli":
            assert not called & {"print", "click.echo"}, path
            if path != "log.py":
                assert "logging.basicConfig" not in called, path


@pytest.mark.parametrize("module", ["translator", "translator.client", "translator.errors"])
def test_a_client_imports_nothing_of_the_server(module: str) -> None:
    code = (
        f"import sys, {module}; print(*sorted(m for m in sys.modules if m.split('.')[0] in "
        "{'torch', 'numpy', 'sentencepiece', 'sentencex', 'pydantic', 'prometheus_client'} "
        "or m.startswith(('translator.server', 'translator.engine', 'translator.session'))))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.split() == []


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
