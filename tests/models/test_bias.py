"""Verification that favours the draft: exactly the formula, with a model of random parameters."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.tiny import tiny_model
from translator.engine.engine import Engine
from translator.engine.request import Hypothesis, Request
from translator.languages.pair import LanguagePair
from translator.local.driver import settle
from translator.models.base import Seq2SeqModel
from translator.models.marian.loading import load_marian_folder
from translator.policy.registry import PolicyChoice, resolve
from translator.session.events import Binding, SessionConfig, SessionLimits, SourceUpdate
from translator.session.session import Session
from translator.testing import FakeClock
from translator.text.segmenter import Segmenter

pytestmark = pytest.mark.model

PAIR = LanguagePair("en", "pt")
TOKENS = st.lists(st.integers(2, 39), max_size=6).map(tuple)
BIASES = st.sampled_from([0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.49])


@pytest.fixture(scope="module")
def tiny(vocabulary: bytes, tmp_path_factory: pytest.TempPathFactory) -> Seq2SeqModel:
    folder: Path = tmp_path_factory.mktemp("tiny")
    return load_marian_folder(tiny_model(vocabulary).write(folder), pair=PAIR, name="tiny")


def by_the_formula(model: Seq2SeqModel, request: Request) -> tuple[tuple[int, ...], bool]:
    """Tokens decoded one by one, and whether a choice was not the most probable token."""
    states = model.encode([request.source])
    tokens = list(request.target_prefix)
    limit = model.max_target_tokens(len(request.source))
    # The last token that fits is the model's own choice.
    draft = list(request.draft[: max(0, limit - 1 - len(tokens))])
    bias, biased = request.draft_bias, False
    while len(tokens) < limit:
        prefill = model.prefill(states, [tokens])
        logits = model.logits(prefill.hidden[:, len(tokens)])[0].double()
        scores = (1 - bias) * logits.softmax(-1) if draft else logits.softmax(-1)
        if draft:
            scores[draft[0]] += bias
        token = int(scores.argmax())
        biased |= token != int(logits.argmax())
        draft = draft[1:] if draft[:1] == [token] else []
        if token == 0:
            break
        tokens.append(token)
    return tuple(tokens), biased


def decode(model: Seq2SeqModel, *requests: Request) -> list[Hypothesis]:
    engine = Engine({"tiny": model})
    for request in requests:
        engine.submit(request)
    outcomes = {outcome.request.version: outcome.hypothesis for outcome in engine.run()}
    return [hypothesis for n in range(len(requests)) if (hypothesis := outcomes[n]) is not None]


@given(st.lists(st.tuples(TOKENS, TOKENS, TOKENS, BIASES, st.integers(0, 8)), max_size=4))
@settings(deadline=None, max_examples=40)
@pytest.mark.thorough
def test_mixed_biases_in_a_batch_choose_as_the_formula_does_alone(
    tiny: Seq2SeqModel,
    jobs: list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], float, int]],
) -> None:
    requests = []
    for number, (source, prefix, wrong, bias, right) in enumerate(jobs):
        plain = Request((str(number), "pt"), 0, "tiny", (*source, 0), prefix)
        # A draft that begins with what the model says, and one that is wrong in its middle.
        said = by_the_formula(tiny, plain)[0][len(prefix) :]
        draft = said[:right] + wrong[:1] + said[right + 1 :] + wrong[1:]
        requests.append(
            Request(plain.key, number, "tiny", plain.source, prefix, draft, draft_bias=bias)
        )
    for request, hypothesis in zip(requests, decode(tiny, *requests), strict=True):
        assert (hypothesis.tokens, hypothesis.biased) == by_the_formula(tiny, request)


def test_a_draft_token_stays_until_the_model_is_clearly_against_it(tiny: Seq2SeqModel) -> None:
    source = (5, 9, 12, 0)
    states = tiny.encode([source])
    logits = tiny.logits(tiny.prefill(states, [()]).hidden[:, 0])[0]
    first, second, *_ = logits.double().softmax(-1).sort(descending=True).values.tolist()
    other = int(logits.argsort(descending=True)[1])
    # (1 - b) p2 + b = (1 - b) p1
    turning_point = (first - second) / (1 + first - second)
    assert 0 < turning_point < 0.5
    for bias, stays in ((0.0, False), (turning_point - 1e-4, False), (turning_point + 1e-4, True)):
        request = Request(("s", "pt"), 0, "tiny", source, (), (other,), draft_bias=bias)
        (hypothesis,) = decode(tiny, request)
        assert (hypothesis.tokens[0] == other, hypothesis.biased) == (stays, stays)
    # Its probability is the model's own.
    assert hypothesis.log_probabilities[0] == pytest.approx(torch.tensor(second).log().item(), 1e-5)


@pytest.mark.parametrize("bias", [-0.1, 0.5, 1.0, float("nan")])
def test_a_bias_leaves_the_model_a_say(bias: float) -> None:
    with pytest.raises(ValueError, match="draft_bias is"):
        Request(("s", "pt"), 0, "tiny", (0,), draft_bias=bias)


def live(
    model: Seq2SeqModel, policy: str, bias: int, words: Sequence[str]
) -> tuple[str, list[str]]:
    """Committed text, and the drafts on the way, where a recogniser guesses some words ahead."""
    binding = Binding("pt", model.info, model.tokenizer(PAIR))
    choice = resolve(
        PolicyChoice(policy, {"bias": bias} | ({"sure": 0} if "guard" in policy else {}))
    )
    config = SessionConfig((binding,), choice, Segmenter("en"))
    session = Session("s", "stream", config, SessionLimits(), FakeClock())
    engine = Engine({"tiny": model})
    committed, drafts = "", []
    for number in range(1, len(words) + 2):
        if number <= len(words):
            tentative = " ".join(words[number : number + 2]) if number % 2 else ""
            session.update_source(SourceUpdate(number, words[number - 1] + " ", tentative))
        else:
            session.end_source()
        settle(engine, [session])
        for _, event in session.outboxes["pt"].take():
            committed += event.committed
            drafts.append(event.draft)
    return committed, drafts


@pytest.mark.parametrize("policy", ["guarded-agreement", "retranslation"])
def test_a_bias_changes_drafts_and_never_what_is_committed(tiny: Seq2SeqModel, policy: str) -> None:
    words = ["red", "boat", "sails", "past", "small", "green", "island", "noon", "gulls"]
    num_changed = 0
    for seed in range(12):
        talk = Random(seed).sample(words, 6)
        (committed, drafts), (biased_committed, biased_drafts) = (
            live(tiny, policy, bias, talk) for bias in (0, 45)
        )
        assert committed == biased_committed
        num_changed += drafts != biased_drafts
    assert num_changed
