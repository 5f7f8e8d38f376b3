"""A session's figures, by hand."""

import pytest
from driver import Driver, make_config, one_thread  # noqa: F401

from translator.engine.request import RequestTiming
from translator.session.report import TargetFigures
from translator.session.segment import Segment
from translator.testing import FakeModel

pytestmark = pytest.mark.unit


def segment(*words: tuple[str, float]) -> Segment:
    built = Segment(0, 0, make_config(FakeModel()))
    for word, arrived_s in words:
        built.append(word + " ", arrived_s, None, None)
    return built


def test_lag_in_words_is_laal_to_the_first_word_that_had_all_of_the_source() -> None:
    """Four source words, two target words: r = 2. Delays 2 and 4: lags 2 - 0 and 4 - 2."""
    figures = TargetFigures()
    figures.start_segment()
    figures.commit(1, 2, 12.0)
    figures.commit(2, 4, 15.0)
    figures.end_segment(segment(("a", 10.0), ("b", 11.0), ("c", 12.0), ("d", 13.0)))
    assert figures.mean_lag_words == pytest.approx((2 + 2) / 2)
    # Target word 0 is due with source word 0 (10 s), target word 1 with source word 2 (12 s).
    assert figures.mean_lag_ms == pytest.approx(1e3 * ((12 - 10) + (15 - 12)) / 2)
    assert figures.words == 2


def test_words_after_the_first_that_had_all_of_the_source_do_not_count() -> None:
    """All three words are committed with the last of three source words: only the first waited."""
    figures = TargetFigures()
    figures.start_segment()
    figures.commit(3, 3, 5.0)
    figures.end_segment(segment(("a", 1.0), ("b", 2.0), ("c", 3.0)))
    assert figures.mean_lag_words == pytest.approx(3.0)
    assert figures.mean_lag_ms == pytest.approx(1e3 * (4 + 3 + 2) / 3)


def test_lag_in_words_is_the_mean_of_the_segments() -> None:
    figures = TargetFigures()
    figures.start_segment()
    figures.commit(1, 1, 1.0)
    figures.end_segment(segment(("a", 1.0)))
    figures.start_segment()
    figures.commit(3, 3, 3.0)
    figures.end_segment(segment(("a", 1.0), ("b", 2.0), ("c", 3.0)))
    assert figures.mean_lag_words == pytest.approx((1 + 3) / 2)
    assert figures.words == 4


def test_words_of_an_earlier_stream_keep_their_place_but_are_not_measured() -> None:
    figures = TargetFigures()
    figures.start_segment()
    figures.resume(2)
    figures.commit(4, 4, 8.0)
    figures.end_segment(segment(("a", 1.0), ("b", 1.0), ("c", 2.0), ("d", 4.0)))
    assert figures.words == 2
    assert figures.mean_lag_words == pytest.approx(4 - 2)
    assert figures.mean_lag_ms == pytest.approx(1e3 * ((8 - 2) + (8 - 4)) / 2)


def test_without_words_there_is_no_lag() -> None:
    figures = TargetFigures()
    figures.start_segment()
    figures.end_segment(segment())
    assert (figures.mean_lag_words, figures.mean_lag_ms) == (0.0, 0.0)


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
