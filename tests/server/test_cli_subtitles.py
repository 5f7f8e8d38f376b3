"""``translator stream --subtitles`` and ``--sink``, and ``translator subtitles``, in processes."""

from pathlib import Path

import pysubs2
import pytest
from click.testing import CliRunner

from tests.server.test_cli import run
from translator.cli import main

pytestmark = pytest.mark.server

SAID = """{"text": "Who is there?", "final": true, "start": 1, "end": 2.5}
{"text": "It is me.", "final": true, "start": 3, "end": 4.2}
{"text": "Come in, and close the door.", "final": true, "start": 9, "end": 12}
"""
SRT = """1
00:00:01,000 --> 00:00:02,500
The kettle is on.

2
00:00:03,000 --> 00:00:05,000
<i>It boils</i>
"""


def stream(address: str, *more: str, stdin: str = SAID) -> tuple[int, str]:
    pair = ("--from", "xx", "--to", "yy", "--no-summary")
    words = ("stream", "--from-recogniser", "events", "--address", address, *pair, *more)
    done = run(*words, stdin=stdin)
    return done.returncode, done.stderr.decode()


def test_subtitles_have_the_media_times(address: str, tmp_path: Path) -> None:
    paths = [tmp_path / f"talk.{suffix}" for suffix in ("srt", "vtt", "txt")]
    options = [word for path in paths for word in ("--subtitles", str(path))]
    assert stream(address, *options) == (0, "")
    for path in paths[:2]:
        events = [(event.start, event.end, event.text) for event in pysubs2.load(str(path))]
        assert events == [
            (1000, 2500, "WHO IS THERE?"),
            (3000, 4200, "IT IS ME."),
            (9000, 12000, "COME IN, AND CLOSE THE DOOR."),
        ]
    assert paths[2].read_text("utf-8") == "WHO IS THERE?\nIT IS ME.\nCOME IN, AND CLOSE THE DOOR.\n"


def test_each_language_has_a_file(address: str, tmp_path: Path) -> None:
    path = tmp_path / "talk.vtt"
    lines = tmp_path / "lines.txt"
    options = ("--to", "zz", "--subtitles", str(path), "--sink", f"zz:file={lines}")
    assert stream(address, *options) == (0, "")
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "lines.txt", "talk.yy.vtt", "talk.zz.vtt",
    ]  # fmt: skip
    assert "Language: zz" in (tmp_path / "talk.zz.vtt").read_text("utf-8")
    shown = lines.read_text("utf-8").split()
    assert len(shown) == 12


def test_source_without_times_has_the_time_when_it_came(address: str, tmp_path: Path) -> None:
    path = tmp_path / "talk.srt"
    pair = ("--from", "xx", "--to", "yy", "--no-summary")
    done = run("stream", "--address", address, *pair, "--subtitles", str(path), stdin="Come in.")
    assert done.returncode == 0
    (event,) = pysubs2.load(str(path))
    assert event.text == "COME IN."
    assert 0 <= event.start < 20_000


def test_a_destination_that_is_away_costs_the_stream_nothing(address: str) -> None:
    code, errors = stream(address, "--sink", "teams=http://127.0.0.1:9/cart?token=geheim")
    assert code == 0
    assert "warning: teams: 127.0.0.1 cannot be reached" in errors
    assert "geheim" not in errors


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--subtitles", "talk.ass"), "ends with .srt or .vtt; a transcript with .txt"),
        (("--subtitles", "no/talk.vtt"), "Could not open file 'no/talk.vtt'"),
        (("--sink", "zoom"), "is not KIND=WHERE with one of file, obs"),
        (("--sink", "fr:file=x"), "'fr' is not one of the targets yy"),
    ],
)
def test_a_mistake_is_told(
    address: str,
    options: tuple[str, ...],
    said: str,
) -> None:
    code, errors = stream(address, *options)
    assert code in (1, 2)
    assert said in errors
    assert "Traceback" not in errors


def test_a_file_of_subtitles_is_translated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRANSLATOR_FAKE_MODEL", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "film.srt"
    path.write_text(SRT)
    command = ["subtitles", str(path), "--from", "xx", "--to", "yy"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    upper = SRT.replace("The kettle is on", "THE KETTLE IS ON").replace("It boils", "IT BOILS")
    assert (tmp_path / "film.yy.srt").read_text().replace("~.", "") == upper
    again = CliRunner().invoke(main, command)
    assert again.exit_code != 0
    assert "--overwrite" in again.output
    two = CliRunner().invoke(main, [*command, "--to", "zz", str(tmp_path / "out.srt")])
    assert two.exit_code == 0, two.output
    assert (tmp_path / "out.yy.srt").exists()
    assert (tmp_path / "out.zz.srt").exists()
    wrong = CliRunner().invoke(main, ["subtitles", str(tmp_path / "film.yy.srt"), "a.txt", "--to"])
    assert wrong.exit_code == 2
