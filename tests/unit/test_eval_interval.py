"""How far chance goes in a figure."""

from collections.abc import Callable

import numpy as np
import pytest

from translator.eval.interval import NUM_DRAWS, Interval, drawn_sums, interval, ratio_interval
from translator.eval.quality import (
    Difference,
    bleu,
    bleu_difference,
    bleu_interval,
    chrf,
    chrf_difference,
    chrf_interval,
)

pytestmark = pytest.mark.unit

REFERENCES = [
    "the ferry leaves the old harbour at dawn",
    "nobody on the quay counts the lamps",
    "two crates of lemons went to the wrong island",
    "she came back on the last boat of the year",
]


def test_ninety_five_of_a_hundred_draws_are_in_the_interval() -> None:
    assert interval(np.arange(1001.0)) == Interval(25.0, 975.0)


def test_a_draw_has_as_many_texts_as_there_are() -> None:
    sums = drawn_sums([[1, 0], [1, 0], [1, 5]])
    assert sums.shape == (NUM_DRAWS, 2)
    assert set(sums[:, 0]) == {3.0}
    # The third text is drawn no time to three times, and once on average.
    assert set(sums[:, 1]) == {0.0, 5.0, 10.0, 15.0}
    assert sums[:, 1].mean() == pytest.approx(5, rel=0.1)


def test_the_interval_of_a_mean_is_as_wide_as_statistics_say() -> None:
    values = list(np.random.default_rng(1).normal(4.0, 2.0, size=400))
    found = ratio_interval(values, [1] * len(values))
    assert found is not None
    half = 1.96 * float(np.std(values)) / 20
    assert found.low == pytest.approx(np.mean(values) - half, abs=0.05)
    assert found.high == pytest.approx(np.mean(values) + half, abs=0.05)
    assert ratio_interval([0.0, 0.0], [0, 0]) is None


def test_what_is_the_same_loses_nothing_in_any_draw() -> None:
    worse = [text.replace("the", "a") for text in REFERENCES]
    assert bleu_difference(worse, worse, REFERENCES).interval == Interval(0.0, 0.0)


def test_the_loss_is_that_of_sacrebleu_where_all_draws_are_alike() -> None:
    offline = [REFERENCES[0]] * 5
    live = ["the ferry leaves an old harbour at dawn"] * 5
    loss = bleu(offline, offline) - bleu(live, offline)
    found = bleu_difference(offline, live, offline).interval
    assert (found.low, found.high) == (pytest.approx(loss), pytest.approx(loss))


def test_draws_are_the_same_texts_for_both() -> None:
    """Where the text that differs is not drawn, nothing is lost, however bad the others are."""
    offline = [*REFERENCES[:2], "entirely different words stand here now", "and here as well too"]
    live = [offline[0].replace("old", "new"), *offline[1:]]
    found = bleu_difference(offline, live, REFERENCES).interval
    assert found.low == 0.0 < found.high
    assert bleu_difference(live, offline, REFERENCES).interval == Interval(-found.high, -found.low)


def test_a_text_that_is_empty_counts() -> None:
    found = bleu_difference(REFERENCES, ["", *REFERENCES[1:]], REFERENCES).interval
    assert found.low == 0.0
    assert found.high > 0.0


def test_the_interval_of_a_figure_holds_it() -> None:
    live = [*REFERENCES[:2], "three crates of lemons went to an island", REFERENCES[3]]
    for figure, of in ((bleu, bleu_interval), (chrf, chrf_interval)):
        found = of(live, REFERENCES)
        assert found.low < figure(live, REFERENCES) < found.high
        assert found.high == pytest.approx(100)
        same = of([live[2]] * 3, [REFERENCES[2]] * 3)
        assert same.low == pytest.approx(figure([live[2]], [REFERENCES[2]])) == same.high


@pytest.mark.parametrize("difference", [bleu_difference, chrf_difference])
def test_a_difference_is_sure_where_every_text_has_it(
    difference: Callable[[list[str], list[str], list[str]], Difference],
) -> None:
    texts = [f"{text} in the year {n}" for n in range(10) for text in REFERENCES]
    worse = [text.replace("the", "a") for text in texts]
    found = difference(texts, worse, texts)
    assert found.value > 0
    assert found.interval.low > 0
    assert found.p == 1 / (NUM_DRAWS + 1)
    back = difference(worse, texts, texts)
    assert (back.value, back.p) == (-found.value, found.p)


@pytest.mark.parametrize("difference", [bleu_difference, chrf_difference])
def test_a_difference_in_one_text_of_many_is_not_sure(
    difference: Callable[[list[str], list[str], list[str]], Difference],
) -> None:
    texts = [f"{text} in the year {n}" for n in range(10) for text in REFERENCES]
    live = ["a ferry leaves one old harbour", *texts[1:]]
    assert difference(texts, live, texts).p > 0.05
    assert difference(texts, texts, texts).p == 1.0
