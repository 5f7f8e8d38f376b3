"""A session's figures, by hand."""

import pytest

from tests.unit.driver import Driver, make_config, one_thread  # noqa: F401
from translator.engine.request import RequestTiming
from translator.session.events import TargetEvent
from translator.session.report import TargetFigures
from translator.testing import FakeModel

pytestmark = pytest.mark.unit


def send(
    figures: TargetFigures,
    committed: str,
    draft: str = "",
    *,
    segment: int = 0,
    source_words: int = 0,
    at_s: float = 0.0,
    arrivals_s: tuple[float, ...] | None = None,
) -> None:
    """An update leaves; with ``arrivals_s`` it closes the segment."""
    event = TargetEvent(
        "yy", segment, committed, draft, 0, arrivals_s is not None, 0, 0, 0,
        num_source_words=source_words, arrivals_s=arrivals_s or (),
    )  # fmt: skip
    figures.sent(event, at_s)


def test_lag_in_words_is_laal_to_the_first_word_that_had_all_of_the_source() -> None:
    """Four source words, two target words: r = 2. Delays 2 and 4: lags 2 - 0 and 4 - 2."""
    figures = TargetFigures()
    send(figures, "A", source_words=2, at_s=12)
    send(figures, " B", source_words=4, at_s=15, arrivals_s=(10, 11, 12, 13))
    assert figures.mean_lag_words == pytest.approx((2 + 2) / 2)
    # Target word 0 is due with source word 0 (10 s), target word 1 with source word 2 (12 s).
    assert figures.mean_lag_ms == pytest.approx(1e3 * ((12 - 10) + (15 - 12)) / 2)
    assert (figures.words, figures.updates) == (2, 2)


def test_words_after_the_first_that_had_all_of_the_source_do_not_count() -> None:
    """All three words are committed with the last of three source words: only the first waited."""
    figures = TargetFigures()
    send(figures, "A B C", source_words=3, at_s=5, arrivals_s=(1, 2, 3))
    assert figures.mean_lag_words == pytest.approx(3.0)
    assert figures.mean_lag_ms == pytest.approx(1e3 * (4 + 3 + 2) / 3)


def test_lag_in_words_is_the_mean_of_the_segments() -> None:
    figures = TargetFigures()
    send(figures, "A", source_words=1, at_s=1, arrivals_s=(1,))
    send(figures, "A B C", segment=1, source_words=3, at_s=3, arrivals_s=(1, 2, 3))
    assert figures.mean_lag_words == pytest.approx((1 + 3) / 2)
    assert figures.words == 4


def test_source_that_went_to_the_next_segment_had_not_come_for_this_one() -> None:
    """An opening quote came, and the word after it showed that it belongs to what follows."""
    figures = TargetFigures()
    send(figures, "A", source_words=2, at_s=1)
    send(figures, ".", source_words=1, at_s=2, arrivals_s=(1,))
    assert figures.mean_lag_words == pytest.approx(1.0)


def test_words_of_an_earlier_stream_keep_their_place_but_are_not_measured() -> None:
    figures = TargetFigures()
    figures.resume(7, "A B")
    send(figures, " C D", segment=7, source_words=4, at_s=8, arrivals_s=(1, 1, 2, 4))
    assert figures.words == 2
    assert figures.mean_lag_words == pytest.approx(4 - 2)
    assert figures.mean_lag_ms == pytest.approx(1e3 * ((8 - 2) + (8 - 4)) / 2)


def test_without_words_there_is_no_lag() -> None:
    figures = TargetFigures()
    send(figures, "", arrivals_s=())
    assert (figures.mean_lag_words, figures.mean_lag_ms) == (0.0, 0.0)


def test_erased_words_are_those_shown_and_taken_back() -> None:
    """Shown, then taken back (arXiv 2004.03643), counted by hand."""
    figures = TargetFigures()
    shown = [
        ("", "A b c", 0, 0),
        ("A", " B c", 0, 2),  # b c
        ("", " B c d", 0, 2),  # only grows
        (" B", "", 0, 4),  # c d
        ("N", " o", 1, 4),  # another segment takes nothing back
        ("", "", 1, 5),  # o
    ]
    for committed, draft, segment, erased in shown:
        send(figures, committed, draft, segment=segment)
        assert figures.erased_words == erased
    assert figures.normalized_erasure == pytest.approx(5 / 3)


def test_words_that_go_on_in_the_next_segment_are_not_taken_back() -> None:
    """The reader sees all segments. A closing update and the next one are one step."""
    figures = TargetFigures()
    send(figures, "", "A b. C d e f")
    send(figures, "A b.", arrivals_s=())
    assert figures.erased_words == 4, "if nothing follows"
    send(figures, "", "C d x", segment=1)
    assert figures.erased_words == 2  # e f
    send(figures, "C y.", segment=1, arrivals_s=())
    assert figures.erased_words == 4  # d x


def test_over_several_segments_what_they_showed_of_the_next_goes_on() -> None:
    figures = TargetFigures()
    send(figures, "", "A b. C d. E")
    for number, text in enumerate(("A b.", "C d.", "E f.")):
        send(figures, text, segment=number, arrivals_s=())
    assert figures.erased_words == 0


def test_after_a_close_with_other_words_all_of_the_rest_is_taken_back() -> None:
    figures = TargetFigures()
    send(figures, "", "A b. C d")
    send(figures, "A x.", arrivals_s=())
    send(figures, "", "C d", segment=1)
    assert figures.erased_words == 3  # b. C d


def test_requests_and_steps_add_up() -> None:
    figures = TargetFigures()
    figures.decoded(RequestTiming(steps_run=3, steps_saved=1))
    figures.decoded(RequestTiming(steps_run=2, steps_saved=4))
    assert (figures.requests, figures.steps_run, figures.steps_saved) == (2, 5, 5)


def test_a_sessions_report_by_hand() -> None:
    """One sentence, a word a second, agreement of two hypotheses."""
    model = FakeModel()
    driver = Driver(make_config(model, "yy", parameters={"n": 2}), model)
    for word in ("red ", "boats ", "sail "):
        driver.say(word)
        driver.clock.advance(1)
    driver.flush()
    driver.end()
    # RED~; RED BOATS~ (1 word erased); RED | BOATS SAIL~ (1); RED BOATS | SAIL~. closed
    shown = [(e.committed, e.draft) for _, e in driver.updates]
    assert shown == [
        ("", "RED~"),
        ("", "RED BOATS~"),
        ("RED", " BOATS SAIL~"),
        (" BOATS SAIL~.", ""),
    ]
    report = driver.session.report()
    (target,) = report.targets
    assert (report.source_words, report.source_updates, report.segments) == (3, 3, 1)
    assert report.duration_s == pytest.approx(3.0)
    assert (target.target, target.updates, target.updates_superseded) == ("yy", 4, 0)
    assert target.target_words == 3
    # RED~, BOATS~ were taken back; SAIL~ became SAIL~. with the stop.
    assert target.normalized_erasure == pytest.approx(3 / 3)
    # RED was committed with 3 source words, 2 s after "red" came; the rest 3 s after the first.
    assert target.mean_lag_words == pytest.approx(3.0)
    assert target.mean_lag_ms == pytest.approx(1e3 * (2 + 2 + 1) / 3)
    assert target.requests == 3
    assert target.decoder_steps_run + target.decoder_steps_saved == 3 + 4 + 5


def test_a_target_that_comes_back_goes_on_with_its_figures() -> None:
    model = FakeModel()
    both, one = make_config(model), make_config(model, "zz")
    driver = Driver(both, model)
    for _ in range(3):
        driver.say("One two.", end_of_segment=True)
        driver.reconfigure(one)
        driver.say("Three.", end_of_segment=True)
        driver.reconfigure(both)
    driver.end()
    targets = {t.target: t for t in driver.session.report().targets}
    assert list(targets) == ["yy", "zz"]
    assert len(driver.session.report().targets) == 2
    assert (targets["yy"].target_words, targets["zz"].target_words) == (6, 9)
    assert targets["yy"].updates == driver.readers["yy"].revision
