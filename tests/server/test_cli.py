"""The commands as a person or a script runs them, each in a process of its own."""

import asyncio
import json
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import CliRunner

from tests.server.processes import CLEAN, COMMAND, serving, serving_here
from tests.server.wire import config
from translator.access.caller import Role
from translator.access.key_file import add_key
from translator.cli import main
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

pytestmark = pytest.mark.server


def run(
    *arguments: str, stdin: str | bytes = b"", **env: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        timeout=60,
        env=CLEAN | env,
        check=False,
    )


def run_here(*given: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """The command in this process, which has imported torch and more already."""
    clean = dict.fromkeys(os.environ.keys() - CLEAN.keys())
    done = CliRunner().invoke(main, given, prog_name="translator", env={**clean, **env})
    return subprocess.CompletedProcess(
        given, done.exit_code, done.stdout_bytes, done.stderr_bytes or b""
    )


def evaluate(*arguments: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    return run_here("evaluate", *arguments, **env)


def test_serve_prints_one_line_and_ends_with_0_on_sigterm() -> None:
    with serving("--fake-model", "--drain-grace-s", "0.2") as (_, process):
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=20)
        assert (process.returncode, rest) == (0, b"")
        assert b"draining" in errors


def test_piped_text_becomes_a_line_for_each_segment(address: str) -> None:
    options = ("--address", address, "--from", "xx", "--to", "yy")
    done = run("stream", *options, stdin="one two. three four. five")
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == ["ONE TWO.", "THREE FOUR.", "FIVE~."]
    assert b"5 source words" in done.stderr


def test_several_targets_are_told_apart(address: str) -> None:
    options = ("--address", address, "--from", "xx", "--to", "yy", "--to", "zz", "--no-summary")
    done = run("stream", *options, stdin="one.")
    assert sorted(done.stdout.decode().splitlines()) == ["yy\tONE.", "zz\tONE."]
    assert done.stderr == b""


def test_json_prints_every_event(address: str, tmp_path: Path) -> None:
    talk = tmp_path / "talk.txt"
    talk.write_text("one two three. four", encoding="utf-8")
    done = run(
        "stream", str(talk), "--address", address, "--from", "xx", "--to", "yy", "--json",
        "--words-per-second", "40", "--policy", "local-agreement:n=2", "--no-summary",
    )  # fmt: skip
    events = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [events[0]["event"], events[-1]["event"]] == ["started", "report"]
    assert events[0]["targets"][0]["policy"]["parameters"] == {"n": 2.0}
    updates = [e for e in events if e["event"] == "update"]
    assert [u["text"] for u in updates if u["closed"]] == ["ONE TWO THREE.", "FOUR~."]
    assert any(u["draft"] for u in updates)


def test_the_pace_is_words_per_second(address: str) -> None:
    began = time.monotonic()
    options = ("--address", address, "--from", "xx", "--to", "yy", "--words-per-second", "10")
    done = run("stream", *options, stdin="w " * 10)
    assert done.returncode == 0
    assert time.monotonic() - began >= 0.9


def test_a_terminal_shows_the_draft_dimmed(address: str) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "stream", "--address", address, "--from", "xx", "--to", "yy", "--no-summary"],
        stdin=subprocess.PIPE,
        stdout=slave,
        env=CLEAN | {"TERM": "xterm-256color", "COLUMNS": "80"},
    )
    os.close(slave)
    assert process.stdin is not None
    shown = b""
    words = {"one ": b"one", "two ": b"two", "three four ": b"\x1b[2m", "five.": b""}
    for word, shows in words.items():
        process.stdin.write(word.encode())
        process.stdin.flush()
        while shows not in shown:
            shown += os.read(master, 65_536)
    process.stdin.close()
    try:
        while block := os.read(master, 65_536):
            shown += block
    except OSError:
        # How Linux says that the other side of a terminal is closed.
        pass
    os.close(master)
    assert process.wait(20) == 0
    assert b"\x1b[2m" in shown
    assert b"ONE TWO THREE FOUR FIVE." in shown
    # The source in colour above it, as it grows.
    assert "\x1b[36m› one two three".encode() in shown
    assert shown.rindex("› one two three four five.".encode()) < shown.rindex(b"ONE TWO THREE FOUR")


def test_translate_detects_the_language_and_gives_alternatives(address: str) -> None:
    options = ("--address", address, "--from", "und", "--to", "yy", "--alternatives", "2")
    done = run("translate", *options, "a dog runs.", "a " * 30_000, "a.")
    first, *others, failed, last = done.stdout.decode().splitlines()
    # Together with it the third is too long as well.
    assert (first, failed, last) == ("A DOG RUNS.", "", "")
    assert {*others} == {"  A GOD RUNS.", "  A DOG SNUR."}
    # One that fails is told, and the others go on.
    assert (done.returncode, "texts[1]" in done.stderr.decode()) == (2, True)


def test_translate_takes_arguments_or_standard_input(address: str) -> None:
    options = ("--address", address, "--from", "xx", "--to", "yy")
    assert run("translate", *options, "a b.", "c.").stdout == b"A B.\nC.\n"
    assert run("translate", *options, stdin="a b.\n\nc.\n").stdout == b"A B.\n\nC.\n"
    assert run("translate", *options, stdin=b"caf\xe9.\n").stdout.decode() == "CAF\ufffd.\n"


def test_translate_goes_on_after_a_line_that_fails(address: str) -> None:
    options = ("--address", address, "--from", "xx", "--to", "yy")
    done = run("translate", *options, stdin=f"a b.\n{'a ' * 30_000}\nc.\nno end")
    assert done.stdout == b"A B.\n\nC.\nNO END~.\n"
    assert (done.returncode, "line 2: " in done.stderr.decode()) == (2, True)


def test_translate_takes_text_with_a_dash_a_glossary_and_a_page(
    address: str, tmp_path: Path
) -> None:
    options = ("--address", address, "--from", "xx", "--to", "yy")
    assert run("translate", *options, "- a b.", "-5 a.").stdout == b"- A B.\n-5 A.\n"
    terms, page = tmp_path / "terms.csv", tmp_path / "page.html"
    terms.write_text("cat,gato\n")
    page.write_text("<p>the <b>cat</b> sat.</p>\n")
    done = run("translate", *options, "--glossary", str(terms), "--html", str(page))
    assert done.stdout == b"<p>THE <b>gato</b> SAT.</p>\n"
    kept = run("translate", *options, "--markup", "i18next", "The $t(common. book) is red.")
    assert kept.stdout == b"THE $t(common. book) IS RED.\n"
    wrapped = run("translate", *options, "--wrapped", stdin="one\ntwo.\n")
    assert wrapped.stdout.split() == [b"ONE", b"TWO."]


def test_translate_tells_of_a_glossary_that_is_none(address: str, tmp_path: Path) -> None:
    options = ("--address", address, "--from", "xx", "--to", "yy", "a cat.")
    terms = tmp_path / "terms.csv"
    terms.write_text('"cat,gato\n')
    done = run("translate", *options, "--glossary", str(terms))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"Error: glossary: {terms}: row 1: a quote is not closed\n"
    done = run("translate", *options, "--server-glossary", "shop")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"Error: glossaries: there is no glossary 'shop'; this server has none\n"


def test_models_lists_models_and_policies(address: str) -> None:
    listed = run("models", "--address", address).stdout.decode()
    assert "xx-yy" in listed
    assert "local-agreement" in listed


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("translate", "--from", "xx", "--to", "ww", "a"), 2, "xx to ww"),
        (("translate", "--nonsense"), 2, "--nonsense"),
        (("stream", "--policy", "guess"), 2, "policy.named.name"),
        (("stream", "--policy", "local-agreement:n=many"), 2, "n=many"),
        (("stream", "/no/such/file"), 2, "/no/such/file"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_2(
    address: str, arguments: tuple[str, ...], code: int, says: str
) -> None:
    given = list(arguments)
    if "--nonsense" not in given:
        given += ["--address", address]
    if given[0] == "stream":
        given += ["--from", "xx", "--to", "yy"]
    done = run(*given)
    assert done.returncode == code
    assert says in done.stderr.decode()
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["translate", "stream", "models"])
def test_no_server_is_told_at_once_and_is_exit_3(command: str) -> None:
    done = run(command, "--address", "127.0.0.1:1", "--connect-timeout", "0.3", stdin="a")
    assert done.returncode == 3
    assert done.stdout == b""
    assert done.stderr.decode().splitlines() == [
        "connecting to 127.0.0.1:1, for up to 0.3 s: Connection refused",
        "Error: 127.0.0.1:1 could not be reached within 0.3 s: Connection refused",
    ]


@pytest.mark.parametrize("text", ["one two\nthree\n\nfour", "one two\r\nthree\r\n\r\nfour\r\n"])
def test_a_line_is_a_segment(address: str, text: str) -> None:
    options = ("--address", address, "--from", "xx", "--to", "yy", "--lines", "--no-summary")
    done = run("stream", *options, stdin=text)
    assert done.stdout.decode().splitlines() == ["ONE TWO~.", "THREE~.", "FOUR~."]
    paced = run("stream", *options, "--words-per-second", "50", stdin=text)
    assert paced.stdout == done.stdout


@pytest.mark.parametrize(
    ("arguments", "env", "says"),
    [
        (("--model", "en-de="), {}, "PAIR=FOLDER"),
        (("--model", "german=/models"), {}, "such as en-de"),
        (("--model", "en-de", "--store", "/nowhere"), {}, "`translator models pull en-de`"),
        (("--model", "en-de=/no/such/folder"), {}, "/no/such/folder"),
        (("--port", "70000"), {}, "port"),
        (("--model-memory", "much"), {}, "model_memory"),
        (("--model-memory", "9MiB"), {}, "of memory, more than the 9 MiB of model_memory: raise"),
        ((), {"TRANSLATOR_THREADS": "none"}, "threads"),
        ((), {"TRANSLATOR_PROT": "1"}, "TRANSLATOR_PROT"),
        ((), {"TRANSLATOR_LIMITS__MAX_SESSIONS": "0"}, "limits.max_sessions"),
        (("--config", "/no/such.toml"), {}, "/no/such.toml"),
    ],
)
def test_a_wrong_set_up_is_one_sentence_and_exit_5(
    arguments: tuple[str, ...], env: dict[str, str], says: str
) -> None:
    done = run_here("serve", *arguments, **env)
    assert done.returncode == 5
    [sentence] = done.stderr.decode().splitlines()
    assert sentence.startswith("Error: ")
    assert says in sentence


def test_a_truncated_model_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "model.ende.intgemm.alphas.bin").write_bytes(b"\x01\0\0")
    (tmp_path / "vocab.ende.spm").write_bytes(b"x")
    done = run_here("serve", "--model", f"en-de={tmp_path}")
    assert done.returncode == 5
    assert len(done.stderr.decode().strip().splitlines()) == 1
    assert str(tmp_path) in done.stderr.decode()


def test_a_bad_model_beside_a_good_one_does_not_keep_a_server_from_starting() -> None:
    from translator.models.embedded import embedded_models

    pair, folder = embedded_models()[0]
    given = ("--model", "en-de=/no/such/folder", "--model", f"{pair}={folder}")
    with serving(*given, "--no-preload", "--model-memory", "1GiB") as (address, process):
        wide = {"COLUMNS": "200"}
        listed = run_here("models", "--address", address, **wide).stdout.decode()
        assert re.search(r" \(\d+ MiB\) ", listed)
        options = ("--address", address, "--from", pair.source, "--to", pair.target)
        assert run_here("translate", *options, "Hello.").returncode == 0
        listed = run_here("models", "--address", address, **wide).stdout.decode()
        assert re.search(r" \d+ MiB ", listed)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
        assert b"a model is not offered: /no/such/folder: no such folder" in errors
        assert b"Traceback" not in errors


def test_settings_come_from_the_file_then_environment_then_command(tmp_path: Path) -> None:
    from translator.config import load_config

    file = tmp_path / "server.toml"
    file.write_text("port = 1\nthreads = 1\nheartbeat_s = 5\n[limits]\nmax_targets = 2\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRANSLATOR_PORT", "2")
        patch.setenv("TRANSLATOR_THREADS", "3")
        patch.setenv("TRANSLATOR_MODEL_MEMORY", "1.5GiB")
        config = load_config(file, {"port": 4})
    assert (config.port, config.threads, config.heartbeat_s) == (4, 3, 5.0)
    assert config.limits.max_targets == 2
    assert config.model_memory == 3 * 2**29


def test_ctrl_c_is_exit_130_without_a_traceback(address: str) -> None:
    process = subprocess.Popen(
        [*COMMAND, "stream", "--address", address, "--from", "xx", "--to", "yy"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=CLEAN,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"one two. and ")
    process.stdin.flush()
    assert process.stdout.readline() == b"ONE TWO.\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in errors


def test_what_is_typed_into_a_terminal_stands_above_its_translation(address: str) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "stream", "--address", address, "--from", "xx", "--to", "yy", "--no-summary"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=CLEAN | {"TERM": "xterm-256color", "COLUMNS": "80"},
    )
    os.close(slave)
    shown = b""

    def read_until(text: str) -> None:
        nonlocal shown
        while text.encode() not in shown:
            shown += os.read(master, 65_536)

    read_until("Enter sends the line")
    # With a key that does nothing, and some that delete.
    os.write(master, b"one two. thref\x1b[D\x7fe and more\x17\x17")
    read_until("› one two. three")
    os.write(master, b"\n")
    read_until("ONE TWO.")
    # What is typed meanwhile stays in the last line.
    os.write(master, "four ã".encode())
    read_until("› four ã")
    os.write(master, b"\x04")
    try:
        while block := os.read(master, 65_536):
            shown += block
    except OSError:
        # How Linux says that the other side of a terminal is closed.
        pass
    os.close(master)
    assert process.wait(20) == 0
    assert shown.index("› one two. three".encode()) < shown.index(b"ONE TWO.")
    assert "THREE FOUR Ã~.".encode() in shown
    assert b"Traceback" not in shown


@pytest.mark.thorough
def test_an_evaluation_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    rows = [{"src": f"sentence {i} is here.", "ref": f"SENTENCE {i} IS HERE."} for i in range(6)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    options = ["--from", "xx", "--to", "yy", "--policy", "local-agreement:n=2"]
    options += ["--output", str(tmp_path / "out")]
    first = evaluate(str(data), *options, "--limit", "4", TRANSLATOR_FAKE_MODEL="1")
    assert first.returncode == 0, first.stderr
    log = tmp_path / "out" / "data.xx-yy.local-agreement-n2.next-word.jsonl"
    before = log.read_text(encoding="utf-8")
    assert len(before.splitlines()) == 4
    again = evaluate(str(data), *options, TRANSLATOR_FAKE_MODEL="1")
    assert again.returncode == 0
    assert log.read_text(encoding="utf-8").startswith(before)
    assert len(log.read_text(encoding="utf-8").splitlines()) == 6
    assert b"100.00" in again.stdout
    assert (tmp_path / "out" / "data.xx-yy.svg").exists()
    in_processes = run(
        "evaluate", str(data), *options[:-1], str(tmp_path / "both"), "--processes", "2",
        "--jobs", "2", TRANSLATOR_FAKE_MODEL="1",
    )  # fmt: skip
    assert in_processes.returncode == 0, in_processes.stderr
    assert b"100.00" in in_processes.stdout
    other = tmp_path / "both" / "data.xx-yy.local-agreement-n2.next-word.jsonl"
    texts = [
        {row["index"]: (row["prediction"], row["received"]) for row in map(json.loads, lines)}
        for lines in (f.read_text(encoding="utf-8").splitlines() for f in (log, other))
    ]
    assert texts[0] == texts[1]
    unknown = evaluate(str(data), "--policy", "eager", TRANSLATOR_FAKE_MODEL="1")
    assert unknown.returncode == 2
    assert b"Traceback" not in unknown.stderr
    assert b"'eager'; allowed: low, balanced" in unknown.stderr
    missing = evaluate(str(tmp_path / "none.jsonl"), *options, TRANSLATOR_FAKE_MODEL="1")
    assert missing.returncode == 5
    assert b"Traceback" not in missing.stderr


def test_two_evaluations_of_the_same_texts_are_compared(tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    rows = [{"src": f"sentence {i} is here.", "ref": f"SENTENCE {i} IS HERE."} for i in range(6)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    options = ["--from", "xx", "--to", "yy", "--policy", "final-only", "--output"]
    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    few = evaluate(str(data), *options, first, "--limit", "4", TRANSLATOR_FAKE_MODEL="1")
    assert few.returncode == 0, few.stderr
    against = ["--against", first]
    wrong = evaluate(str(data), *options, second, *against, TRANSLATOR_FAKE_MODEL="1")
    assert wrong.returncode == 5
    assert b"has 4 of 6 texts" in wrong.stderr
    log = tmp_path / "first" / "data.xx-yy.final-only.with-last.jsonl"
    worse = log.read_text(encoding="utf-8").replace('"prediction": "SENTENCE', '"prediction": "A')
    log.write_text(worse, encoding="utf-8")
    done = evaluate(
        str(data), *options, second, *against, "--limit", "4", TRANSLATOR_FAKE_MODEL="1"
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads((tmp_path / "second" / "data.xx-yy.json").read_text(encoding="utf-8"))
    assert row["bleu"] == pytest.approx(100)
    assert row["bleu_gain"]["value"] > 1
    assert row["bleu_gain"]["p"] < 0.05 > row["chrf_gain"]["p"]
    assert b"(p 0.001)" in done.stdout


def test_a_talk_is_evaluated_against_its_sentences_translated_whole(tmp_path: Path) -> None:
    words = [("The", 1.0), ("boat", 1.5), ("leaves.", 2.0), ("Nobody", 3.0), ("waves.", 3.5)]
    rows = ["start\tend\tword", *(f"{end - 0.5}\t{end}\t{word}" for word, end in words)]
    talk = tmp_path / "en.words.tsv"
    talk.write_text("\n".join(rows) + "\n", encoding="utf-8")
    segments = [
        {"start": 0.5, "end": 2.0, "en": "The boat leaves.", "human": "THE BOAT LEAVES."},
        {"start": 2.5, "end": 3.5, "en": "Nobody waves.", "human": "NOBODY WAVES."},
    ]
    references = tmp_path / "segments.jsonl"
    references.write_text("".join(json.dumps(s) + "\n" for s in segments), encoding="utf-8")
    options = ["--from", "xx", "--to", "yy", "--output", str(tmp_path / "out")]
    options += ["--references", str(references), "--reference-field", "human"]
    options += ["--source-field", "en", "--window", "2", "--policy", "local-agreement:n=2"]
    result = evaluate(str(talk), *options, TRANSLATOR_FAKE_MODEL="1")
    assert result.returncode == 0, result.stderr
    assert b"LongYAAL ms" in result.stdout
    assert b"median lag s" in result.stdout
    figures = json.loads((tmp_path / "out" / "en.words.xx-yy.json").read_text(encoding="utf-8"))
    assert [row["policy"] for row in figures] == ["whole sentences", "local-agreement:n=2"]
    assert [row["bleu"] for row in figures] == pytest.approx([100.0, 100.0])
    ends = evaluate(str(talk), *options, "--end", "rest", TRANSLATOR_FAKE_MODEL="1")
    assert ends.returncode == 2
    assert b"--end" in ends.stderr
    wrong = evaluate(str(references), *options, TRANSLATOR_FAKE_MODEL="1")
    # Taken for sentences; the option for talks is not silently ignored.
    assert wrong.returncode == 2
    assert b"--references" in wrong.stderr


def test_a_recording_needs_no_reference(tmp_path: Path) -> None:
    data = tmp_path / "boat.events.jsonl"
    events = [
        {"t": 1.0, "text": "the goat", "final": False},
        {"t": 1.5, "text": "The boat leaves.", "final": True},
    ]
    data.write_text("".join(json.dumps(e) + "\n" for e in events), encoding="utf-8")
    options = ("--from", "xx", "--to", "yy", "--output", str(tmp_path / "out"))
    result = evaluate(str(data), *options, TRANSLATOR_FAKE_MODEL="1")
    assert result.returncode == 0, result.stderr
    assert b"BLEU" not in result.stdout
    assert b"median lag s" in result.stdout
    assert not list((tmp_path / "out").glob("*.svg"))
    vendor = evaluate(str(data), *options, "--recogniser", "watson", TRANSLATOR_FAKE_MODEL="1")
    assert vendor.returncode == 5
    assert b"has no results of watson" in vendor.stderr


def test_source_fields_are_compared_with_the_first_one_translated_whole(tmp_path: Path) -> None:
    data = tmp_path / "talk.jsonl"
    row = {"en": "the boat leaves", "pt": "THE BOAT LEAVES~.", "asr": {"a": "the goat leaves"}}
    data.write_text(json.dumps(row) + "\n", encoding="utf-8")
    options = ["--from", "xx", "--to", "yy", "--output", str(tmp_path / "out")]
    options += ["--reference-field", "pt", "--source-field", "en", "--source-field", "asr.a"]
    result = evaluate(str(data), *options, TRANSLATOR_FAKE_MODEL="1")
    assert result.returncode == 0, result.stderr
    figures = json.loads((tmp_path / "out" / "talk.xx-yy.json").read_text(encoding="utf-8"))
    by_source = {(r["source"], r["policy"]): r["bleu"] for r in figures}
    assert by_source["en", "final-only"] == pytest.approx(100.0)
    assert by_source["asr.a", "final-only"] < 60
    lost = 100.0 - by_source["asr.a", "final-only"]
    assert f"{lost:.2f}".encode() in result.stdout


def test_an_evaluation_through_a_server_is_that_of_this_process(
    tmp_path: Path, address: str
) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text('{"src": "the boat leaves", "ref": "THE BOAT LEAVES~."}\n', encoding="utf-8")
    options = ("--from", "xx", "--to", "yy", "--policy", "local-agreement:n=2")
    remote = evaluate(str(data), *options, "--address", address, "--output", str(tmp_path / "r"))
    assert remote.returncode == 0, remote.stderr
    local = evaluate(
        str(data), *options, "--output", str(tmp_path / "l"), TRANSLATOR_FAKE_MODEL="1"
    )
    assert local.returncode == 0, local.stderr
    one, other = (
        json.loads(
            (tmp_path / name / "data.xx-yy.local-agreement-n2.next-word.jsonl").read_text("utf-8")
        )
        for name in ("r", "l")
    )
    assert one["received"] == other["received"]
    assert one["computation"] == other["computation"] | {"cpu_ms": None}
    both = evaluate(str(data), "--address", address, "--processes", "2")
    assert both.returncode == 2


def children_of(process: subprocess.Popen[bytes]) -> set[int]:
    """Its workers; the other child is multiprocessing's resource tracker."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return {
        int(pid) for pid in listed if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    }


def eventually(condition: Callable[[], bool], timeout_s: float = 30.0) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.05)
    return True


async def _admitted(address: str, key: str, connections: int) -> int:
    """How many of so many streams are let in, each on a connection of its own."""
    num_admitted = 0
    async with AsyncExitStack() as stack:
        for _ in range(connections):
            options = (("grpc.use_local_subchannel_pool", 1),)
            channel = grpc.aio.insecure_channel(address, options=options)
            stub: Any = TranslatorServiceStub(await stack.enter_async_context(channel))
            call = stub.StreamingTranslate(metadata=(("x-api-key", key),))
            with suppress(grpc.aio.AioRpcError):
                await call.write(config())
                num_admitted += await call.read() is not grpc.aio.EOF  # type: ignore[attr-defined]
    return num_admitted


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced_and_sigterm_ends_them_all_with_0(tmp_path: Path) -> None:
    rules, key = tmp_path / "access.toml", tmp_path / "key"
    key.write_text(add_key(rules, "desk", [Role.STREAM, Role.TRANSLATE], None, {"sessions": 3}))
    options = ("--fake-model", "--workers", "2", "--drain-grace-s", "0.2", "--access", str(rules))
    with serving(*options) as (address, process):
        workers = children_of(process)
        assert len(workers) == 2
        asked = ("translate", "--address", address, "--access-key", str(key), "--from", "xx")
        for _ in range(8):
            done = run(*asked, "--to", "yy", "a b.")
            assert done.stdout == b"A B.\n"
        # The workers count a key's streams together, whichever its connections reach.
        assert asyncio.run(_admitted(address, key.read_text(), 12)) == 3
        os.kill(min(workers), signal.SIGKILL)
        assert eventually(lambda: len(children_of(process) - workers) == 1)
        done = run(*asked, "--to", "yy", "c.")
        assert done.stdout == b"C.\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


@pytest.mark.slow
def test_workers_end_with_the_process_that_started_them() -> None:
    with serving("--fake-model", "--workers", "2", "--drain-grace-s", "0") as (_, process):
        workers = children_of(process)
        process.kill()
        process.wait()
        assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


@pytest.mark.thorough
def test_a_worker_that_cannot_start_ends_them_all_with_its_own_code() -> None:
    done = run("serve", "--workers", "2", "--model", "en-de=/nowhere", "--port", "0")
    assert done.returncode == 5
    assert b"/nowhere" in done.stderr
    assert b"Traceback" not in done.stderr


def test_workers_do_not_share_the_port_of_another_server(address: str) -> None:
    port = address.rpartition(":")[2]
    done = run("serve", "--fake-model", "--workers", "2", "--port", port)
    assert done.returncode == 5
    assert f"cannot listen on 127.0.0.1:{port}".encode() in done.stderr


def test_a_stream_takes_a_glossary_and_those_of_the_server(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text("xx,yy\ncat,gato\ndog,cão\n")
    terms = tmp_path / "own.csv"
    terms.write_text("dog,cachorro\n")
    with serving_here(glossaries=tmp_path) as address:
        options = ("--address", address, "--from", "xx", "--no-summary", "--server-glossary")
        done = run_here("stream", *options, "shop", "--to", "yy", str(_text(tmp_path)))
        assert done.stdout.decode() == "THE gato AND THE cão.\n"
        own = ("--glossary", str(terms))
        done = run_here("stream", *options, "shop", "--to", "yy", *own, str(_text(tmp_path)))
        assert done.stdout.decode() == "THE gato AND THE cachorro.\n"
        done = run_here("stream", *options, "sho", "--to", "yy", str(_text(tmp_path)))
        assert (done.returncode, done.stdout) == (2, b"")
        assert b"there is no glossary 'sho'; there are own, shop" in done.stderr
        done = run_here("stream", *options, "shop", "--to", "yy", "--to", "zz", *own)
        assert done.returncode == 2
        assert b"--glossary is for one --to" in done.stderr


def _text(folder: Path) -> Path:
    file = folder / "text"
    file.write_text("the cat and the dog.")
    return file
