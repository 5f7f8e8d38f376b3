"""The small MarianMT that counts (``counting/train.py``): exact translations, streamed."""

from pathlib import Path
from random import Random

import pytest

from tests.models.counting.language import (
    any_number,
    english,
    is_held_out,
    portuguese,
    sentence,
    translate,
)
from tests.models.reference import greedy, text_of
from tests.models.streamed import stream
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.models.loading import load_model

pytestmark = pytest.mark.model

PAIR = LanguagePair("en", "pt")
FOLDER = Path(__file__).parent / "counting" / "model"


@pytest.fixture(scope="module", params=["float32", "int8"])
def model(one_thread: None, request: pytest.FixtureRequest) -> Seq2SeqModel:
    return load_model(f"en-pt={FOLDER}", precision=request.param)


def test_the_language_is_what_it_should_be() -> None:
    for number, words, translated in (
        (0, "zero", "zero"),
        (100, "one hundred", "cem"),
        (117, "one hundred and seventeen", "cento e dezessete"),
        (1000, "one thousand", "mil"),
        (2030, "two thousand and thirty", "dois mil e trinta"),
        (1234, "one thousand two hundred and thirty four", "mil duzentos e trinta e quatro"),
        (100_500, "one hundred thousand five hundred", "cem mil e quinhentos"),
    ):
        assert english(number) == words
        assert portuguese(number) == translated
        assert translate(words) == translated
    assert translate("two thousand and") == "dois mil"
    assert 0.01 < sum(map(is_held_out, range(100, 100_000))) / 99_900 < 0.03


def test_numbers_that_were_held_out_are_translated_exactly(model: Seq2SeqModel) -> None:
    random = Random(11)
    held_out = [n for n in (any_number(random) for _ in range(20_000)) if is_held_out(n)][:200]
    tokenizer = model.tokenizer(PAIR)
    sources = [tokenizer.encode_source(english(n) + ".").tokens for n in held_out]
    said = [text_of(model, target) for target in greedy(model, sources)]
    right = sum(a == portuguese(n) + "." for a, n in zip(said, held_out, strict=True))
    assert right >= 0.99 * len(held_out)


# Not guarded-agreement: it commits the "e" of "mil e um" before that turns out as "mil cento e um".
@pytest.mark.parametrize("policy", ["local-agreement", "alignatt", "retranslation", "final-only"])
def test_a_stream_says_what_the_whole_sentence_says(model: Seq2SeqModel, policy: str) -> None:
    random = Random(7)
    early = 0
    for _ in range(10):
        text = sentence(random)
        streamed = stream(model, ["pt"], text, policy)
        assert streamed.committed["pt"].strip() == translate(text)
        early += streamed.early
    assert (early == 0) == (policy in {"retranslation", "final-only"})


@pytest.mark.parametrize("policy", ["guarded-agreement", "local-agreement", "retranslation"])
@pytest.mark.thorough
def test_drafts_save_three_fifths_of_the_decoders_passes(model: Seq2SeqModel, policy: str) -> None:
    random = Random(9)
    streamed = [stream(model, ["pt"], sentence(random), policy) for _ in range(10)]
    assert sum(s.passes for s in streamed) <= 0.4 * sum(s.from_first_token for s in streamed)


def test_a_number_is_aligned_with_its_word(model: Seq2SeqModel) -> None:
    text = "seven, twelve, three, nine."
    tokenizer = model.tokenizer(PAIR)
    encoded = tokenizer.encode_source(text)
    (target,) = greedy(model, [encoded.tokens])
    alignment = model.prefill(model.encode([encoded.tokens]), [target]).alignment
    assert alignment is not None
    aligned = {
        tokenizer.piece(token).strip(): text[slice(*encoded.spans[source])].strip()
        for token, source in zip(target, alignment[0].argmax(-1).tolist(), strict=False)
    }
    del aligned[","], aligned["."]
    assert aligned == {"sete": "seven", "doze": "twelve", "três": "three", "nove": "nine"}
