"""Subtitles from committed text and its media times, and the files that they are written to."""

import io
import random
import string
from itertools import pairwise
from pathlib import Path

import pysubs2
import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st
from ttconv.srt.reader import to_model as read_srt
from ttconv.vtt.reader import to_model as read_vtt

from translator.captions.cues import Cue, CueBuilder
from translator.captions.hls import HlsPlaylist
from translator.captions.presets import PRESETS
from translator.captions.subtitle_files import SubtitleFile, TranscriptFile, path_for
from translator.text.line_break import width

pytestmark = pytest.mark.unit


def cues_of(*said: tuple[str, float, float, str], rules: str = "general") -> list[Cue]:
    """The cues of segments, each with its times and speaker."""
    builder = CueBuilder(PRESETS[rules], "en")
    cues: list[Cue] = []
    for text, start_s, end_s, speaker in said:
        cues += builder.add(text, start_s, end_s, speaker=speaker, closed=True)
    return cues + builder.finish()


def shown(cues: list[Cue]) -> list[tuple[float, float, str]]:
    return [(round(cue.start_s, 2), round(cue.end_s, 2), cue.text) for cue in cues]


def test_a_segment_that_fits_is_a_cue_and_stays_long_enough() -> None:
    assert shown(cues_of(("Come in.", 3.0, 3.4, ""))) == [(3.0, 4.0, "Come in.")]
    long = "The ferry leaves at eight, whatever they say."
    assert shown(cues_of((long, 0.0, 1.0, ""))) == [
        (0.0, 2.65, "The ferry leaves at eight,\nwhatever they say.")
    ]


def test_a_long_segment_is_cut_where_it_is_best() -> None:
    text = (
        "The harbour office opens at nine, but the ferry to the island leaves at half past eight. "
        "If you want a ticket, ask at the small desk near the stairs."
    )
    assert [cue.text for cue in cues_of((text, 0.0, 10.0, ""))] == [
        "The harbour office opens at nine,",
        "but the ferry to the island\nleaves at half past eight.",
        "If you want a ticket, ask\nat the small desk near the stairs.",
    ]


def test_words_have_their_share_of_the_time() -> None:
    cues = cues_of((" ".join(["tea"] * 60), 0.0, 60.0, ""))
    assert cues[0].start_s == 0.0
    assert cues[-1].end_s == 60.0
    assert all(cue.end_s - cue.start_s <= 7.0 for cue in cues)


def test_short_cues_are_joined_and_two_speakers_have_lines_of_their_own() -> None:
    cues = cues_of(("Who is it?", 1.0, 1.5, "Ana"), ("Me.", 1.6, 1.8, "Rui"))
    assert shown(cues) == [(1.0, 2.0, "- Who is it?\n- Me.")]
    assert [speaker for speaker, _ in cues[0].lines] == ["Ana", "Rui"]
    assert [cue.text for cue in cues_of(("One.", 1.0, 1.2, "A"), ("Two.", 1.3, 1.5, "A"))] == [
        "One. Two."
    ]


def test_cues_are_not_joined_where_a_line_would_end_badly() -> None:
    first = "Please ask at the small desk near the stairs!"
    second = "We sold ninety of them yesterday."
    assert [cue.text for cue in cues_of((first, 0.0, 2.4, "A"), (second, 2.4, 3.0, "A"))] == [
        "Please ask at the small\ndesk near the stairs!",
        "We sold ninety of them yesterday.",
    ]


def test_short_cues_with_a_pause_between_stay_apart() -> None:
    cues = cues_of(("One.", 1.0, 1.2, ""), ("Two.", 4.0, 4.2, ""))
    assert shown(cues) == [(1.0, 2.0, "One."), (4.0, 5.0, "Two.")]


def test_speakers_who_overlap_follow_one_another() -> None:
    first = "We could take the road along the coast, or the train that leaves at seven."
    second = "The train is always late, and nobody knows why, not even the people who drive it."
    cues = cues_of((first, 10.0, 14.0, "A"), (second, 11.0, 15.0, "B"), ("Yes.", 12.0, 12.2, "C"))
    assert all(one.end_s <= two.start_s for one, two in pairwise(cues))
    assert [cue.lines[0][0] for cue in cues] == ["A", "B", "C"]


def test_a_mark_that_comes_late_and_times_that_go_back() -> None:
    builder = CueBuilder(language="en")
    builder.add("We sail", 2.0, 3.0)
    builder.add(" south", 1.0, 1.5)
    builder.add(".", None, None, closed=True)
    assert shown(builder.finish()) == [(2.0, 3.0, "We sail south.")]


def test_a_segment_that_does_not_end_is_written_all_the_same() -> None:
    builder = CueBuilder(language="en")
    cues: list[Cue] = []
    for number in range(200):
        cues += builder.add(f" word{number}", float(number), number + 1.0)
    assert len(cues) > 10


def test_a_cue_that_nothing_follows_is_given_on_demand() -> None:
    builder = CueBuilder()
    assert builder.add("Come in.", 1.0, 2.0, closed=True) == []
    assert [cue.text for cue in builder.rest()] == ["Come in."]
    assert builder.rest() == builder.finish() == []


WORDS = [
    "tea",
    "the",
    "harbour,",
    "office.",
    "Clara",
    "Weiss",
    "90",
    "x" * 50,
    "橋は、",
    "no",
    "a!",
]


@given(st.randoms(use_true_random=False), st.sampled_from(sorted(PRESETS)))
def test_any_talk_becomes_cues_in_order_that_fit(chance: random.Random, rules: str) -> None:
    builder = CueBuilder(PRESETS[rules], "en")
    preset = PRESETS[rules]
    cues: list[Cue] = []
    text, at_s = "", 0.0
    for _ in range(chance.randrange(1, 30)):
        at_s = max(0.0, at_s + chance.choice([0.1, 0.5, 2.0, 9.0, -1.0]))
        words = "".join(" " + chance.choice(WORDS) for _ in range(chance.choice([1, 2, 6, 40])))
        known = chance.random() < 0.9
        start_s, end_s = (at_s, at_s + chance.choice([0.0, 0.3, 5.0])) if known else (None, None)
        closed = chance.random() < 0.6
        speaker = chance.choice(["", "A", "B"])
        cues += builder.add(words, start_s, end_s, speaker=speaker, closed=closed)
        text += words
    cues += builder.finish()
    for one, two in pairwise(cues):
        assert one.end_s <= two.start_s + 1e-9
    for cue in cues:
        assert 0 < cue.end_s - cue.start_s <= preset.max_s + 1e-9
        assert len(cue.lines) <= preset.lines
        # A word that is longer than a line has one of its own.
        assert all(width(line) <= max(preset.columns, 50) for _, line in cue.lines)
    joined = "".join(line.removeprefix("- ") for cue in cues for _, line in cue.lines)
    assert joined.replace(" ", "") == text.replace(" ", "")


# Files

CUES = [
    Cue(0.0, 1.5, (("Ana & Rui", "Is 2 < 3 & 4 > 1?"),)),
    Cue(1.5, 3600.25, (("", "- From a --> b"), ("Eva <x>", "- <img onerror=1>"))),
    Cue(3600.25, 3601.0, (("", "Olá, 橋."),)),
]


@pytest.mark.parametrize("suffix", ["srt", "vtt"])
def test_other_readers_read_the_files(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"talk.{suffix}"
    file = SubtitleFile(path, "pt")
    for cue in CUES:
        file.write([cue])
        # Valid at any moment.
        assert len(pysubs2.load(str(path))) == CUES.index(cue) + 1
    file.close()
    read = pysubs2.load(str(path))
    assert [(event.start, event.end) for event in read] == [
        (0, 1500), (1500, 3600250), (3600250, 3601000),
    ]  # fmt: skip
    text = path.read_text("utf-8")
    model = read_vtt(io.StringIO(text)) if suffix == "vtt" else read_srt(io.StringIO(text))
    assert model is not None
    assert sum(1 for each in model.get_body().dfs_iterator() if each.get_begin() is not None) == 3
    if suffix == "vtt":
        captions = webvtt.read(str(path)).captions
        assert captions[0].voice == "Ana &amp; Rui"
        assert captions[2].text == "Olá, 橋."
        assert "<img" not in text


def test_the_transcript_names_a_speaker_where_one_begins(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    file = TranscriptFile(path)
    said = [("Who is it?", "Ana"), (" Say\nit. ", "Ana"), ("", "Eva"), ("Me.", "Rui"), ("Ah.", "")]
    for text, speaker in said:
        file.write(text, speaker)
    file.close()
    assert path.read_text("utf-8") == "Ana: Who is it?\nSay it.\nRui: Me.\nAh.\n"


def test_hls_has_segments_that_never_change(tmp_path: Path) -> None:
    path = tmp_path / "talk.pt.m3u8"
    playlist = HlsPlaylist(path)
    assert "#EXTINF" not in path.read_text()
    playlist.write([Cue(1.0, 2.0, (("", "One."),)), Cue(5.0, 7.5, (("", "Two."),))])
    assert "#EXTINF" not in path.read_text()
    playlist.write([Cue(20.0, 21.0, (("Ana", "Three."),))])
    names = [line for line in path.read_text().splitlines() if line.endswith(".vtt")]
    assert names == ["talk.pt-00000.vtt", "talk.pt-00001.vtt", "talk.pt-00002.vtt"]
    before = {name: (tmp_path / name).read_bytes() for name in names}
    playlist.close()
    assert {name: (tmp_path / name).read_bytes() for name in names} == before
    text = path.read_text()
    assert text.startswith("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n")
    assert text.endswith("talk.pt-00003.vtt\n#EXT-X-ENDLIST\n")
    said = []
    for number in range(4):
        segment = tmp_path / f"talk.pt-{number:05}.vtt"
        assert "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0" in segment.read_text()
        said.append([caption.text for caption in webvtt.read(str(segment)).captions])
    # A cue that is shown across a border is in both.
    assert said == [["One.", "Two."], ["Two."], [], ["Three."]]


def test_hls_writes_no_days_of_empty_segments(tmp_path: Path) -> None:
    playlist = HlsPlaylist(tmp_path / "talk.m3u8")
    playlist.write([Cue(1e9, 1e9 + 1, (("", "One."),))])
    playlist.close()
    assert [each.name for each in tmp_path.iterdir()] == ["talk.m3u8"]


def test_a_language_has_a_file_of_its_own() -> None:
    assert path_for(Path("a/talk.vtt"), "pt", ["pt"]) == Path("a/talk.vtt")
    assert path_for(Path("a/talk.vtt"), "pt-BR", ["pt-BR", "es"]) == Path("a/talk.pt-BR.vtt")


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends with \.srt or \.vtt"):
        SubtitleFile(tmp_path / "talk.ass")
    assert list(tmp_path.iterdir()) == []


class FullDisk(io.FileIO):
    """A file of which half a write arrives, and then none, while it is full."""

    is_full = False

    def write(self, data: object) -> int:
        if not self.is_full:
            return super().write(data)  # type: ignore[arg-type]
        super().write(bytes(data)[:3])  # type: ignore[call-overload]
        raise OSError(28, "No space left on device")


def test_a_full_disk_leaves_whole_cues_and_loses_none(tmp_path: Path) -> None:
    path = tmp_path / "talk.srt"
    file = SubtitleFile(path)
    file.write(CUES[:1])
    before = path.read_bytes()
    file._file.close()
    file._file = full = FullDisk(path, "r+b")
    full.seek(0, io.SEEK_END)
    full.is_full = True
    for cue in CUES[1:]:
        with pytest.raises(OSError, match="No space"):
            file.write([cue])
        assert path.read_bytes() == before
    full.is_full = False
    file.close()
    assert len(pysubs2.load(str(path))) == 3


@given(st.text(string.printable + "é橋<>&-", max_size=60))
def test_any_text_is_one_cue(text: str) -> None:
    builder = CueBuilder()
    builder.add(text, 0.0, 1.0, closed=True)
    num = len(builder.finish())
    assert (num > 0) is bool(text.strip())
