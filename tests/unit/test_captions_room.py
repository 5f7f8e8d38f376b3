"""The log of a room, and what its viewers have of it."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.captions.events import (
    ORIGINAL,
    Drafts,
    News,
    Piece,
    Snapshot,
    event_id,
    parse_event_id,
)
from translator.captions.room import Room
from translator.captions.transcript import SEGMENTS_PER_PAGE, Cursor
from translator.testing import FakeClock

pytestmark = pytest.mark.unit


def room(epoch: str = "aaaa", clock: FakeClock | None = None, **limits: float) -> Room:
    clock = clock or FakeClock()
    return Room(epoch, clock=clock, wall_clock=clock, **limits)  # type: ignore[arg-type]


def say(to: Room, *texts: str, language: str = ORIGINAL, closed: bool = True) -> int:
    segment = to.open(f"key{to.n}", "en")
    for index, text in enumerate(texts, 1):
        last = closed and index == len(texts)
        to.commit(language, segment.segment_id, text, closed=last)
    return segment.segment_id


@dataclass
class Screen:
    """A viewer: what it shows, checked with every event."""

    texts: dict[tuple[str, int], str] = field(default_factory=dict)
    drafts: dict[str, dict[int, str]] = field(default_factory=dict)
    last: str = ""
    num_snapshots: int = 0

    def take(self, room: Room, news: list[News]) -> None:
        for each in news:
            match each:
                case Snapshot():
                    self.num_snapshots += 1
                    self.last = event_id(room.epoch, each.n)
                    for segment, language, line in each.lines:
                        key = language, segment.segment_id
                        # What is shown is the beginning of what comes.
                        assert line.text.startswith(self.texts.get(key, ""))
                        self.texts[key] = line.text
                    for drafts in each.drafts:
                        self.show(drafts)
                case Piece():
                    key = each.language, each.segment.segment_id
                    text = self.texts.get(key, "") + each.text
                    assert len(text) == each.length, "lost or doubled"
                    self.texts[key] = text
                    self.last = event_id(room.epoch, each.n)
                case Drafts():
                    self.show(each)

    def show(self, drafts: Drafts) -> None:
        self.drafts[drafts.language] = {d.segment.segment_id: d.text for d in drafts.texts}


def test_text_is_appended_and_comes_once() -> None:
    captions = room()
    cursor = captions.subscribe([ORIGINAL])
    (snapshot,) = captions.read(cursor)
    assert isinstance(snapshot, Snapshot)
    assert captions.read(cursor) == []
    say(captions, "Good", " morning.")
    news = captions.read(cursor)
    assert [(n.text, n.length, n.closed) for n in news if isinstance(n, Piece)] == [
        ("Good", 4, False),
        (" morning.", 13, True),
    ]
    assert captions.read(cursor) == []


def test_the_newest_draft_only() -> None:
    captions = room()
    cursor = captions.subscribe([ORIGINAL])
    captions.read(cursor)
    number = captions.open("key", "en").segment_id
    for text in ("a", "a b", "a b c"):
        captions.draft(ORIGINAL, number, text)
    (drafts,) = captions.read(cursor)
    assert isinstance(drafts, Drafts)
    assert [draft.text for draft in drafts.texts] == ["a b c"]


def test_two_speak_at_once_and_each_has_a_draft() -> None:
    captions = room()
    first, second = (captions.open(key, "en", key).segment_id for key in ("Ana", "Ben"))
    captions.draft("pt", second, "dois")
    captions.draft("pt", first, "um")
    (snapshot,) = captions.read(captions.subscribe(["pt"]))
    assert isinstance(snapshot, Snapshot)
    assert [(d.segment.speaker, d.text) for d in snapshot.drafts[0].texts] == [
        ("Ana", "um"),
        ("Ben", "dois"),
    ]
    captions.commit("pt", first, "um.", closed=True)
    (snapshot,) = captions.read(captions.subscribe(["pt"]))
    assert isinstance(snapshot, Snapshot)
    assert [d.text for d in snapshot.drafts[0].texts] == ["dois"]


def test_a_closed_line_takes_nothing() -> None:
    captions = room()
    number = say(captions, "Done.")
    with pytest.raises(ValueError, match="closed"):
        captions.commit(ORIGINAL, number, "more")
    assert not captions.draft(ORIGINAL, number, "more")
    assert captions.insert(ORIGINAL, number, "again") is None


@pytest.mark.parametrize(
    "after",
    [
        "bbbb-1",
        "aaaa-2",
        "aaaa-99999999",
        "aaaa",
        "aaaa--1",
        "aaaa-01",
        "1",
        "<img>",
        "aaaa-1 ",
        "",
    ],
)
def test_an_id_that_cannot_be_gone_on_from_gets_a_snapshot(after: str) -> None:
    captions = room()
    say(captions, "One.")
    (snapshot,) = captions.read(captions.subscribe([ORIGINAL], after))
    assert isinstance(snapshot, Snapshot)
    assert [line.text for _, _, line in snapshot.lines] == ["One."]


def test_the_last_id_goes_on_where_it_was() -> None:
    captions = room()
    say(captions, "One.")
    cursor = captions.subscribe([ORIGINAL], "aaaa-1")
    assert captions.read(cursor) == []
    say(captions, "Two.")
    (piece,) = captions.read(cursor)
    assert isinstance(piece, Piece)
    assert piece.text == "Two."


def test_a_language_that_comes_late_finds_its_place() -> None:
    captions = room()
    first = say(captions, "One.")
    second = captions.open("b", "en").segment_id
    captions.commit("pt", second, "Dois.", closed=True)
    cursor = captions.subscribe(["pt"])
    captions.read(cursor)
    captions.insert("pt", first, "Um.")
    (piece,) = captions.read(cursor)
    assert isinstance(piece, Piece)
    assert piece.whole
    assert piece.segment.segment_id == first
    (snapshot,) = captions.read(captions.subscribe(["pt"]))
    assert isinstance(snapshot, Snapshot)
    assert [line.text for _, _, line in snapshot.lines] == ["Um.", "Dois."]


def test_old_segments_go_by_age_and_an_open_one_stays() -> None:
    clock = FakeClock()
    captions = room(clock=clock, max_age_s=60.0)
    say(captions, "Old.")
    clock.advance(50)
    say(captions, "Young.")
    say(captions, "Open", closed=False)
    clock.advance(20)
    captions.expire()
    (snapshot,) = captions.read(captions.subscribe([ORIGINAL]))
    assert isinstance(snapshot, Snapshot)
    assert [line.text for _, _, line in snapshot.lines] == ["Young.", "Open"]
    captions.check_integrity()


def test_size_is_bounded() -> None:
    captions = room(max_length=1000)
    for _ in range(500):
        say(captions, "Ten chars.")
        assert captions.length <= 1000
    captions.check_integrity()
    stale = captions.subscribe([ORIGINAL], "aaaa-1")
    assert isinstance(captions.read(stale)[0], Snapshot)


def test_a_viewer_that_sleeps_for_longer_than_is_kept_gets_a_snapshot() -> None:
    captions = room(max_length=100)
    cursor = captions.subscribe([ORIGINAL])
    screen = Screen()
    screen.take(captions, captions.read(cursor))
    for _ in range(50):
        say(captions, "Ten chars.")
    screen.take(captions, captions.read(cursor))
    assert screen.num_snapshots == 2


@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from([ORIGINAL, "pt"]),
            st.text("ab ", max_size=5),
            st.booleans(),
        ),
        max_size=30,
    ),
    read=st.integers(0, 40),
    trimmed=st.integers(0, 3),
    limit=st.sampled_from([12, 400_000]),
)
def test_a_room_that_is_restored_goes_on(
    steps: list[tuple[int, str, str, bool]], read: int, trimmed: int, limit: int
) -> None:
    """Its viewers go on at their ids, and what they show only grows."""
    pieces: list[Piece] = []
    captions = room(max_length=limit)
    captions.on_piece = pieces.append
    screen, languages = Screen(), [ORIGINAL, "pt"]
    cursor = captions.subscribe(languages)
    open_segments = [captions.open(f"k:{n}", "en").segment_id for n in range(4)]
    for index, (which, language, text, closed) in enumerate(steps):
        number = open_segments[which]
        line = captions.line(language, number)
        if line is None or not line.closed:
            captions.commit(language, number, text, closed=closed)
        elif language == ORIGINAL:
            open_segments[which] = captions.open(f"k:{index}", "en").segment_id
        if index < read:
            screen.take(captions, captions.read(cursor))
    first = captions.first_n
    kept = [piece for piece in pieces if piece.n >= first][trimmed:]
    later: list[Piece] = []
    again = room(max_length=limit)
    again.on_piece = later.append
    again.restore(kept)
    again.check_integrity()
    assert [piece.n for piece in later] == [again.n - len(later) + 1 + i for i in range(len(later))]
    if not trimmed:
        for language in languages:
            for segment in captions.segments:
                line = captions.line(language, segment.segment_id)
                if line is not None and again.is_kept(segment.segment_id):
                    restored = again.line(language, segment.segment_id)
                    assert restored is not None
                    assert restored.text == line.text
                    assert restored.closed
    screen.take(again, again.read(again.subscribe(languages, screen.last)))
    for language in languages:
        for segment in again.segments:
            line = again.line(language, segment.segment_id)
            # What was dropped at once, for want of room, nobody has seen.
            if line is not None and captions.line(language, segment.segment_id) is not None:
                assert screen.texts[language, segment.segment_id] == line.text


def test_a_snapshot_leaves_closed_pages_out() -> None:
    captions = room(max_snapshot_length=100)
    for _ in range(3 * SEGMENTS_PER_PAGE):
        say(captions, "Ten chars.")
    (snapshot,) = captions.read(captions.subscribe([ORIGINAL]))
    assert isinstance(snapshot, Snapshot)
    assert (snapshot.first_page, snapshot.page) == (0, 2)
    pages = [line for page in (0, 1) for line in captions.page(page, ORIGINAL)]
    texts = [line.text for _, line in pages] + [line.text for _, _, line in snapshot.lines]
    assert len(texts) == 3 * SEGMENTS_PER_PAGE
    assert all(captions.is_page_closed(page, ORIGINAL) for page in (0, 1))
    assert not captions.is_page_closed(3, ORIGINAL)
    assert not captions.is_page_closed(-1, ORIGINAL)
    assert not captions.is_page_closed(0, "pt")


def test_event_ids() -> None:
    assert parse_event_id(event_id("k3x9", 12)) == ("k3x9", 12)
    assert parse_event_id("k3x9") is None


LANGUAGES = (ORIGINAL, "pt", "de")
SAY = st.tuples(st.sampled_from(LANGUAGES), st.integers(0, 3), st.text("ab ", max_size=4))
STEP = st.one_of(
    st.tuples(st.just("open")),
    st.tuples(st.just("commit"), SAY, st.booleans()),
    st.tuples(st.just("draft"), SAY),
    st.tuples(st.just("insert"), SAY),
    st.tuples(st.just("read"), st.integers(0, 2)),
    # A viewer goes away and comes back: with its last id, or with a wrong one.
    st.tuples(st.just("again"), st.integers(0, 2), st.sampled_from(["last", "", "zzzz-3"])),
    st.tuples(st.just("wait"), st.integers(1, 40)),
)


@given(st.lists(STEP, max_size=60), st.sampled_from([20, 10_000]))
def test_whatever_a_viewer_missed_it_ends_with_the_same_text(
    steps: list[tuple[object, ...]], max_length: int
) -> None:
    clock = FakeClock()
    captions = room(clock=clock, max_length=max_length, max_age_s=100.0, max_snapshot_length=30)
    reads: list[tuple[str, ...]] = [(ORIGINAL,), ("pt",), ("pt", ORIGINAL)]
    cursors: list[Cursor] = [captions.subscribe(languages) for languages in reads]
    screens = [Screen() for _ in reads]
    said: dict[tuple[str, int], str] = {}
    for step in steps:
        match step:
            case ("open",):
                captions.open(f"k{len(said)}", "en")
            case ("commit", (str(language), int(back), str(text)), bool(closed)):
                number = captions._next_segment - 1 - back
                line = captions.line(language, number)
                if line is not None and line.closed:
                    continue
                if captions.commit(language, number, text, closed=closed) is not None:
                    said[language, number] = said.get((language, number), "") + text
            case ("draft", (str(language), int(back), str(text))):
                captions.draft(language, captions._next_segment - 1 - back, text)
            case ("insert", (str(language), int(back), str(text))):
                number = captions._next_segment - 1 - back
                if (piece := captions.insert(language, number, text)) is not None:
                    assert piece.whole
                    said[language, number] = text
            case ("read", int(index)):
                screens[index].take(captions, captions.read(cursors[index]))
            case ("again", int(index), str(after)):
                after = screens[index].last if after == "last" else after
                cursors[index] = captions.subscribe(reads[index], after)
            case ("wait", int(seconds)):
                clock.advance(seconds)
                captions.expire()
        captions.check_integrity()
    for languages, cursor, screen in zip(reads, cursors, screens, strict=True):
        screen.take(captions, captions.read(cursor))
        # All that is shown was said, and what is kept is shown.
        assert all(said[key].startswith(text) for key, text in screen.texts.items())
        for (language, number), text in said.items():
            is_kept = language in languages and captions.line(language, number) is not None
            if is_kept and captions.snapshot(languages).page == 0:
                assert screen.texts[language, number] == text
        for language in languages:
            shown = screen.drafts.get(language, {})
            drafts = captions.snapshot([language]).drafts[0]
            assert shown == {d.segment.segment_id: d.text for d in drafts.texts}
