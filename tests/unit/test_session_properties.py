"""The invariants of the wire contract, over random scripts of what a client can do.

A ``Reader`` checks each update as it comes (text, lengths, ids, revisions, drafts); what is here
looks at whole streams. Any target may be translated through a pivot language, to the same text.
"""

import itertools
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.driver import Driver, Reader, one_thread  # noqa: F401
from tests.unit.legs import Models, through
from translator.session.events import ResumeState, SessionConfig
from translator.testing import fake_translation
from translator.text.segmenter import SegmentLimits

pytestmark = pytest.mark.unit

PIECES = [
    *["red", "boats", "Now", "he", "ll", "I", "3", "3.5", "d'água", "bem-vindo", "Dr. ", "e.g. "],
    *[" ", " ", " ", " ", " ", " ", "\n", "  ", "\t", "\u00a0"],
    *[" {name} ", "{", "}", " %s", "<b>", "`"],
    *[". ", ". ", "! ", "? ", ".", ", ", '"', "“", "”", "(", ")", "…", " — ", ". — ", ". >> "],
    *[
        "é",
        "e\u0301",
        "\u0301",
        "😀",
        "👩\u200d👧",
        "مرحبا",
        "\u200f",
        "你好",
        "。",
        "\x00",
        "\x1b",
    ],
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


@dataclass(frozen=True)
class Say:
    committed: str
    tentative: str = ""
    end: bool = False
    speaker: str = ""


@dataclass(frozen=True)
class Flush:
    pass


@dataclass(frozen=True)
class Steps:
    """Steps of the engine; the outcomes may be late."""

    count: int
    deliver: bool


@dataclass(frozen=True)
class Read:
    """The reader stops, or goes on."""

    on: bool


@dataclass(frozen=True)
class Configure:
    targets: tuple[str, ...]
    policy: int
    pivoted: frozenset[str] = frozenset()


POLICIES = [
    ("local-agreement", {"n": 2}),
    ("local-agreement", {"n": 3}),
    ("retranslation", {"mask-k": 1}),
    ("final-only", {}),
]
PIVOTED = st.sets(st.sampled_from(["yy", "zz"])).map(frozenset)
SAYS = st.builds(
    Say, TEXTS, st.just("") | TEXTS, st.integers(0, 5).map(lambda n: n == 0),
    st.sampled_from(["", "", "A", "B"]),
)  # fmt: skip
PLAIN = st.builds(Say, TEXTS, st.just("") | TEXTS)
STEPS = st.builds(Steps, st.integers(1, 9), st.booleans())
CONFIGURES = st.builds(
    Configure, st.sampled_from([("yy", "zz"), ("zz",), ("zz", "yy")]), st.integers(0, 3), PIVOTED
)
READS = st.builds(Read, st.booleans())
# Too short for cuts that depend on hypotheses, which have properties of their own.
LIMITS = st.sampled_from(
    [SegmentLimits(bare_words=10_000), SegmentLimits(max_words=5, max_length=50)]
)

Action = Say | Flush | Steps | Read | Configure


def script(*kinds: st.SearchStrategy[Action], size: int = 16) -> st.SearchStrategy[list[Action]]:
    return st.lists(st.one_of(*kinds), max_size=size)


def finished(text: str) -> str:
    """A text without what tells that its last word was taken for unfinished."""
    return text.replace("~", "")


def config_of(
    models: Models,
    policy: int,
    limits: SegmentLimits,
    *targets: str,
    pivoted: frozenset[str] = frozenset(),
) -> SessionConfig:
    name, parameters = POLICIES[policy]
    return models.config(
        *targets, pivoted=pivoted, policy=name, parameters=parameters, segments=limits
    )


def start(
    models: Models, policy: int, limits: SegmentLimits, pivoted: frozenset[str], **more: object
) -> Driver:
    config = config_of(models, policy, limits, pivoted=pivoted)
    return models.driver(config, slots=2, **more)


def play(driver: Driver, models: Models, limits: SegmentLimits, action: Action) -> None:
    match action:
        case Say(committed, tentative, end, speaker):
            driver.send(committed, tentative, end_of_segment=end, speaker=speaker)
        case Flush():
            driver.flush()
        case Steps(count, deliver):
            driver.step(count, deliver=deliver)
        case Read(on):
            driver.reading = on
            driver.pump()
        case Configure(targets, policy, pivoted):
            driver.reconfigure(config_of(models, policy, limits, *targets, pivoted=pivoted))


def check_committed_comes_of_committed(driver: Driver) -> None:
    for reader in driver.readers.values():
        source = driver.source[reader.source_start :]
        assert fake_translation(expected_source(source), through).startswith(reader.committed)


def expected_source(source: str) -> str:
    """Source such that the fake model translates all of its words as they are."""
    return "".join(" " if ord(c) < 32 else c for c in source).strip() + "."


@given(
    script(SAYS, SAYS, STEPS, STEPS, CONFIGURES, READS, st.just(Flush())),
    st.integers(0, 3),
    LIMITS,
    PIVOTED,
)
@example(  # a target is away while it still works on what came before
    [Say("One.", end=True), Configure(("zz",), 0), Say("Two.", end=True),
     Configure(("yy", "zz"), 0), Steps(9, True)], 0, SegmentLimits(), frozenset(),
)  # fmt: skip
@example(  # an outcome of before the target was away
    [Say("", "old"), Steps(1, False), Say("", ""), Configure(("zz",), 0),
     Configure(("yy", "zz"), 0), Say("brand new. T"), Steps(9, True)],
    0, SegmentLimits(), frozenset(),
)  # fmt: skip
@example(
    [Say(" "), *[Say(" " * 30)] * 3, Say("red. N")], 0, SegmentLimits(5, 50), frozenset({"zz"})
)
def test_every_segment_ends_as_the_translation_of_its_source(
    actions: list[Action], policy: int, limits: SegmentLimits, pivoted: frozenset[str]
) -> None:
    models = Models()
    driver = start(models, policy, limits, pivoted)
    for action in actions:
        play(driver, models, limits, action)
        check_committed_comes_of_committed(driver)
    driver.end()
    driver.check_final(["zz"])
    yy, zz = driver.readers["yy"], driver.readers["zz"]
    for number, source in yy.sources.items():
        assert zz.sources[number] == source
        assert finished(yy.texts[number]) == finished(zz.texts[number])


@given(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.lists(st.lists(st.integers(0, 120), max_size=8), min_size=2, max_size=2),
    st.integers(0, 3),
    LIMITS,
    PIVOTED,
)
def test_how_the_source_is_cut_into_chunks_changes_no_segment_and_no_text(
    text: str,
    cuts: list[list[int]],
    policy: int,
    limits: SegmentLimits,
    pivoted: frozenset[str],
) -> None:
    results = []
    for places in (*cuts, range(len(text))):
        ends = [0, *sorted(min(place, len(text)) for place in places), len(text)]
        # Final-only is the reference: its text depends on the segments alone.
        driver = start(Models(), 3 if places is cuts[0] else policy, limits, pivoted)
        for begin, end in itertools.pairwise(ends):
            driver.say(text[begin:end])
        driver.end()
        results.append((driver.readers["yy"].sources, driver.readers["yy"].texts))
    closed = [({k: t for k, t in texts.items() if k in s}, s) for s, texts in results]
    assert closed[0] == closed[1] == closed[2]


@given(script(PLAIN, PLAIN, SAYS, st.just(Flush()), size=12), st.integers(0, 2), LIMITS, PIVOTED)
@example([Say("Dr. ", "red"), Say("red")], 0, SegmentLimits(), frozenset())
def test_what_is_committed_and_when_does_not_depend_on_tentative_source(
    actions: list[Action], policy: int, limits: SegmentLimits, pivoted: frozenset[str]
) -> None:
    models = Models()
    driver, bare = (start(models, policy, limits, pivoted) for _ in range(2))
    for action in actions:
        play(driver, models, limits, action)
        if isinstance(action, Say):
            action = Say(action.committed, "", action.end, action.speaker)
        play(bare, models, limits, action)
        driver.settle()
        bare.settle()
        for target, reader in driver.readers.items():
            other = bare.readers[target]
            assert {k: v for k, v in reader.texts.items() if v} == {
                k: v for k, v in other.texts.items() if v
            }
    driver.end()
    driver.check_final()


def test_a_full_stop_before_a_control_character_is_the_sources_own() -> None:
    models, limits = Models(), SegmentLimits(max_words=5, max_length=50)
    driver = start(models, 0, limits, frozenset())
    for text in ("Dr. Dr. ", "Dr. Dr. ", "\x00 red"):
        play(driver, models, limits, Say(text))
    driver.end()
    driver.check_final()


@given(script(SAYS, SAYS, STEPS, READS, st.just(Flush()), size=12), LIMITS, st.data())
def test_a_stream_cut_anywhere_goes_on_when_its_source_is_sent_again(
    actions: list[Action], limits: SegmentLimits, data: st.DataObject
) -> None:
    models = Models()
    broken = Broken(actions, limits, models, data)
    driver = broken.resume(source_given=False)
    first = min(reader.source_start for reader in broken.readers.values())
    driver.source = broken.source[:first]
    position = 0
    speaker = ""
    tentative = ""
    was_sent = True
    for action in broken.sent:
        if isinstance(action, Say):
            speaker = action.speaker or speaker
            tentative = action.tentative
            begin, position = position, position + len(action.committed)
            was_sent = position > first
            if was_sent:
                text = action.committed[max(0, first - begin) :]
                play(driver, models, limits, Say(text, tentative, action.end, speaker))
        elif isinstance(action, Flush):
            if position > first:
                play(driver, models, limits, action)
        else:
            play(driver, models, limits, action)
    if not was_sent:
        driver.send("", tentative, speaker=speaker)
    broken.go_on_and_check(driver)


@given(script(PLAIN, PLAIN, STEPS, READS, size=12), LIMITS, st.data())
def test_a_stream_cut_anywhere_goes_on_when_its_source_comes_with_the_resume_state(
    actions: list[Action], limits: SegmentLimits, data: st.DataObject
) -> None:
    models = Models()
    broken = Broken(actions, limits, models, data)
    driver = broken.resume(source_given=True)
    driver.source = broken.source
    broken.go_on_and_check(driver)


BARE = st.lists(st.sampled_from(["red ", "boats ", "we ", "sail, ", "now. "]), max_size=9)
BARE_SAYS = st.builds(Say, BARE.map("".join), st.just("") | TEXTS, st.just(value=False))


@given(
    script(BARE_SAYS, BARE_SAYS, BARE_SAYS, STEPS, CONFIGURES, READS, st.just(Flush()), size=20),
    st.integers(0, 3),
    PIVOTED,
)
def test_a_segment_cut_for_its_hypotheses_ends_as_the_translation_of_its_source(
    actions: list[Action], policy: int, pivoted: frozenset[str]
) -> None:
    models, limits = Models(), SegmentLimits(bare_words=4)
    driver = start(models, policy, limits, pivoted)
    for action in actions:
        play(driver, models, limits, action)
        check_committed_comes_of_committed(driver)
    driver.end()
    driver.check_final(["zz"])
    yy, zz = driver.readers["yy"], driver.readers["zz"]
    assert {number: zz.sources[number] for number in yy.sources} == yy.sources


@given(script(BARE_SAYS, BARE_SAYS, STEPS, size=20), st.integers(0, 3), PIVOTED, st.data())
def test_a_stream_whose_segments_are_cut_resumes_anywhere(
    actions: list[Action], policy: int, pivoted: frozenset[str], data: st.DataObject
) -> None:
    models, limits = Models(), SegmentLimits(bare_words=4)
    config = config_of(models, policy, limits, "yy", pivoted=pivoted)
    whole = models.driver(config, slots=2)
    for action in actions:
        play(whole, models, limits, action)
    whole.settle()
    received = data.draw(st.integers(0, len(whole.updates)), label="updates received")
    reader = Reader()
    for revision, event in whole.updates[:received]:
        reader.apply(revision, event)
    state = ResumeState({"yy": reader.resumed()})
    driver = models.driver(config, slots=2, resume=state, readers={"yy": reader.go_on()})
    driver.source = whole.source[: reader.source_start]
    driver.send(whole.source[reader.source_start :])
    driver.end()
    driver.check_final(["yy"])
    assert not driver.session.warnings


def said(reader: Reader) -> dict[int, tuple[tuple[int, int], str]]:
    """The source and the text of each closed segment that has source.

    One without source tells a client that the draft it was shown is taken back, so only the stream
    that made the draft tells it: a resume makes drafts void by itself.
    """
    return {
        number: ((start, end), reader.texts[number])
        for number, (start, end) in reader.sources.items()
        if end > start
    }


class Broken:
    """A stream that broke after some of its updates, with the client's side of it.

    Attributes:
        sent: Actions before the break.
        source: All committed source sent.
        readers: What the client knows.
    """

    def __init__(
        self, actions: list[Action], limits: SegmentLimits, models: Models, data: st.DataObject
    ) -> None:
        self.policy = data.draw(st.integers(0, 3), label="policy")
        self.pivoted = data.draw(PIVOTED, label="pivoted")
        self.limits, self.models = limits, models
        self.whole = start(models, self.policy, limits, self.pivoted)
        self.progress = [0]
        for action in actions:
            play(self.whole, models, limits, action)
            self.progress.append(len(self.whole.updates))
        self.whole.end()
        updates = self.whole.updates
        received = data.draw(st.integers(0, len(updates)), label="updates received")
        least = next((n for n, count in enumerate(self.progress) if count >= received), None)
        # What comes after the last action came of the end of the source.
        least = len(actions) if least is None else least
        num_sent = data.draw(st.integers(least, len(actions)), label="actions sent")
        self.sent, self.rest = actions[:num_sent], actions[num_sent:]
        says = [action for action in self.sent if isinstance(action, Say)]
        self.source = "".join(say.committed for say in says)
        self.tentative = says[-1].tentative if says else ""
        self.readers = {"yy": Reader(), "zz": Reader()}
        for revision, event in updates[:received]:
            self.readers[event.target].apply(revision, event)

    def resume(self, *, source_given: bool) -> Driver:
        """A new stream that goes on from what the client knows."""
        state = ResumeState(
            {
                target: reader.resumed(self.source[reader.source_start :], self.tentative)
                if source_given
                else reader.resumed()
                for target, reader in self.readers.items()
            }
        )
        readers = {target: reader.go_on() for target, reader in self.readers.items()}
        return start(
            self.models, self.policy, self.limits, self.pivoted, resume=state, readers=readers
        )

    def go_on_and_check(self, driver: Driver) -> None:
        """Play the rest; the outcome has to be that of the stream that did not break."""
        for action in self.rest:
            play(driver, self.models, self.limits, action)
            for target, reader in driver.readers.items():
                whole = self.whole.readers[target].texts
                for number, text in reader.texts.items():
                    assert whole.get(number, "").startswith(text)
        driver.end()
        driver.check_final()
        for target, reader in driver.readers.items():
            assert said(reader) == said(self.whole.readers[target])
        assert not driver.session.warnings or all(
            warned.reason
            in {"SPEAKER_IGNORED", "TENTATIVE_SOURCE_DROPPED", "TENTATIVE_REPEATS_COMMITTED"}
            for warned in driver.session.warnings
        )
