"""The recurrent model in the hands of the Transformers library: files, generate, training."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    DataCollatorForSeq2Seq,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
)
from transformers.utils import logging

from tests.models.reference import greedy, text_of
from tests.models.sentences import ENGLISH, ODD, PORTUGUESE
from tests.models.tiny import tiny_model
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.loading import load_model
from translator.models.marian.converted import read_converted_folder
from translator.models.marian.recurrent import RecurrentModel
from translator.models.pretrained import (
    MarianSsruConfig,
    MarianSsruForConditionalGeneration,
    MarianSsruTokenizer,
)
from translator.models.pretrained.convert import convert
from translator.text.tokenizer import SentencePieceTokenizer

pytestmark = pytest.mark.model

EN_PT, PT_EN = LanguagePair("en", "pt"), LanguagePair("pt", "en")
PAIRS = [(EN_PT, ENGLISH), (PT_EN, PORTUGUESE)]
WORDS = ("the red boat", "noon", "a small green island sails past", "seven gulls follow it at noon")


@pytest.fixture(autouse=True, scope="module")
def without_progress() -> None:
    logging.disable_progress_bar()


@pytest.fixture(scope="module")
def library(
    converted: dict[LanguagePair, Path],
) -> dict[LanguagePair, MarianSsruForConditionalGeneration]:
    return {
        pair: AutoModelForSeq2SeqLM.from_pretrained(folder) for pair, folder in converted.items()
    }


def tiny_config(**changes: Any) -> MarianSsruConfig:
    sizes = {"dim": 16, "heads": 2, "encoder_ffn": 24, "decoder_ffn": 24, "encoder_layers": 2}
    vocabularies = {"source_vocabulary": 40, "target_vocabulary": 40}
    return MarianSsruConfig(**sizes | vocabularies | changes)


def tiny(**changes: Any) -> MarianSsruForConditionalGeneration:
    torch.manual_seed(3)
    model = MarianSsruForConditionalGeneration(tiny_config(**changes))
    model.eval()
    return model


@pytest.fixture
def folder(vocabulary: bytes, tmp_path: Path) -> Path:
    """A converted tiny model."""
    (tmp_path / "marian").mkdir()
    convert(tiny_model(vocabulary).write(tmp_path / "marian"), tmp_path / "out")
    return tmp_path / "out"


def test_the_auto_classes_find_ours(folder: Path) -> None:
    assert isinstance(AutoConfig.from_pretrained(folder), MarianSsruConfig)
    assert isinstance(AutoTokenizer.from_pretrained(folder), MarianSsruTokenizer)
    model, loading = AutoModelForSeq2SeqLM.from_pretrained(folder, output_loading_info=True)
    assert isinstance(model, MarianSsruForConditionalGeneration)
    assert not any(loading.values())


def without_ends(model: MarianSsruForConditionalGeneration, row: list[int]) -> tuple[int, ...]:
    ends = (model.config.eos_token_id, model.config.pad_token_id)
    return tuple(token for token in row if token not in ends)


@pytest.mark.parametrize(("pair", "texts"), PAIRS, ids=("en-pt", "pt-en"))
@pytest.mark.thorough
def test_generate_says_what_the_engine_says_token_for_token(
    pair: LanguagePair,
    texts: tuple[str, ...],
    embedded: dict[LanguagePair, RecurrentModel],
    converted: dict[LanguagePair, Path],
    library: dict[LanguagePair, MarianSsruForConditionalGeneration],
) -> None:
    ours, model = embedded[pair], library[pair]
    expected = greedy(ours, [ours.tokenizer(pair).encode_source(text).tokens for text in texts])
    tokenizer = AutoTokenizer.from_pretrained(converted[pair])
    batch = tokenizer(list(texts), padding=True, return_tensors="pt")
    together = model.generate(**batch, num_beams=1, do_sample=False)
    assert [without_ends(model, row) for row in together.tolist()] == expected
    decoded = tokenizer.batch_decode(together, skip_special_tokens=True)
    assert decoded == [text_of(ours, tokens) for tokens in expected]
    for text, tokens in zip(texts, expected, strict=True):
        (row,) = model.generate(**tokenizer(text, return_tensors="pt")).tolist()
        assert row == [model.config.decoder_start_token_id, *tokens, model.config.eos_token_id]
    # Padding is known by its token too.
    assert torch.equal(model.generate(batch["input_ids"]), together)


def test_generate_goes_on_from_a_given_beginning(
    library: dict[LanguagePair, MarianSsruForConditionalGeneration],
    converted: dict[LanguagePair, Path],
) -> None:
    model, tokenizer = library[EN_PT], AutoTokenizer.from_pretrained(converted[EN_PT])
    batch = tokenizer(ENGLISH[3], return_tensors="pt")
    whole = model.generate(**batch)
    assert torch.equal(model.generate(**batch, decoder_input_ids=whole[:, :5]), whole)
    assert torch.equal(model.generate(**batch, decoder_input_ids=whole[:, 1:5]), whole)


def test_beams_with_a_cache_are_beams_without(
    library: dict[LanguagePair, MarianSsruForConditionalGeneration],
    converted: dict[LanguagePair, Path],
) -> None:
    model, tokenizer = library[PT_EN], AutoTokenizer.from_pretrained(converted[PT_EN])
    batch = tokenizer(list(PORTUGUESE[:6]), padding=True, return_tensors="pt")
    cached = model.generate(**batch, num_beams=3, num_return_sequences=2)
    assert torch.equal(
        cached, model.generate(**batch, num_beams=3, num_return_sequences=2, use_cache=False)
    )
    assert len(set(map(tuple, cached.tolist()))) == 12


@pytest.mark.parametrize("changes", [{}, {"decoder_layers": [1, 1, 2]}], ids=["own", "tied"])
def test_forward_with_a_cache_is_forward_without(changes: dict[str, object]) -> None:
    model = tiny(**changes)
    sources = torch.tensor([[5, 9, 12, 0], [7, 0, 40, 40]])
    targets = torch.tensor([[40, 3, 8, 11], [40, 6, 2, 2]])
    whole = model(sources, decoder_input_ids=targets)
    first = model(sources, decoder_input_ids=targets[:, :2])
    states = model.get_encoder()(sources)
    rest = model(
        encoder_outputs=states,
        decoder_input_ids=targets[:, 2:],
        cache=first.cache,
    )
    stepped = torch.cat([first.logits, rest.logits], dim=1)
    torch.testing.assert_close(stepped, whole.logits)
    assert rest.cache.get_seq_length() == whole.cache.get_seq_length() == 4
    assert whole.logits.shape == (2, 4, 40)
    # Padding changes nothing.
    alone = model(sources[1:, :2], decoder_input_ids=targets[1:])
    torch.testing.assert_close(whole.logits[1], alone.logits[0])


def test_neither_tokens_nor_labels_is_an_error() -> None:
    with pytest.raises(ValueError, match="decoder_input_ids and labels are None, expected one"):
        tiny()(torch.tensor([[5, 0]]))
    with pytest.raises(ValueError, match="input_ids and encoder_outputs are None, expected one"):
        tiny()(labels=torch.tensor([[5, 0]]))


def test_the_unknown_token_is_not_generated_but_may_be_learnt(folder: Path) -> None:
    model = tiny()
    with torch.no_grad():
        assert model.network.output_bias is not None
        model.network.output_bias[1] = 50
    sources = torch.tensor([[5, 9, 0]])
    assert 1 not in model.generate(sources, max_new_tokens=20)[0]
    assert 1 in model.generate(sources, max_new_tokens=20, suppress_tokens=None)[0]
    assert model(sources, labels=torch.tensor([[1, 0]])).loss.isfinite()
    loaded = AutoModelForSeq2SeqLM.from_pretrained(folder)
    assert loaded.generation_config.suppress_tokens == [1]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"decoder_layers": [1, 1]},
        {"output_bias": False, "alignment_layer": None, "activation": "swish"},
        {"source_embeddings": "encoder_Wemb", "target_embeddings": "decoder_Wemb"}
        | {"target_vocabulary": 36, "output_embeddings": "decoder_Wemb"},
        {"source_embeddings": "encoder_Wemb", "target_embeddings": "decoder_Wemb"}
        | {"output_embeddings": "decoder_ff_logit_out_W"},
    ],
    ids=["tied", "tied layers", "no bias", "two vocabularies", "untied output"],
)
def test_saved_is_loaded(changes: dict[str, object], tmp_path: Path) -> None:
    model = tiny(**changes)
    model.save_pretrained(tmp_path)
    again, loading = AutoModelForSeq2SeqLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(loading.values())
    assert again.config.hyper_parameters == model.config.hyper_parameters
    assert again.config.pad_token_id == again.config.decoder_start_token_id == 40
    assert again.generation_config.suppress_tokens == [1]
    batch = {"input_ids": torch.tensor([[5, 9, 0]]), "labels": torch.tensor([[3, 8, 0]])}
    assert torch.equal(again(**batch).logits, model(**batch).logits)
    # The engine reads it too.
    assert len(read_converted_folder(tmp_path).tensors) > 40


def test_saved_in_half_precision_is_served_in_float32(folder: Path, tmp_path: Path) -> None:
    AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.bfloat16).save_pretrained(
        tmp_path / "half"
    )
    AutoTokenizer.from_pretrained(folder).save_pretrained(tmp_path / "half")
    model = load_model(f"en-pt={tmp_path / 'half'}")
    encoded = model.tokenizer(EN_PT).encode_source("noon").tokens
    hidden = model.prefill(model.encode([encoded]), [()]).hidden
    assert hidden.dtype == torch.float32
    assert hidden.isfinite().all()


# --- The tokenizer.


@pytest.mark.parametrize(("pair", "texts"), PAIRS, ids=("en-pt", "pt-en"))
def test_the_tokenizer_has_the_ids_of_the_engine_s(
    pair: LanguagePair,
    texts: tuple[str, ...],
    embedded: dict[LanguagePair, RecurrentModel],
    converted: dict[LanguagePair, Path],
) -> None:
    tokenizer, ours = AutoTokenizer.from_pretrained(converted[pair]), embedded[pair].tokenizer(pair)
    for text in (*texts, *ODD):
        assert tokenizer(text)["input_ids"] == [*ours.encode_source(text).tokens]
        assert tokenizer(text_target=text)["input_ids"] == [*ours.encode_target(text), 0]
        both = tokenizer(text, text_target=text)
        assert both["labels"] == [*ours.encode_target(text), 0]
    for text in texts[:17]:
        ids = tokenizer(text)["input_ids"]
        assert tokenizer.decode(ids, skip_special_tokens=True) == text
    assert (tokenizer.eos_token_id, tokenizer.unk_token_id, tokenizer.pad_token_id) == (0, 1, 32000)
    assert len(tokenizer) == 32001


@pytest.mark.parametrize("swapped", [False, True])
def test_each_side_may_have_a_vocabulary(
    swapped: bool, vocabulary: bytes, other_vocabulary: bytes, tmp_path: Path
) -> None:
    source, target = tmp_path / "s.spm", tmp_path / "t.spm"
    sides = (other_vocabulary, vocabulary) if swapped else (vocabulary, other_vocabulary)
    for path, data in zip((source, target), sides, strict=True):
        path.write_bytes(data)
    ours = SentencePieceTokenizer(source, target)
    tokenizer = MarianSsruTokenizer(str(source), str(target))
    tokenizer.save_pretrained(tmp_path / "saved")
    tokenizer.save_pretrained(tmp_path / "saved")
    again = MarianSsruTokenizer.from_pretrained(tmp_path / "saved")
    for each in (tokenizer, again):
        assert each.pad_token_id == 40
        for text in (*WORDS, *ODD):
            both = each(text, text_target=text)
            assert both["input_ids"] == [*ours.encode_source(text).tokens]
            assert both["labels"] == [*ours.encode_target(text), 0]
        for text in WORDS:
            labels = each(text_target=text)["input_ids"]
            assert each.decode(labels, skip_special_tokens=True) == text


# --- Training.


def examples(tokenizer: Any) -> Any:
    """The words of a text backwards."""
    return [
        dict(tokenizer(text, text_target=" ".join(reversed(text.split())))) for text in WORDS * 2
    ]


@pytest.mark.parametrize("layers", [[1, 2], [1, 1]], ids=["own", "tied"])
def test_training_reaches_every_parameter_and_lowers_the_loss(layers: list[int]) -> None:
    model = tiny(decoder_layers=layers).train()
    sources = torch.tensor([[5, 9, 12, 0], [7, 0, 40, 40]])
    batch = {
        "input_ids": sources,
        "attention_mask": (sources != 40).long(),
        "labels": torch.tensor([[3, 8, 11, 0], [6, 0, -100, -100]]),
    }
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = model(**batch).loss
        loss.backward()
        for name, parameter in model.named_parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.count_nonzero(), name
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
    assert model.generate(sources, max_new_tokens=4).tolist() == [
        [40, 3, 8, 11, 0],
        [40, 6, 0, 40, 40],
    ]


def test_padding_in_labels_counts_nothing() -> None:
    model = tiny()
    sources = torch.tensor([[5, 9, 0], [7, 0, 40]])
    padded = torch.tensor([[3, 8, 0], [6, 0, 40]])
    loss = model(sources, labels=padded).loss
    assert torch.equal(loss, model(sources, labels=padded.masked_fill(padded == 40, -100)).loss)
    alone = [model(sources[:1], labels=padded[:1]), model(sources[1:, :2], labels=padded[1:, :2])]
    torch.testing.assert_close(loss, (3 * alone[0].loss + 2 * alone[1].loss) / 5)


def test_a_trainer_fine_tunes_it_and_the_result_is_served(folder: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    arguments = Seq2SeqTrainingArguments(
        output_dir=str(tmp_path / "run"),
        learning_rate=0.01,
        lr_scheduler_type="constant",
        num_train_epochs=8,
        per_device_train_batch_size=4,
        label_smoothing_factor=0.1,
        predict_with_generate=True,
        generation_max_length=24,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
        seed=5,
    )
    trainer = Seq2SeqTrainer(
        model,
        arguments,
        train_dataset=examples(tokenizer),
        eval_dataset=examples(tokenizer)[:4],
        data_collator=DataCollatorForSeq2Seq(tokenizer, model),
        processing_class=tokenizer,
    )
    before = trainer.evaluate()["eval_loss"]
    trainer.train()
    assert trainer.evaluate()["eval_loss"] < 0.8 * before
    assert len(trainer.predict(examples(tokenizer)[:4]).predictions) == 4
    trainer.save_model(str(tmp_path / "tuned"))
    original, tuned = (load_model(f"en-pt={path}") for path in (folder, tmp_path / "tuned"))
    sources = [original.tokenizer(EN_PT).encode_source(text).tokens for text in WORDS]
    outputs = greedy(tuned, sources)
    assert outputs != greedy(original, sources)
    model.eval()
    for source, output in zip(sources, outputs, strict=True):
        limit = tuned.max_target_tokens(len(source))
        row = model.generate(torch.tensor([source]), max_new_tokens=limit).tolist()[0]
        assert without_ends(model, row) == output
    # Multipliers were for the weights before training: it has no eight bits.
    assert read_converted_folder(folder).tensors.activation_multipliers
    assert not read_converted_folder(tmp_path / "tuned").tensors.activation_multipliers
    assert isinstance(load_model(f"en-pt={tmp_path / 'tuned'}", precision="auto"), RecurrentModel)
    with pytest.raises(ModelFilesError, match=r"int8|eight bits"):
        load_model(f"en-pt={tmp_path / 'tuned'}", precision="int8")


def example(folder: Path, tmp_path: Path) -> str:
    """The code of the page, in a folder as it wants it."""
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text("utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "models").mkdir()
    folder.rename(tmp_path / "models" / "enpt")
    return str(code)


@pytest.mark.filterwarnings("ignore:.*pin_memory")
def test_the_example_of_the_page_runs(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = example(folder, tmp_path)
    # It makes the library know our models, which it does already here.
    assert "import translator.models.pretrained" in code
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/models.md", "exec"), {})  # noqa: S102
    assert load_model(f"en-pt={tmp_path / 'models' / 'tuned'}").info.name == "tuned"


@pytest.mark.thorough
def test_the_example_of_the_page_runs_on_its_own(folder: Path, tmp_path: Path) -> None:
    code = example(folder, tmp_path)
    subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=100, capture_output=True
    )
    assert load_model(f"en-pt={tmp_path / 'models' / 'tuned'}").info.name == "tuned"
