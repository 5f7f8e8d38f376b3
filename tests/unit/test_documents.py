"""The documents say what the code says."""

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.json_format import Parse
from pydantic_core import PydanticUndefined

import translator
from translator import errors
from translator.access.rules import parse_rules
from translator.captions.v1 import captions_pb2
from translator.cli import main
from translator.cli.errors import EXIT_CODES
from translator.config import Limits, ServerConfig, load_config
from translator.metrics import Metrics
from translator.policy.registry import POLICIES, Latency, resolve
from translator.v1 import (
    batch_pb2,
    models_pb2,
    streaming_pb2,
    translate_pb2,
    translator_service_pb2,
)

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
}
README, PROTOCOL = PAGES["README.md"], PAGES["docs/protocol.md"]
ARCHITECTURE, OPERATIONS = PAGES["docs/architecture.md"], PAGES["docs/operations.md"]
FILES = [module.DESCRIPTOR for module in (batch_pb2, models_pb2, streaming_pb2, translate_pb2)]
MESSAGES = [m for file in FILES for m in file.message_types_by_name.values()]
ENUMS = [e for file in FILES for e in file.enum_types_by_name.values()]
ENUMS += [e for message in MESSAGES for e in message.enum_types]
SCALARS = {
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_DOUBLE: "double",
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_UINT64: "uint64",
}


def fenced(page: str, language: str) -> list[str]:
    """The code blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def section(page: str, heading: str) -> str:
    """What is below a heading, up to the next one."""
    found = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", page, re.DOTALL | re.MULTILINE)
    assert len(found) == 1, f"{len(found)} sections {heading!r}, expected one"
    return str(found[0])


def rows(text: str) -> list[list[str]]:
    """The cells of the first table of a text, without heading and back quotes."""
    table = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert table is not None, f"no table in {text[:60]!r}"
    lines = table.group().splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def type_of(field: FieldDescriptor) -> str:
    message: Descriptor | None = field.message_type
    if message is not None and message.GetOptions().map_entry:
        key, value = message.fields
        return f"map<{type_of(key)}, {type_of(value)}>"
    kind = message or field.enum_type
    name = SCALARS[field.type] if kind is None else kind.name
    return f"repeated {name}" if field.is_repeated else name


# docs/protocol.md and the wire


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: m.name)
def test_every_field_of_a_message_is_explained_with_its_type_and_no_other(
    message: Descriptor,
) -> None:
    told = [row[:2] for row in rows(section(PROTOCOL, message.name))]
    assert told == [[field.name, type_of(field)] for field in message.fields]


@pytest.mark.parametrize("enum", ENUMS, ids=lambda e: e.name)
def test_every_value_of_an_enum_is_explained_and_no_other(enum: EnumDescriptor) -> None:
    name = enum.full_name.removeprefix(f"{enum.file.package}.")
    told = [row[0] for row in rows(section(PROTOCOL, name))]
    assert told == [value.name for value in enum.values]


def test_every_rpc_is_explained_with_its_messages() -> None:
    service = translator_service_pb2.DESCRIPTOR.services_by_name["TranslatorService"]
    told = {row[0]: row[1] for row in rows(section(PROTOCOL, "The service"))}
    assert list(told) == [method.name for method in service.methods]
    for method in service.methods:
        assert method.input_type.name in told[method.name]
        assert method.output_type.name in told[method.name]


def test_no_name_on_the_page_is_unknown_to_the_wire() -> None:
    known = {field.name for message in MESSAGES for field in message.fields}
    known |= {kind.name for kind in [*MESSAGES, *ENUMS]}
    known |= {value.name for enum in ENUMS for value in enum.values}
    known |= {*Limits.model_fields, "correlation_id"}
    known |= {reason for _, reason in on_the_wire()} | {w.removesuffix("…") for w in warnings()}
    told = set(re.findall(r"`(?:CONFIG_IGNORED_)?([a-z]+(?:_[a-z]+)+|[A-Z]+_[A-Z_]+)`", PROTOCOL))
    assert told - known == set()


CAPTIONS = PAGES["docs/captions.md"]
CAPTIONS_MESSAGES = list(captions_pb2.DESCRIPTOR.message_types_by_name.values())


@pytest.mark.parametrize("message", CAPTIONS_MESSAGES, ids=lambda m: m.name)
def test_every_field_of_a_message_of_captions_is_explained(message: Descriptor) -> None:
    told = [row[:2] for row in rows(section(CAPTIONS, message.name))]
    assert told == [[field.name, type_of(field)] for field in message.fields]


def test_the_examples_of_captions_are_messages() -> None:
    viewer, publisher = fenced(CAPTIONS, "json")
    for line in viewer.splitlines():
        Parse(line.removeprefix("< "), captions_pb2.Event())
    for line in publisher.splitlines():
        asks = line.startswith("> ")
        Parse(line[2:], captions_pb2.PublishRequest() if asks else captions_pb2.PublishResponse())


STREAMS, BATCHES = PROTOCOL.split("\n## Batches\n")


@pytest.mark.parametrize(
    ("page", "request_", "response"),
    [
        (
            STREAMS,
            streaming_pb2.StreamingTranslateRequest,
            streaming_pb2.StreamingTranslateResponse,
        ),
        (BATCHES, batch_pb2.BatchTranslateRequest, batch_pb2.BatchTranslateResponse),
    ],
    ids=["streams", "batches"],
)
def test_the_examples_are_messages(page: str, request_: Any, response: Any) -> None:
    lines = [line for block in fenced(page, "json") for line in block.splitlines()]
    assert len(lines) > 5
    for line in lines:
        Parse(line[2:], (request_ if line.startswith("> ") else response)())


def test_the_examples_keep_the_promises() -> None:
    """As one stream: the resumed one goes on after the last revision of the one that broke."""
    texts: dict[int, str] = {}
    lines = "\n".join(fenced(STREAMS, "json")).splitlines()
    responses = [
        Parse(line[2:], streaming_pb2.StreamingTranslateResponse())
        for line in lines
        if line.startswith("< ")
    ]
    updates = [response.target for response in responses if response.HasField("target")]
    for revision, update in enumerate(updates, start=1):
        assert update.revision == revision
        texts[update.segment_id] = texts.get(update.segment_id, "") + update.committed
        assert update.committed_length == len(texts[update.segment_id])
    assert list(texts.values()) == [
        "Bom dia a todos.",
        "Começamos aos nove com o relatório da semana passada.",
    ]


# docs/protocol.md and the rest of the code


def subclasses(kind: type[errors.TranslatorError]) -> Iterator[type[errors.TranslatorError]]:
    yield kind
    for sub in kind.__subclasses__():
        yield from subclasses(sub)


def on_the_wire() -> set[tuple[str, str]]:
    """Status and reason of each error that a server answers with."""
    # A limit is always one of its two kinds, what is not kept one of three; of what an operator has
    # to put right, one is told.
    kinds: list[type[errors.TranslatorError]] = [
        errors.ClientError,
        errors.OverloadedError,
        errors.QuotaExceededError,
        errors.DrainingError,
        errors.IdleError,
        errors.ModelLoadError,
        errors.MarkupNotKeptError,
        errors.TermNotKeptError,
        errors.TooLongError,
        errors.ServiceError,
    ]
    # The captions gateway has its own, which no server of translations answers with.
    found = [e for kind in kinds for e in subclasses(kind) if "captions" not in e.__module__]
    return {(e.status, e.reason) for e in found}


def warnings() -> list[str]:
    """Reasons of the warnings in the code; what is filled in counts as …."""
    found: set[str] = set()
    for path in (ROOT / "translator").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "Warned":
                continue
            if node.args and isinstance(node.args[0], ast.Constant):
                found.add(str(node.args[0].value))
            elif node.args and isinstance(node.args[0], ast.JoinedStr):
                parts = node.args[0].values
                found.add(
                    "".join(str(p.value) if isinstance(p, ast.Constant) else "…" for p in parts)
                )
    return sorted(found)


def test_every_error_is_explained_and_no_other() -> None:
    assert {(row[0], row[1]) for row in rows(section(PROTOCOL, "Errors"))} == on_the_wire()


def test_every_warning_is_explained_and_no_other() -> None:
    assert sorted(row[0] for row in rows(section(PROTOCOL, "Warnings"))) == warnings()


def test_every_limit_is_there_with_its_default() -> None:
    told = {row[0]: row[1] for row in rows(section(PROTOCOL, "Limits"))}
    assert told == {name: str(value) for name, value in Limits().model_dump().items()}


def test_every_policy_is_there_with_its_parameters() -> None:
    told = {tuple(row[:4]) for row in rows(section(PROTOCOL, "Policies"))}
    expected: set[tuple[str, ...]] = set()
    for kind in POLICIES.values():
        for p in kind.parameters:
            expected.add((kind.name, p.name, str(p.default), f"{p.minimum}–{p.maximum}"))
        if not kind.parameters:
            expected.add((kind.name, "", "", ""))
    assert told == expected


@pytest.mark.parametrize("latency", Latency)
def test_a_preset_is_what_the_page_says(latency: Latency) -> None:
    [meaning] = [r[1] for r in rows(section(PROTOCOL, "Latency")) if r[0].endswith(latency.name)]
    choice = resolve(latency)
    parameters = " and ".join(f"`{name}` {value:g}" for name, value in choice.parameters.items())
    assert f"`{choice.name}` with {parameters}." in meaning


# README.md


def test_the_readme_is_short_and_names_the_two_commands() -> None:
    assert len(README.splitlines()) <= 130
    assert "make demo " in fenced(README, "sh")[0]
    assert "make test " in fenced(README, "sh")[0]


# docs/operations.md


def default_of(name: str) -> str:
    default = ServerConfig.model_fields[name].default
    if name in ("models", "store"):
        return {"models": "the embedded", "store": "of the user"}[name]
    if default is PydanticUndefined or isinstance(default, Limits):
        return "[table](protocol.md#limits)"
    if isinstance(default, tuple):
        return ", ".join(default)
    return "none" if default is None else str(default).lower()


def test_every_setting_is_there_with_its_option_and_default() -> None:
    options = options_of("serve")
    told = rows(section(OPERATIONS, "Settings"))
    assert [row[0] for row in told] == list(ServerConfig.model_fields)
    for name, option, default, _ in told:
        expected = "--model" if name == "models" else "--" + name.replace("_", "-")
        assert option == (expected if expected in options else "")
        assert default == default_of(name)


def test_the_settings_file_of_the_page_is_one(tmp_path: Path) -> None:
    example, rules = fenced(OPERATIONS, "toml")
    assert parse_rules(rules, "the page").names == ["desk", "gateway"]
    file = tmp_path / "translator.toml"
    file.write_text(example, encoding="utf-8")
    config = load_config(file)
    assert config.models == ("en-de=/models/ende", "de-en=/models/deen")
    assert config.limits.max_sessions == 100


def test_every_metric_is_named() -> None:
    kinds = {"counter": "_total", "info": "_info"}
    expected = {
        family.name + kinds.get(family.type, "")
        for family in Metrics().registry.collect()
        if family.name.startswith("translator_") and not family.name.endswith("_created")
    }
    told = re.findall(r"`(translator_\w+)`", section(OPERATIONS, "Metrics"))
    assert sorted(told) == sorted(expected)


# docs/index.md and docs/versioning.md


def test_every_page_is_in_the_index() -> None:
    told = set(re.findall(r"^\| \[[^\]]+\]\(([^)#]+)\)", PAGES["docs/index.md"], re.MULTILINE))
    there = {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md"}
    assert {name for name in told if "/" not in name} == there


def test_the_modules_of_the_python_api_name_their_parts() -> None:
    [told] = re.findall(
        r"^\*\*The Python API\*\* (.*?)\n\n", PAGES["docs/versioning.md"], re.M | re.S
    )
    modules = re.findall(r"`(translator\.[\w.]+)`", told)
    assert {"translator.client", "translator.asr", "translator.errors"} <= set(modules)
    for name in modules:
        path = ROOT / name.replace(".", "/")
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        assert re.search(r"^__all__ = \[\s*\"", file.read_text("utf-8"), re.MULTILINE), name


# docs/command-line.md


def test_every_exit_code_is_explained_and_no_other() -> None:
    told = {int(row[0]) for row in rows(section(PAGES["docs/command-line.md"], "Exit codes"))}
    # 0 and Ctrl-C are no errors.
    assert told == {0, 130} | {code for _, code in EXIT_CODES}


# docs/architecture.md


def test_every_file_of_the_package_is_in_the_layout_and_no_other() -> None:
    told: set[str] = set()
    folders: list[str] = []
    for line in fenced(ARCHITECTURE, "")[0].splitlines():
        # Two spaces a level; a line has either a folder or files, and perhaps what they are for.
        level = (len(line) - len(line.lstrip())) // 2
        del folders[level:]
        if (name := line.split()[0]).endswith("/"):
            folders.append(name)
        else:
            told |= {"".join(folders) + file for file in re.findall(r"\w+\.py", line)}
    package = ROOT / "translator"
    files = [path for path in package.rglob("*.py") if "v1" not in path.parts]
    # Those of the parts of the package hold a docstring, and what the part exports.
    there = {path for path in files if path.name != "__init__.py"} | {package / "__init__.py"}
    assert told == {path.relative_to(ROOT).as_posix() for path in there}


# All documents


def options_of(command: str, *words: str) -> set[str]:
    """Of a command, or of the one below it that the words begin with."""
    found = main.get_command(click.Context(main), command)
    assert found is not None, f"there is no command {command!r}"
    if isinstance(found, click.Group) and words and not words[0].startswith("-"):
        name = words[0]
        found = found.get_command(click.Context(found), name)
        assert found is not None, f"there is no command {command} {name!r}"
    return {option for parameter in found.params for option in parameter.opts} | {"--help"}


def shell_lines() -> Iterator[tuple[str, str]]:
    """Each command line of the documents, continued lines joined, with its page."""
    for name, page in PAGES.items():
        code = fenced(page, "sh") + re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page)
        for block in code:
            for line in block.replace("\\\n", " ").splitlines():
                yield name, line


def test_every_command_of_the_documents_takes_its_options() -> None:
    seen: set[str] = set()
    for name, line in shell_lines():
        match = re.search(r"(?:^|\|\s*)(?:\.venv/bin/)?translator (\w.*)", line)
        if match is None:
            continue
        command, *words = shlex.split(match[1], comments=True)
        seen.add(command)
        for option in (word.split("=")[0] for word in words if word.startswith("--")):
            assert option in options_of(command, *words), f"{name}: {line}"
        for word in words:
            if word.startswith("examples/"):
                assert (ROOT / word).is_file(), f"{name}: {line}"
    assert seen == set(main.list_commands(click.Context(main)))


def test_every_make_target_of_the_documents_is_one() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    there = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    told = {
        (name, target)
        for name, line in shell_lines()
        if line.startswith("make ")
        for target in shlex.split(line, comments=True)[1:]
    }
    assert {"demo", "test", "check"} <= {target for _, target in told}
    assert {(name, target) for name, target in told if target not in there} == set()
    for target in re.findall(r"^\| `make ([a-z-]+)`", PAGES["CONTRIBUTING.md"], re.MULTILINE):
        there.remove(target)
    assert there == set(), "not in the table of CONTRIBUTING.md"


def anchors(page: str) -> set[str]:
    """Headings as GitHub makes anchors of them."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    }


def links() -> Iterator[tuple[str, str]]:
    for name, page in PAGES.items():
        prose = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            if not re.match(r"[a-z]+:", target):
                yield name, target


@pytest.mark.parametrize(("page", "target"), sorted(set(links())))
def test_a_link_leads_somewhere(page: str, target: str) -> None:
    path, _, anchor = target.partition("#")
    file = (ROOT / page).parent / path if path else ROOT / page
    assert file.exists(), f"{page}: {target}"
    if anchor:
        assert anchor in anchors(file.read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(PAGES))
def test_python_in_the_documents_compiles(name: str) -> None:
    for number, code in enumerate(fenced(PAGES[name], "python")):
        assert compile(code, f"{name}:{number}", "exec")


def test_the_newest_version_of_the_changelog_is_the_package_s() -> None:
    [newest, *_] = re.findall(r"^## \[(\d[^\]]*)\]", PAGES["CHANGELOG.md"], re.MULTILINE)
    assert newest == translator.__version__


def test_the_licence_is_apache_2_and_the_project_says_so() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
