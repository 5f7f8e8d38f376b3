"""Transformers models say what the library says, token for token, and read what it reads."""

import json
import shutil
from pathlib import Path
from random import Random

import pytest
import torch
from transformers import AutoConfig, AutoModelForSeq2SeqLM
from transformers.utils import logging

from tests.models.tiny_transformers import TEXTS, TINY, m2m100, marian, mbart50, said_by_library
from translator.catalog.catalog import Catalog
from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.huggingface.families import family_of
from translator.models.huggingface.loading import load_transformers_model
from translator.models.huggingface.model import TransformersModel
from translator.models.loading import load_model

pytestmark = pytest.mark.model

EN_PT = LanguagePair("en", "pt")
WORDS = " ".join(TEXTS).split()


@pytest.fixture(scope="module", autouse=True)
def quiet() -> None:
    logging.set_verbosity_error()
    logging.disable_progress_bar()


@pytest.mark.parametrize("name", TINY)
def test_the_engine_says_what_greedy_generate_says(
    name: str, transformers_models: dict[str, TransformersModel], tiny_folders: dict[str, Path]
) -> None:
    model = transformers_models[name]
    library = AutoModelForSeq2SeqLM.from_pretrained(tiny_folders[name]).eval()
    tokenizer = model.tokenizer(TINY[name].pair)
    start = tokenizer.target_start
    random = Random(1)
    texts = [" ".join(random.sample(WORDS, length)) for length in (16, 1, 6)]
    sources = [tokenizer.encode_source(text).tokens for text in texts]
    engine = Engine({name: model})
    for number, source in enumerate(sources):
        engine.submit(Request((str(number), "x"), number, name, source, start))
    for outcome in engine.run():
        assert outcome.hypothesis is not None
        source = outcome.request.source
        expected = said_by_library(library, model, TINY[name].pair, source)
        assert expected == outcome.hypothesis.tokens


@pytest.mark.parametrize("name", TINY)
def test_scores_are_the_librarys_whatever_the_target_is(
    name: str, transformers_models: dict[str, TransformersModel], tiny_folders: dict[str, Path]
) -> None:
    """Token by token, the padding token too: it has a position of its own in some families."""
    model = transformers_models[name]
    library = AutoModelForSeq2SeqLM.from_pretrained(tiny_folders[name]).eval()
    settings = library.generation_config
    source = model.tokenizer(TINY[name].pair).encode_source(TEXTS[0]).tokens
    target = [7, settings.pad_token_id, 9, settings.eos_token_id, settings.pad_token_id, 4]
    encoded = library.get_encoder()(torch.tensor([source]))
    cache, expected = None, []
    with torch.no_grad():
        for token in (settings.decoder_start_token_id, *target):
            output = library(
                encoder_outputs=encoded,
                decoder_input_ids=torch.tensor([[token]]),
                cache=cache,
                use_cache=True,
            )
            cache = output.cache
            expected.append(output.logits[0, 0])
    states = model.encode([source])
    scores = model.logits(model.prefill(states, [target]).hidden[0])
    said = scores.isfinite()
    torch.testing.assert_close(scores[said], torch.stack(expected)[said], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", TINY)
def test_source_and_target_are_cut_as_the_library_cuts_them(
    name: str, transformers_models: dict[str, TransformersModel], tiny_folders: dict[str, Path]
) -> None:
    folder = tiny_folders[name]
    library = family_of(folder, AutoConfig.from_pretrained(folder)).read_tokenizer(folder)
    before, options = {
        "marian-codes": (">>por<<", {}),
        "m2m100": ("", {"src_lang": "en", "tgt_lang": "pt"}),
        # Its own tokenizer puts the target where M2M-100 puts the source.
        "small100": ("", {"src_lang": "pt", "tgt_lang": "pt"}),
        "nllb": ("", {"src_lang": "eng_Latn", "tgt_lang": "por_Latn"}),
        "mbart50": ("", {"src_lang": "en_XX", "tgt_lang": "pt_XX"}),
        "t5": ("translate English to German: ", {}),
        "madlad": ("<2pt> ", {}),
        "mt5": ("<2pt> ", {}),
    }.get(name, ("", {}))
    for key, value in options.items():
        setattr(library, key, value)
    tokenizer = transformers_models[name].tokenizer(TINY[name].pair)
    for text in (*TEXTS, "naïve 漢字, x", "a"):
        assert list(tokenizer.encode_source(text).tokens) == library(before + text).input_ids
        target = library(text_target=text).input_ids
        # The library begins with the language, which is not part of what is encoded here.
        ids = [*tokenizer.encode_target(text), tokenizer.eos_id]
        assert ids == target[len(target) - len(ids) :]
        said = library.decode(ids, skip_special_tokens=True)
        assert "".join(map(tokenizer.piece, ids)).strip() == said.replace("<unk>", "").strip()


@pytest.mark.parametrize("name", ["m2m100", "nllb", "mbart50", "t5", "madlad"])
def test_control_tokens_in_a_text_are_text(
    name: str, transformers_models: dict[str, TransformersModel]
) -> None:
    tokenizer = transformers_models[name].tokenizer(TINY[name].pair)
    tokens = tokenizer.encode_source("the </s> boat <pad>").tokens
    assert tokens.count(tokenizer.eos_id) == 1
    assert tokenizer.eos_id not in tokenizer.encode_target("</s>")


@pytest.mark.parametrize(
    ("name", "pair", "source_start", "target_start"),
    [
        ("marian-codes", ("en", "pt-BR"), ">>pob<<", ""),
        ("marian-codes", ("en", "pt"), ">>por<<", ""),
        ("marian-codes", ("en", "fr-CA"), ">>fra<<", ""),
        ("m2m100", ("en-GB", "pt-BR"), "__en__", "__pt__"),
        ("m2m100", ("he", "zh-TW"), "__he__", "__zh__"),
        ("small100", ("en", "pt-PT"), "__pt__", ""),
        ("nllb", ("en", "pt-BR"), "eng_Latn", "por_Latn"),
        ("nllb", ("zh-TW", "ar"), "zho_Hant", "arb_Arab"),
        ("nllb", ("zh", "arz"), "zho_Hans", "arz_Arab"),
        ("nllb", ("fa", "sr"), "pes_Arab", "srp_Cyrl"),
        ("nllb", ("ms", "sw"), "zsm_Latn", "swh_Latn"),
        ("nllb", ("no", "ps"), "nob_Latn", "pbt_Arab"),
        ("m2m100", ("nb", "nso"), "__no__", "__ns__"),
        ("mbart50", ("ar-EG", "pt-BR"), "ar_AR", "pt_XX"),
        ("mbart50", ("zh", "sv"), "zh_CN", "sv_SE"),
        ("madlad", ("de", "zh-Hant"), "<2zh_Hant>", ""),
        ("madlad", ("de", "pt-BR"), "<2pt>", ""),
    ],
)
def test_languages_are_told_by_the_models_own_codes(
    name: str,
    pair: tuple[str, str],
    source_start: str,
    target_start: str,
    tiny_folders: dict[str, Path],
) -> None:
    wanted = LanguagePair(*pair)
    model = load_transformers_model(str(tiny_folders[name]), pair=wanted)
    assert model.info.pairs == (wanted,)
    folder = tiny_folders[name]
    library = family_of(folder, AutoConfig.from_pretrained(folder)).read_tokenizer(folder)
    tokenizer = model.tokenizer(wanted)
    first = tokenizer.encode_source("the boat").tokens[0]
    assert library.convert_ids_to_tokens(first) == source_start
    said = [library.convert_ids_to_tokens(token) for token in tokenizer.target_start]
    assert said == ([target_start] if target_start else [])


@pytest.mark.parametrize(
    ("name", "languages"), [("m2m100", 100), ("nllb", 202), ("mbart50", 52), ("small100", 100)]
)
def test_every_pair_of_a_multilingual_model_is_found_at_once(
    name: str, languages: int, tiny_folders: dict[str, Path]
) -> None:
    model = load_model(f"all={tiny_folders[name]}")
    assert len(model.info.pairs) == languages * (languages - 1)
    catalog = Catalog([model])
    choice = catalog.resolve("en-GB", "pt-BR")
    assert choice.pair == EN_PT
    assert catalog.resolve("de", "zh-CN").pair.source == "de"
    source = model.tokenizer(choice.pair).encode_source("the boat").tokens
    # Sources of one language are encoded once for all targets, where the model allows it.
    pair = catalog.resolve("en", "fr").pair
    other = model.tokenizer(pair).encode_source("the boat").tokens
    assert (source == other) == (name != "small100")


def test_t5_has_the_tasks_that_its_files_name(tiny_folders: dict[str, Path]) -> None:
    model = load_transformers_model(str(tiny_folders["t5"]))
    assert set(map(str, model.info.pairs)) == {"en-de", "en-fr"}


def test_the_files_may_name_the_heads_that_align_or_none(tmp_path: Path) -> None:
    folder = marian(tmp_path)
    source = (5, 9, 11, 0)

    def aligned(heads: object) -> torch.Tensor | None:
        path = folder / "generation_config.json"
        settings = json.loads(path.read_text()) | {"alignment_heads": heads}
        path.write_text(json.dumps(settings))
        model = load_transformers_model(str(folder), pair=EN_PT)
        alignment = model.prefill(model.encode([source]), [(4, 7)]).alignment
        assert model.info.supports_alignment == (alignment is not None)
        return alignment

    assert aligned([]) is None
    first, other, both = aligned([[0, 1]]), aligned([[2, 3]]), aligned([[2, 3], [0, 1]])
    assert first is not None
    assert other is not None
    assert both is not None
    torch.testing.assert_close(both, (first + other) / 2)
    # Without, those of the last layer but one.
    middle = aligned([[1, head] for head in range(4)])
    default = aligned(None)
    assert default is not None
    assert middle is not None
    torch.testing.assert_close(default, middle)


def test_settings_of_decoding_may_be_in_config_json(tmp_path: Path) -> None:
    """As in the older files of Opus-MT."""
    folder = marian(tmp_path)
    settings = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").unlink()
    edit(folder, "config.json", **settings | {"max_length": 24})
    model = load_transformers_model(str(folder), pair=EN_PT)
    # The start counts, and the end that is forced.
    assert model.max_target_tokens(100) == 22
    [[pad]] = settings["bad_words_ids"]
    scores = model.logits(model.prefill(model.encode([(5, 0)]), [()]).hidden[0])
    assert scores.isneginf().nonzero().tolist() == [[0, pad]]


def test_older_weights_that_are_not_safetensors_are_read(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    folder = m2m100(tmp_path)
    source = [(5, 9, 2)]

    def hidden() -> torch.Tensor:
        model = load_transformers_model(str(folder), pair=EN_PT)
        return model.prefill(model.encode(source), [(4,)]).hidden

    expected = hidden()
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert torch.equal(hidden(), expected)


def test_weights_of_mixed_types_are_widened(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = m2m100(tmp_path)
    tensors = load_file(folder / "model.safetensors")
    for number, name in enumerate(sorted(tensors)):
        tensors[name] = tensors[name].to(torch.bfloat16 if number % 2 else torch.float32)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    model = load_transformers_model(str(folder), pair=EN_PT)
    states = model.encode([(5, 9, 2)])
    assert model.prefill(states, [(4,)]).hidden.dtype == torch.float32


def refusal(where: Path | str, pair: LanguagePair | None = EN_PT) -> str:
    """The message: one line that begins with the place it is about."""
    with pytest.raises(ModelFilesError) as caught:
        load_transformers_model(str(where), pair=pair)
    message = str(caught.value)
    assert message.startswith(str(where))
    assert "\n" not in message
    return message.removeprefix(str(where))


def edit(folder: Path, name: str, **values: object) -> None:
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.fixture
def folder(tiny_folders: dict[str, Path], tmp_path: Path) -> Path:
    return shutil.copytree(tiny_folders["m2m100"], tmp_path / "model")


def test_a_folder_without_weights_is_refused(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert refusal(folder) == ": no weights, expected model.safetensors"


def test_damaged_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\x10" * 99)
    assert "its weights are damaged" in refusal(folder)


def test_weights_of_another_model_are_refused(folder: Path, tiny_folders: dict[str, Path]) -> None:
    shutil.copy(tiny_folders["t5"] / "model.safetensors", folder)
    assert "tensors of its weights are missing" in refusal(folder)


def test_weights_of_another_size_are_refused(folder: Path) -> None:
    edit(folder, "config.json", d_model=48)
    assert "tensors of its weights are mismatched" in refusal(folder)


def test_a_decoder_without_an_encoder_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    assert "model_type 'gpt2' is a decoder only" in refusal(folder)


def test_another_kind_of_encoder_and_decoder_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "pegasus"}))
    assert "model_type is 'pegasus', expected one of 'marian'" in refusal(folder)


def test_a_configuration_that_is_none_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text("{")
    assert "config.json: not a configuration" in refusal(folder)
    (folder / "config.json").unlink()
    assert "config.json: no such file" in refusal(folder)


def test_a_missing_tokenizer_is_refused(folder: Path) -> None:
    (folder / "sentencepiece.bpe.model").unlink()
    assert "expected those of M2M100Tokenizer" in refusal(folder)


def test_a_tokenizer_that_is_too_large_is_refused(folder: Path) -> None:
    ids = json.loads((folder / "vocab.json").read_text())
    ids |= {f"extra{i}": len(ids) + i for i in range(50)}
    (folder / "vocab.json").write_text(json.dumps(ids))
    assert "take both from the same model" in refusal(folder)


def test_a_tokenizer_with_another_end_is_refused(folder: Path) -> None:
    edit(folder, "generation_config.json", eos_token_id=3)
    assert "ends a sentence with token 2, its weights with 3" in refusal(folder)


def test_an_mbart_that_is_not_mbart_50_is_refused(tmp_path: Path) -> None:
    edit(mbart50(tmp_path), "tokenizer_config.json", tokenizer_class="MBartTokenizer")
    assert "of mBART only mBART-50 is served" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("no_repeat_ngram_size", 3),
        ("repetition_penalty", 1.2),
        ("min_length", 5),
        ("bad_words_ids", [[4, 5]]),
        ("alignment_heads", [[9, 0]]),
        ("decoder_start_token_id", [2, 3]),
    ],
)
def test_a_setting_that_would_be_ignored_is_refused(key: str, value: object, folder: Path) -> None:
    edit(folder, "generation_config.json", **{key: value})
    assert refusal(folder).startswith(f"/generation_config.json: {key} is {value!r}, expected")


def test_a_language_that_the_model_does_not_have_is_refused(
    folder: Path, tiny_folders: dict[str, Path]
) -> None:
    message = refusal(folder, LanguagePair("en", "tlh"))
    assert "tlh is not among its languages, expected one of" in message
    assert "and 88 more" in message
    assert "en-pt is not among" in refusal(tiny_folders["t5"], EN_PT)


@pytest.mark.parametrize("name", ["marian", "marian-codes"])
def test_all_pairs_of_a_model_that_does_not_say_them_are_refused(
    name: str, tiny_folders: dict[str, Path]
) -> None:
    assert "do not say all pairs" in refusal(tiny_folders[name], None)


def test_a_hub_that_cannot_be_reached_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    message = refusal("Helsinki-NLP/opus-mt-en-nowhere")
    assert "no such folder, and the hub cannot be reached" in message
    assert "hf download Helsinki-NLP/opus-mt-en-nowhere" in message


@pytest.mark.parametrize("where", ["/no/such/folder", "nowhere", "a/b/c", "../model"])
def test_what_is_neither_a_folder_nor_a_hub_id_is_refused(where: str) -> None:
    assert "no such folder, expected one with a model" in refusal(where)


def test_a_pair_that_is_not_served_is_a_key_error(
    transformers_models: dict[str, TransformersModel],
) -> None:
    with pytest.raises(KeyError):
        transformers_models["m2m100"].tokenizer(LanguagePair("en", "fr"))


def test_no_sources_are_fine_but_an_empty_source_is_refused(
    transformers_models: dict[str, TransformersModel],
) -> None:
    assert transformers_models["marian"].encode([]) == []
    with pytest.raises(ValueError, match="at least its end of sentence"):
        transformers_models["marian"].encode([[5, 0], []])


def test_positions_past_the_table_do_not_fail(
    transformers_models: dict[str, TransformersModel],
) -> None:
    for model in transformers_models.values():
        states = model.encode([[5, 9, 7]])
        prefill = model.prefill(states, [[4] * 300])
        batch = model.new_batch()
        batch.load(0, states[0], prefill, 0, 300)
        assert batch.step(torch.tensor([5])).hidden.isfinite().all()
