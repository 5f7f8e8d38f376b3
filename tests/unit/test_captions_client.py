"""What readers and speakers of a room keep, without a gateway."""

import random

import pytest

from translator.captions.events import ORIGINAL, Line, Piece, Segment, Snapshot
from translator.captions.mirror import Mirror
from translator.captions.room import Room
from translator.captions.transcript import Cursor, Transcript
from translator.captions.v1 import captions_pb2 as pb
from translator.client.captions.caption_log import CaptionLog, Place
from translator.client.captions.events import (
    Caption,
    CaptionDraft,
    CaptionDraftText,
    CaptionPiece,
    CaptionsLink,
    CaptionSnapshot,
    CaptionUpdate,
    LateCaption,
)
from translator.client.captions.source import KeptSource
from translator.client.target import StreamMismatchError
from translator.errors import InvalidRequestError
from translator.testing import FakeClock

pytestmark = pytest.mark.unit

LANGUAGES = (ORIGINAL, "pt", "de")


def caption(number: int, text: str, *, closed: bool = True, key: str = "") -> Caption:
    return Caption(number, key or f"speaker1:{number}", "pt", "en", "", text, closed)


def snapshot(name: str, *captions: Caption) -> CaptionSnapshot:
    drafts = (CaptionDraft("pt", ()),)
    return CaptionSnapshot(name, name.split("-")[0], captions, drafts, 0, 0)


def piece(name: str, number: int, text: str, length: int, *, closed: bool = False) -> CaptionPiece:
    return CaptionPiece(name, caption(number, text, closed=closed), length)


@pytest.mark.parametrize(
    ("url", "room"),
    [
        ("http://127.0.0.1:8080/r/harbour#key=abc", "harbour"),
        ("https://example.org/captions/s/x-1_Y#key=abc", "x-1_Y"),
        ("https://example.org/o/room/#key=abc&size=3", "room"),
        ("https://example.org/r/room/overlay?rows=2#key=abc", "room"),
        ("https://example.org/captions/v1/rooms#key=abc", "*"),
    ],
)
def test_a_link_has_a_room_and_a_key(url: str, room: str) -> None:
    assert CaptionsLink.parse(url) == CaptionsLink(room, "abc")


@pytest.mark.parametrize(
    "url",
    ["", "harbour", "https://example.org/r/harbour", "https://example.org/x/harbour#key=abc", "#"],
)
def test_what_is_no_link_is_said_to_be_none(url: str) -> None:
    with pytest.raises(ValueError, match="not a link"):
        CaptionsLink.parse(url)


def test_a_log_tells_each_piece_once_across_epochs() -> None:
    log = CaptionLog(100)
    told = [
        *log.apply(snapshot("aaaa-1", caption(1, "Um."))),
        *log.apply(piece("aaaa-2", 2, "Dois", 4)),
        *log.apply(snapshot("bbbb-3", caption(1, "Um."), caption(2, "Dois e", closed=False))),
        *log.apply(piece("bbbb-4", 2, " meio.", 12, closed=True)),
        *log.apply(LateCaption("bbbb-5", caption(3, "Três."))),
    ]
    assert [e.committed for e in told if isinstance(e, CaptionUpdate)] == [
        "Um.",
        "Dois",
        "Dois e",
        " meio.",
        "Três.",
    ]
    assert [each.text for each in log.captions("pt")] == ["Um.", "Dois e meio.", "Três."]


def test_a_log_keeps_no_more_than_its_history() -> None:
    log = CaptionLog(20)
    for number in range(1, 200):
        list(log.apply(LateCaption(f"aaaa-{number}", caption(number, f"{number}."))))
    kept = [each.segment_id for each in log.captions("pt")]
    assert 20 <= len(kept) <= 30
    assert kept == list(range(kept[0], 200))


def test_drafts_follow_the_captions() -> None:
    log = CaptionLog(20)
    list(log.apply(CaptionDraft("pt", (CaptionDraftText(1, "k", "en", "", " um"),))))
    assert log.draft("pt") == "um"
    assert list(log.apply(CaptionDraft("pt", ()))) == [CaptionDraft("pt", ())]
    assert list(log.apply(CaptionDraft("pt", ()))) == []


def test_a_place_finds_out_that_something_is_lost() -> None:
    place = Place()
    place.apply(snapshot("aaaa-1", caption(1, "Um", closed=False)))
    place.apply(piece("aaaa-2", 1, " e", 4))
    assert place.after == "aaaa-2"
    with pytest.raises(StreamMismatchError):
        place.apply(piece("aaaa-9", 1, " três", 14))
    assert place.after == "aaaa-2"
    place.forget()
    place.apply(snapshot("aaaa-9", caption(1, "Um e dois e", closed=False)))
    place.apply(piece("aaaa-10", 1, " três", 16, closed=True))


def text_of(requests: list[pb.PublishRequest], text: str = "") -> str:
    """What a gateway has of the source that has ``text`` already."""
    for request in requests:
        if request.HasField("source"):
            source = request.source
            assert source.position <= len(text), "a gap"
            text += source.committed[max(0, len(text) - source.position) :]
    return text


def test_a_speaker_says_again_what_a_gateway_needs_wherever_it_broke() -> None:
    chance = random.Random(7)
    for _ in range(200):
        source = KeptSource("en", "")
        said, heard, done = "", "", 0
        for _ in range(chance.randrange(1, 12)):
            words = "".join(chance.choices("ab 😀", k=chance.randrange(0, 9)))
            said += words
            requests = source.say(words, tentative="x" * chance.randrange(3))
            if chance.random() < 0.7:
                heard = text_of(requests, heard)
                continue
            # The call breaks; some of what was heard has become captions, and the gateway may know
            # no more than that.
            done = chance.randrange(done, len(heard) + 1)
            source.acknowledge(done)
            opening = source.opening("speaker1", "room", "key").opening
            assert opening.position <= done
            heard = said[: opening.position] if chance.random() < 0.5 else heard
            heard = text_of(source.replay(), heard)
            assert heard == said
        assert source.position == len(said)


def test_settings_are_said_again_in_their_place() -> None:
    source = KeptSource("en", "Rosa")
    source.say("One. ")
    source.change("pt", "")
    source.say("Dois. ")
    assert source.change("pt", "Rosa") == []
    kinds = [request.WhichOneof("request") for request in source.replay()]
    assert kinds == ["source", "settings", "source"]
    assert source.opening("speaker1", "room", "key").opening.settings.language_code == "en"
    source.acknowledge(5)
    opening = source.opening("speaker1", "room", "key").opening
    assert (opening.position, opening.settings.language_code) == (5, "pt")
    source.acknowledge(11)
    assert source.replay() == []
    assert source.num_kept == 0


def test_a_long_text_is_cut_and_a_long_tail_refused() -> None:
    source = KeptSource("en", "")
    requests = source.say("ab" * 5_000, tentative="c", end_of_segment=True, start_s=1.0, end_s=2.0)
    assert text_of(requests) == "ab" * 5_000
    assert [len(r.source.committed) for r in requests] == [4_000, 4_000, 2_000]
    assert [r.source.end_of_segment for r in requests] == [False, False, True]
    assert [r.source.HasField("start_offset") for r in requests] == [True, False, False]
    with pytest.raises(InvalidRequestError):
        source.say("", tentative="c" * 4_001)


# A room that mirrors another one, over calls that end anywhere.


class Relay:
    """What a relay does with what it is told, without the calls."""

    def __init__(self, owner: Room) -> None:
        self.owner = owner
        self.room = Mirror(owner.epoch, clock=FakeClock())
        self.cursor: Cursor | None = None
        self.loaded: set[str] = set()

    def ask(self, languages: tuple[str, ...]) -> None:
        for language in self.loaded - set(languages):
            self.room.forget(language)
        self.loaded &= set(languages)
        after = f"{self.owner.epoch}-{self.room.n}" if self.loaded else ""
        added = [language for language in languages if language not in self.loaded]
        self.cursor = self.owner.subscribe(languages, after, added)

    def read(self) -> None:
        assert self.cursor is not None
        for news in self.owner.read(self.cursor):
            if isinstance(news, Snapshot):
                for drafts in news.drafts:
                    lines = [(s, line) for s, code, line in news.lines if code == drafts.language]
                    self.room.load(drafts.language, lines, news.n, news.page)
                    self.loaded.add(drafts.language)
            elif isinstance(news, Piece):
                self.room.append(
                    news.n,
                    news.segment,
                    news.language,
                    news.text,
                    closed=news.closed,
                    whole=news.whole,
                )
        self.room.check_integrity()


def test_viewers_of_mirrors_have_what_viewers_of_the_owner_have() -> None:
    chance = random.Random(11)
    for _ in range(60):
        owner = Room("aaaa", clock=FakeClock(), wall_clock=FakeClock())
        mirrors = [Relay(owner), Relay(owner)]
        language = chance.choice(LANGUAGES)
        texts: dict[int, str] = {}
        after, place = "", None
        numbers: list[int] = []
        for _ in range(chance.randrange(10, 60)):
            say_something(owner, numbers, chance)
            for mirror in mirrors:
                if mirror.cursor is None or chance.random() < 0.1:
                    mirror.ask(tuple(chance.sample(LANGUAGES, chance.randrange(1, 4))))
                if chance.random() < 0.8:
                    mirror.read()
            # A viewer that moves between all of them.
            if place is None or chance.random() < 0.3:
                ready = [m.room for m in mirrors if language in m.loaded and m.room.n]
                place = chance.choice([owner, *ready])
                cursor = place.subscribe([language], after)
            if place is not owner and all(
                m.room is not place or language not in m.loaded for m in mirrors
            ):
                place = None
                continue
            after = follow(place, cursor, texts, after)
        cursor = owner.subscribe([language], after)
        follow(owner, cursor, texts, after)
        lines = {s.segment_id: line.text for s, line in owner_lines(owner, language)}
        assert texts == lines


def say_something(owner: Room, numbers: list[int], chance: random.Random) -> None:
    if not numbers or chance.random() < 0.3:
        numbers.append(owner.open(f"speaker1:{len(numbers)}", "en").segment_id)
    number, code = chance.choice(numbers), chance.choice(LANGUAGES)
    line = owner.line(code, number)
    if line is None and code != ORIGINAL and chance.random() < 0.3:
        owner.insert(code, number, "whole line.")
    elif line is None or not line.closed:
        owner.commit(
            code, number, chance.choice(["word ", "two words "]), closed=chance.random() < 0.3
        )


def owner_lines(owner: Room, language: str) -> list[tuple[Segment, Line]]:
    return [
        (segment, line)
        for segment in owner.segments
        if (line := owner.line(language, segment.segment_id)) is not None
    ]


def follow(place: Transcript, cursor: Cursor, texts: dict[int, str], after: str) -> str:
    for news in place.read(cursor):
        if isinstance(news, Snapshot):
            for segment, _, line in news.lines:
                assert line.text.startswith(texts.get(segment.segment_id, ""))
                texts[segment.segment_id] = line.text
            after = f"{place.epoch}-{news.n}"
        elif isinstance(news, Piece):
            text = texts.get(news.segment.segment_id, "") + news.text
            assert len(text) == news.length, "lost or doubled"
            texts[news.segment.segment_id] = text
            after = f"{place.epoch}-{news.n}"
    return after
