"""A model that decodes and predicts in one call says what it says in several, bit by bit."""

from collections.abc import Sequence
from random import Random

import pytest
import torch

from tests.models.reference import greedy
from translator.engine.engine import Engine
from translator.engine.request import Hypothesis, Priority, Request
from translator.languages.pair import LanguagePair
from translator.models.base import (
    EncoderStates,
    FusedBatch,
    FusedModel,
    Known,
    Opened,
    Seq2SeqModel,
)
from translator.models.embedded import embedded_models
from translator.models.marian.int8 import Int8Batch, Int8Model
from translator.models.marian.loading import load_marian_folder

pytestmark = pytest.mark.model

EN_PT = LanguagePair("en", "pt")
SENTENCES = [
    "Hello.",
    "Where is the post office?",
    "The ferry to the island leaves at seven in the morning.",
    "My brother sold his old piano to a neighbour last week.",
    "The committee found that the new tunnel, which had been closed since 2019, could be opened "
    "again as soon as its lights were repaired.",
    "We",
]


@pytest.fixture(scope="module", params=["all tokens", "shortlist"])
def model(one_thread: None, request: pytest.FixtureRequest) -> Int8Model:
    folder = dict(embedded_models())[EN_PT]
    loaded = load_marian_folder(
        folder, pair=EN_PT, precision="int8", shortlist=request.param == "shortlist"
    )
    assert isinstance(loaded, Int8Model)
    return loaded


@pytest.fixture(scope="module")
def sources(model: Int8Model) -> list[tuple[int, ...]]:
    return [model.tokenizer(EN_PT).encode_source(text).tokens for text in SENTENCES]


class Unfused:
    """The same model, without what makes it a ``FusedModel``."""

    def __init__(self, model: Int8Model) -> None:
        self._model = model

    info = property(lambda self: self._model.info)
    device = property(lambda self: self._model.device)

    def __getattr__(self, name: str) -> object:
        if name == "open_targets":
            raise AttributeError(name)
        return getattr(self._model, name)


def known_targets(random: Random, model: Int8Model, count: int) -> list[tuple[int, ...]]:
    lengths = [random.choice((0, 1, 4, 9, 17)) for _ in range(count)]
    return [tuple(random.randrange(2, 32000) for _ in range(length)) for length in lengths]


def batch_of(
    model: Int8Model, states: Sequence[EncoderStates], known: Known, rows: Sequence[int]
) -> Int8Batch:
    batch = model.new_batch()
    for row, position in enumerate(rows):
        batch.load(row, states[row], known, row, position)
    return batch


def test_opening_is_a_prefill_and_a_prediction(
    model: Int8Model, sources: list[tuple[int, ...]]
) -> None:
    random = Random(5)
    for _ in range(4):
        known = known_targets(random, model, len(sources))
        firsts = [random.randint(0, len(target)) for target in known]
        states = model.encode(sources)
        opened = model.open_targets(states, known, firsts, probable=True)
        for index, (target, first) in enumerate(zip(known, firsts, strict=True)):
            prefill = model.prefill([states[index]], [target])
            expected = model.predict(
                prefill.hidden[0, first:],
                [*target[first:], 0],
                sources=[states[index]] * (len(target) + 1 - first),
            )
            found = opened.predictions[index]
            assert found.tokens == expected.tokens
            assert found.log_probabilities == expected.log_probabilities
            assert found.draft_log_probabilities == expected.draft_log_probabilities[:-1]
            assert prefill.alignment is not None
            assert opened.aligned is not None
            assert opened.aligned[index] == prefill.alignment[0].argmax(-1).tolist()


@pytest.mark.parametrize("most", [1, 3, 50])
def test_advancing_is_many_steps_and_who_ends_drops_out(
    model: Int8Model, sources: list[tuple[int, ...]], most: int
) -> None:
    states = model.encode(sources)
    opened = model.open_targets(states, [()] * len(sources), [0] * len(sources), probable=True)
    firsts = [prediction.tokens[0] for prediction in opened.predictions]
    whole = greedy(model, sources) if model._shortlist is None else None
    batch = batch_of(model, states, opened, [0] * len(sources))
    room = [model.max_target_tokens(len(source)) - 1 for source in sources]
    got: list[list[int]] = [[token] for token in firsts]
    scores: list[list[float]] = [[] for _ in sources]
    rows = list(range(len(sources)))
    while rows:
        steps = batch.advance(
            [got[row][-1] for row in rows],
            [room[row] + 1 - len(got[row]) for row in rows],
            end=0, most=most, bell=bytearray(1), probable=True,
        )  # fmt: skip
        assert steps.num_steps <= most
        for at in reversed(range(len(rows))):
            row = rows[at]
            got[row] += steps.tokens[at]
            scores[row] += steps.log_probabilities[at]
            assert steps.aligned is not None
            assert len(steps.aligned[at]) == len(steps.tokens[at])
            if got[row][-1] == 0 or len(got[row]) > room[row]:
                # As the engine does: the last row takes its place.
                if at != len(rows) - 1:
                    batch.move(len(rows) - 1, at)
                    rows[at] = rows[-1]
                rows.pop()
    for row, tokens in enumerate(got):
        if whole is not None:
            assert tuple(token for token in tokens if token) == whole[row]
        # Step by step it is the same, with the same probabilities.
        alone = batch_of(model, [states[row]], opened_alone(model, states[row]), [0])
        for token, expected, score in zip(tokens, tokens[1:], scores[row], strict=False):
            hidden = alone.step(torch.tensor([token])).hidden
            choice = model.predict(hidden, sources=[states[row]])
            assert choice.tokens == [expected]
            assert choice.log_probabilities == [score]


def opened_alone(model: Int8Model, states: EncoderStates) -> Opened:
    return model.open_targets([states], [()], [0], probable=False)


def test_a_row_goes_on_from_where_it_was_left(
    model: Int8Model, sources: list[tuple[int, ...]]
) -> None:
    states = model.encode(sources[4:5])
    first = opened_alone(model, states[0]).predictions[0].tokens[0]

    def run(*calls: int) -> list[int]:
        batch = batch_of(model, states, opened_alone(model, states[0]), [0])
        tokens = [first]
        for most in calls:
            steps = batch.advance(
                tokens[-1:], [99], end=0, most=most, bell=bytearray(1), probable=False
            )
            tokens += steps.tokens[0]
        return tokens

    assert run(12) == run(5, 7) == run(*[1] * 12)
    assert len(run(12)) == 13


def test_nobody_gets_more_than_there_is_room_for_and_a_bell_ends_it_early(
    model: Int8Model, sources: list[tuple[int, ...]]
) -> None:
    states = model.encode(sources[3:5])
    opened = model.open_targets(states, [(), ()], [0, 0], probable=True)
    firsts = [prediction.tokens[0] for prediction in opened.predictions]

    def lengths(room: list[int], bell: int) -> list[int]:
        batch = batch_of(model, states, opened, [0, 0])
        steps = batch.advance(firsts, room, end=0, most=6, bell=bytearray([bell]), probable=True)
        return list(map(len, steps.tokens))

    assert lengths([99, 99], 0) == [6, 6]
    assert lengths([2, 99], 0) == [2, 6]
    assert lengths([2, 3], 0) == [2, 3]
    assert lengths([99, 99], 1) == [1, 1]


def said(model: Seq2SeqModel, sources: Sequence[tuple[int, ...]]) -> dict[str, Hypothesis]:
    """What an engine says of many requests that come in between its steps."""
    random = Random(11)
    engine = Engine({model.info.name: model})
    waiting = [
        Request(
            (str(number), "pt"),
            1,
            model.info.name,
            random.choice(sources),
            draft=tuple(random.randrange(2, 32000) for _ in range(random.choice((0, 0, 3)))),
            priority=random.choice((Priority.LIVE, Priority.LIVE, Priority.UNARY, Priority.BATCH)),
            scored=random.random() < 0.3,
            draft_bias=random.choice((0.0, 0.0, 0.3)),
        )
        for number in range(60)
    ]
    said: dict[str, Hypothesis] = {}
    while waiting or engine.has_work:
        for _ in range(random.randint(0, 6)):
            if waiting:
                engine.submit(waiting.pop())
        for outcome in engine.step():
            assert outcome.hypothesis is not None
            said[outcome.request.key[0]] = outcome.hypothesis
        engine.check_integrity()
    return said


def test_an_engine_says_the_same_of_a_model_that_cannot(
    model: Int8Model, sources: list[tuple[int, ...]]
) -> None:
    unfused = Unfused(model)
    assert isinstance(model, FusedModel)
    assert isinstance(model.new_batch(), FusedBatch)
    assert not isinstance(unfused, FusedModel)
    assert said(model, sources) == said(unfused, sources)  # type: ignore[arg-type]


def test_second_choices_are_told_beside_requests_that_want_none(
    model: Int8Model, sources: list[tuple[int, ...]]
) -> None:
    name = model.info.name
    asked = Request(("a", "pt"), 1, name, sources[2], runners_up=True)
    other = Request(("b", "pt"), 1, name, sources[3])
    engine = Engine({name: model})
    engine.submit(asked)
    engine.submit(other)
    found = {outcome.request.key[0]: outcome.hypothesis for outcome in engine.run()}
    alone = Engine({name: model})
    alone.submit(other)
    ((outcome),) = alone.run()
    assert found["b"] == outcome.hypothesis
    assert found["a"] is not None
    assert len(found["a"].runners_up) == len(found["a"].tokens) + 1
