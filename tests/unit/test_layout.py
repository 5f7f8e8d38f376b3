"""How captions are placed in lines: the table that the pages' JavaScript passes too, and what holds
for any text.
"""

import json
import random
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.captions.layout import DraftLine, Layout, Line, Rules
from translator.text.binding import BINDING_WORDS, TITLES, binds
from translator.text.line_break import width

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "translator" / "captions" / "pages"
TABLE = json.loads((ROOT / "tests" / "data" / "layout.json").read_text("utf-8"))
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node")


def row(line: Line) -> list[object]:
    return [line.number, line.text, line.speaker, line.closed]


def draft_row(line: DraftLine) -> list[object]:
    return [line.number, line.text]


def play(layout: Layout, step: dict[str, Any]) -> None:
    at = step["at"]
    if "commit" in step:
        more = {key: step[key] for key in ("speaker", "closed", "at_once") if key in step}
        layout.commit(step["commit"], at, **more)
    elif "draft" in step:
        layout.draft(step["draft"], at)
    elif "end_line" in step:
        layout.end_line(at)


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_the_table(case: dict[str, Any]) -> None:
    layout = Layout(Rules(**case["rules"]))
    for step in case["steps"]:
        play(layout, step)
        if "view" in step:
            view = layout.view(step["at"])
            assert {
                "lines": [row(line) for line in view.lines],
                "draft": [draft_row(line) for line in view.draft],
                "next_ms": view.next_ms,
            } == step["view"]
        elif "take" in step:
            assert [row(line) for line in layout.take_closed(step["at"])] == step["take"]


def test_the_table_of_widths_and_of_words_that_belong_together() -> None:
    for text, columns in TABLE["width"]:
        assert width(text) == columns, text
    for before, after, language, wanted in TABLE["binds"]:
        assert binds(before, after, language) is wanted, (before, after, language)


@needs_node
def test_javascript_passes_the_table() -> None:
    tests = str(ROOT / "tests" / "pages" / "layout.test.js")
    ran = subprocess.run([str(NODE), "--test", tests], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-3000:]


def test_the_pages_have_the_same_words() -> None:
    written = (PAGES / "binding.js").read_text("utf-8")
    data = json.loads(written[written.index("{") : written.rindex("}") + 1])
    assert data == {"words": BINDING_WORDS, "titles": TITLES}


# What holds for any text

WORDS = [
    "a",
    "the",
    "of",
    "tea",
    "harbour,",
    "Clara",
    "Weiss",
    "ends.",
    "90",
    "橋は",
    "いつ。",
    "…",
    "é",
]
WORDS += ["lighthouse-keeper", "https://harbour.example/timetable/of/all/boats", "“so”", "\u00a0!"]


def random_case(chance: random.Random) -> dict[str, Any]:
    rules = {
        "columns": chance.choice([8, 16, 24, 32, 42]),
        "lines": chance.choice([0, 1, 2, 3]),
        "blocks": chance.random() < 0.25,
        "paced": chance.random() < 0.7,
        "clear_ms": chance.choice([0, 0, 2000]),
        "language": chance.choice(["", "en", "pt"]),
    }
    steps: list[dict[str, Any]] = []
    at = 0
    for _ in range(chance.randrange(1, 25)):
        at += chance.choice([0, 0, 10, 120, 700, 2500, 6000])
        text = "".join(
            chance.choice([" ", " ", " ", "", "  "]) + chance.choice(WORDS)
            for _ in range(chance.choice([0, 1, 1, 2, 5, 40]))
        )
        if chance.random() < 0.35:
            steps.append({"at": at, "draft": text})
        else:
            speaker = chance.choice(["", "", "", "A", "B"])
            closed = chance.random() < 0.2
            steps.append({"at": at, "commit": text, "speaker": speaker, "closed": closed})
    return {"rules": rules, "steps": steps}


@needs_node
def test_javascript_shows_the_same_of_any_text() -> None:
    chance = random.Random(7)
    cases = [random_case(chance) for _ in range(300)]
    shown: list[list[Any]] = []
    for case in cases:
        layout = Layout(Rules(**case["rules"]))
        shown.append([])
        for step in case["steps"]:
            play(layout, step)
            view = layout.view(step["at"])
            lines = [[line.number, line.text, line.closed] for line in view.lines]
            shown[-1].append([lines, [draft_row(line) for line in view.draft], view.next_ms])
    ran = subprocess.run(
        [str(NODE), str(ROOT / "tests" / "pages" / "layout-cases.js")],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
    )
    for case, wanted, found in zip(cases, shown, json.loads(ran.stdout), strict=True):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            assert one == other, (case["rules"], case["steps"][: number + 1])


@given(st.randoms(use_true_random=False))
def test_committed_lines_never_change_and_nothing_is_lost(chance: random.Random) -> None:
    case = random_case(chance)
    rules = Rules(**case["rules"])
    layout = Layout(rules)
    said: dict[int, Line] = {}
    committed, at = "", 0

    def look() -> None:
        view = layout.view(at)
        assert rules.lines == 0 or len(view.lines) <= rules.lines
        numbers = {line.number for line in view.lines} | {line.number for line in view.draft}
        assert rules.lines == 0 or len(numbers) <= rules.lines
        assert view.next_ms is None or view.next_ms > at
        for line in view.lines:
            before = said.get(line.number)
            if before is not None:
                assert line.text.startswith(before.text)
                assert not before.closed or line == before
            # A mark that comes after its word is not parted from it.
            assert width(line.text) <= rules.columns + 10
            said[line.number] = line

    for step in case["steps"]:
        while (due := layout.view(at).next_ms) is not None and due <= step["at"]:
            at = due
            look()
        at = step["at"]
        play(layout, step)
        committed += step.get("commit", "")
        look()
    while (due := layout.view(at).next_ms) is not None:
        at = due
        look()
    look()
    if rules.lines == 0 and not rules.blocks:
        # A box leaves lines out of the view; here all of them were seen.
        shown = "".join(said[number].text for number in sorted(said))
        squeezed = committed.translate({ord(c): None for c in " \n"})
        assert shown.replace(" ", "") == squeezed


def test_what_is_glued_to_a_word_makes_no_line_too_wide() -> None:
    layout = Layout(Rules(columns=16, lines=0, paced=False))
    for text in ("the harbour,", "lighthouse", "-keeper", "!", " ends."):
        layout.commit(text, 0)
    layout.end_line(0)
    lines = [line.text for line in layout.view(0).lines]
    assert lines == ["the harbour,", "lighthouse", "-keeper! ends."]


@given(st.randoms(use_true_random=False), st.sampled_from([0, 2]))
def test_no_word_waits_for_more_than_a_second_or_three_for_a_box(
    chance: random.Random, lines: int
) -> None:
    case = random_case(chance)
    layout = Layout(Rules(columns=32, lines=lines, language="en"))
    at = 0
    for step in case["steps"]:
        at = step["at"]
        play(layout, step)
    end = at + (3000 if lines else 1000)
    assert layout.view(end).next_ms is None


def test_rules_are_plain_data() -> None:
    assert asdict(Rules()) == {
        "columns": 42, "lines": 2, "blocks": False, "paced": True, "clear_ms": 0, "language": "",
    }  # fmt: skip
