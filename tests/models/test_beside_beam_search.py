"""Alternatives beside those of a real beam search, that of the Transformers library."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from transformers import MarianMTModel

from tests.models.counting.language import english
from translator.documents.alternatives import same_text
from translator.documents.plain import TextTranslation
from translator.engine.engine import Engine
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.models.loading import load_model
from translator.session.events import Binding
from translator.text.detokenizer import detokenize
from translator.text.segmenter import Segmenter

pytestmark = pytest.mark.model

PAIR = LanguagePair("en", "pt")
FOLDER = Path(__file__).parent / "counting" / "model"
NUMBERS = (3, 17, 25, 104, 250, 999, 1001, 2350, 14_007, 20_100, 73_512, 100_020, 640_001)


@pytest.fixture(scope="module")
def model(one_thread: None) -> Seq2SeqModel:
    return load_model(f"en-pt={FOLDER}")


@pytest.fixture(scope="module")
def network(one_thread: None) -> MarianMTModel:
    return MarianMTModel.from_pretrained(FOLDER)


@torch.inference_mode()
def score(network: MarianMTModel, source: Sequence[int], target: Sequence[int]) -> float:
    """Mean log probability of a target with its end of sentence."""
    config = network.config
    labels = torch.tensor([*target, config.eos_token_id])
    decoder_input = torch.tensor([[config.decoder_start_token_id, *target]])
    logits = network(input_ids=torch.tensor([source]), decoder_input_ids=decoder_input).logits[0]
    logits[:, config.pad_token_id] = -torch.inf
    return float(logits.log_softmax(-1).gather(-1, labels[:, None]).mean())


@torch.inference_mode()
def beam(network: MarianMTModel, source: Sequence[int]) -> list[tuple[tuple[int, ...], float]]:
    """What a beam search finds, the most probable first."""
    found = network.generate(
        torch.tensor([source]), num_beams=5, num_return_sequences=5, length_penalty=1.0
    )
    control = {network.config.eos_token_id, network.config.pad_token_id}
    targets = {tuple(t for t in row if t not in control) for row in found.tolist()}
    return sorted(((t, score(network, source, t)) for t in targets), key=lambda each: -each[1])


def test_the_first_alternative_is_as_probable_as_what_a_beam_search_finds(
    model: Seq2SeqModel, network: MarianMTModel
) -> None:
    tokenizer = model.tokenizer(PAIR)
    as_probable = 0
    for number in NUMBERS:
        text = f"{english(number)}."
        job = TextTranslation("key", Binding("pt", model.info, tokenizer), Segmenter("en"), text, 2)
        engine = Engine({model.info.name: model})
        for request in filter(None, job.ask()):
            engine.submit(request)
        for outcome in engine.run():
            job.accept(outcome)
        for request in job.branch_requests():
            engine.submit(request)
        scores: dict[str, float] = {}
        source = tokenizer.encode_source(text).tokens
        for outcome in engine.run():
            job.accept_branch(outcome)
            assert outcome.hypothesis is not None
            tokens = outcome.hypothesis.tokens
            scores[detokenize(tokenizer, tokens).text] = score(network, source, tokens)
        best = job.result(alignments=False)[0]
        alternatives = list(job.alternatives())
        assert len(alternatives) == len({best, *alternatives}) - 1 == 2
        # In order of what the library, too, says how probable they are.
        assert scores[alternatives[0]] >= scores[alternatives[1]] - 1e-4
        others = [
            found
            for target, found in beam(network, source)
            if same_text(detokenize(tokenizer, target).text) != same_text(best)
        ]
        as_probable += scores[alternatives[0]] >= max(others) - 1e-4
    assert as_probable >= 0.9 * len(NUMBERS)
