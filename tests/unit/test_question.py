"""An answer serves again for the very question that was asked, and for no other."""

import pytest

from translator.engine.request import Hypothesis
from translator.session.question import Answer, Question

pytestmark = pytest.mark.unit

ASKED = Question((5, 6, 0), (9,))


def answer(question: Question = ASKED, *, biased: bool = False) -> Answer:
    return Answer(question, Hypothesis((9, 7, 8), (0, 0, 1), (0.0, 0.0, 0.0), biased=biased))


@pytest.mark.parametrize(
    ("question", "serves"),
    [
        (ASKED, True),
        (Question((5, 6, 0), (9, 7)), True),
        (Question((5, 6, 0), (9, 7, 8)), True),
        (Question((5, 6, 0), (9, 8)), False),
        (Question((5, 6, 0), (9, 7, 8, 8)), False),
        (Question((5, 6, 0), ()), False),
        (Question((5, 6, 1), (9,)), False),
        (Question((5, 0), (9,)), False),
        (Question((5, 6, 0), (9,), 0.2), False),
    ],
)
def test_only_the_same_question_has_the_same_answer(question: Question, serves: bool) -> None:
    assert answer().answers(question) == serves


def test_an_answer_in_which_a_bias_had_a_say_serves_nobody_else() -> None:
    assert not answer(biased=True).answers(ASKED)
    # A bias that changed nothing did no harm.
    assert answer(Question((5, 6, 0), (9,), 0.2)).answers(ASKED)
