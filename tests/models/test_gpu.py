"""Models on a CUDA device: what they say on a CPU, in float32 and in the half types."""

import gc
from pathlib import Path
from random import Random

import pytest
import torch

from tests.models.counting.language import sentence, translate
from tests.models.sentences import ENGLISH
from translator.catalog.describe import describe_models
from translator.config import ServerConfig
from translator.engine.engine import Engine
from translator.engine.request import Hypothesis, Request
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.models.embedded import embedded_models
from translator.models.loading import load_model
from translator.models.marian.loading import load_marian_folder
from translator.precision import Precision
from translator.text.detokenizer import detokenize

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
]

EN_PT = LanguagePair("en", "pt")
COUNTING = Path(__file__).parent / "counting"


def decode(model: Seq2SeqModel, texts: list[str], target: str = "pt") -> list[Hypothesis]:
    """All texts together, each with a draft that holds in part."""
    tokenizer = model.tokenizer(LanguagePair("en", target))
    found: list[Hypothesis] = []
    for drafts in ([()] * len(texts), None):
        engine = Engine({model.info.name: model})
        for index, text in enumerate(texts):
            draft = found[index].tokens[len(tokenizer.target_start) :][:5] if drafts is None else ()
            engine.submit(
                Request(
                    (str(index), target),
                    index,
                    model.info.name,
                    tokenizer.encode_source(text).tokens,
                    tokenizer.target_start,
                    draft,
                )
            )
        outcomes = sorted(engine.run(), key=lambda outcome: outcome.request.version)
        said = [o.hypothesis for o in outcomes if o.hypothesis is not None]
        assert len(said) == len(texts)
        if found:
            same = [a.tokens == b.tokens for a, b in zip(said, found, strict=True)]
            assert sum(same) >= 0.9 * len(same)
        found = said
    return found


@pytest.mark.parametrize(
    ("precision", "share"), [("float32", 0.95), ("float16", 0.7), ("bfloat16", 0.5)]
)
def test_the_embedded_model_says_what_it_says_on_a_cpu(precision: Precision, share: float) -> None:
    folder, texts = dict(embedded_models())[EN_PT], list(ENGLISH)
    reference = decode(load_marian_folder(folder, pair=EN_PT), texts)
    model = load_marian_folder(folder, pair=EN_PT, device="cuda", precision=precision)
    assert model.device.type == "cuda"
    said = decode(model, texts)
    same = [a.tokens == b.tokens for a, b in zip(said, reference, strict=True)]
    assert sum(same) >= share * len(same)


@pytest.mark.parametrize("precision", ["float32", "float16", "bfloat16"])
def test_a_transformers_model_translates_exactly(precision: Precision) -> None:
    random = Random(5)
    texts = [sentence(random) for _ in range(20)]
    for spec, targets in (
        (f"en-pt={COUNTING / 'model'}", ("pt",)),
        (f"all={COUNTING / 'many'}", ("fr", "pt")),
    ):
        model = load_model(spec, device="cuda", precision=precision)
        for target in targets:
            tokenizer = model.tokenizer(LanguagePair("en", target))
            said = [detokenize(tokenizer, h.tokens).text for h in decode(model, texts, target)]
            right = [a == translate(text, target) for a, text in zip(said, texts, strict=True)]
            assert sum(right) >= 0.9 * len(right)


def test_what_is_let_go_gives_its_memory_back() -> None:
    settings = ServerConfig(models=(f"en-pt={COUNTING / 'model'}",), device="cuda")
    [described] = describe_models(settings)
    before = torch.cuda.memory_allocated()
    model = described.load()
    assert torch.cuda.memory_allocated() > before
    del model
    gc.collect()
    assert torch.cuda.memory_allocated() == before
