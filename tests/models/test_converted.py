"""A converted model is the original: in float32 and in eight bits, bit by bit."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

from tests.models.reference import greedy
from tests.models.sentences import ENGLISH, PORTUGUESE
from tests.models.tiny import TinyModel, float32, tiny_model, train_vocabulary
from translator.cli import main
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.models.embedded import embedded_models
from translator.models.inspection import Inspection, inspect_folder
from translator.models.loading import describe_model, load_model
from translator.models.marian.converted import read_converted_folder
from translator.models.marian.folder import read_marian_folder
from translator.models.marian.int8 import Int8EncoderStates
from translator.models.marian.loading import describe_marian_folder, load_marian_folder
from translator.models.marian.recurrent import RecurrentModel
from translator.models.pretrained.convert import convert
from translator.precision import Precision

pytestmark = pytest.mark.model

EN_PT, PT_EN = LanguagePair("en", "pt"), LanguagePair("pt", "en")
PAIRS = [(EN_PT, ENGLISH), (PT_EN, PORTUGUESE)]


def assert_same(original: Seq2SeqModel, other: Seq2SeqModel, texts: tuple[str, ...]) -> None:
    """Token for token, and bit by bit on known targets."""
    pair = original.info.pairs[0]
    encoded = [original.tokenizer(pair).encode_source(text) for text in texts]
    assert [other.tokenizer(pair).encode_source(text) for text in texts] == encoded
    sources = [each.tokens for each in encoded]
    targets = greedy(original, sources)
    assert greedy(other, sources) == targets
    expected = original.prefill(original.encode(sources), targets)
    found = other.prefill(other.encode(sources), targets)
    assert torch.equal(found.hidden, expected.hidden)
    assert torch.equal(other.logits(found.hidden[0]), original.logits(expected.hidden[0]))
    if expected.alignment is None or found.alignment is None:
        assert expected.alignment is found.alignment
    else:
        assert torch.equal(found.alignment, expected.alignment)


@pytest.mark.parametrize("precision", ["float32", "auto"])
def test_it_says_what_it_is_before_it_is_loaded(
    precision: Precision, converted: dict[LanguagePair, Path]
) -> None:
    described = describe_model(f"en-pt={converted[EN_PT]}", precision=precision)
    original = describe_marian_folder(
        dict(embedded_models())[EN_PT], pair=EN_PT, precision=precision
    )
    assert described.info.memory_bytes == original.info.memory_bytes
    assert described.info.supports_alignment
    assert described.load().info == described.info


@pytest.mark.parametrize(("pair", "texts"), PAIRS, ids=("en-pt", "pt-en"))
def test_converted_is_the_original_in_float32(
    pair: LanguagePair,
    texts: tuple[str, ...],
    embedded: dict[LanguagePair, RecurrentModel],
    converted: dict[LanguagePair, Path],
) -> None:
    model = load_model(f"{pair}={converted[pair]}")
    assert isinstance(model, RecurrentModel)
    assert_same(embedded[pair], model, texts)
    original = embedded[pair].info
    assert (model.info.family, model.info.license) == (original.family, original.license)
    assert model.info.supports_alignment == original.supports_alignment
    assert model.max_target_tokens(10) == embedded[pair].max_target_tokens(10)


@pytest.mark.parametrize(("pair", "texts"), PAIRS, ids=("en-pt", "pt-en"))
def test_converted_is_the_original_in_eight_bits(
    pair: LanguagePair, texts: tuple[str, ...], converted: dict[LanguagePair, Path]
) -> None:
    original = load_marian_folder(dict(embedded_models())[pair], pair=pair, precision="int8")
    model = load_model(f"{pair}={converted[pair]}", precision="auto")
    assert type(model) is type(original)
    assert_same(original, model, texts)


@pytest.mark.parametrize("pair", [EN_PT, PT_EN], ids=str)
def test_every_tensor_and_every_multiplier_is_the_original(
    pair: LanguagePair, converted: dict[LanguagePair, Path]
) -> None:
    original = read_marian_folder(dict(embedded_models())[pair])
    found = read_converted_folder(converted[pair])
    assert found.hyper_parameters == original.hyper_parameters
    assert set(found.tensors) == set(original.tensors)
    for name in original.tensors:
        eight_bit, expected = found.tensors.eight_bit(name), original.tensors.eight_bit(name)
        assert np.array_equal(found.tensors[name], original.tensors[name]), name
        if expected is None:
            assert eight_bit is None
        else:
            assert eight_bit is not None
            assert eight_bit.multiplier == expected.multiplier
            assert np.array_equal(eight_bit.integers, expected.integers), name
    multipliers = original.tensors.activation_multipliers
    meaningful = {name: value for name, value in multipliers.items() if np.isfinite(value)}
    assert found.tensors.activation_multipliers == meaningful


def swish(tiny: TinyModel) -> TinyModel:
    tiny.settings["transformer-ffn-activation"] = "swish"
    return tiny


def untied(tiny: TinyModel) -> TinyModel:
    tiny.settings["tied-embeddings"] = False
    values = np.random.default_rng(7).normal(0, 0.3, (8, 36))
    tiny.items["decoder_ff_logit_out_W"] = float32(values)
    return tiny


def without_bias_or_alignment(tiny: TinyModel) -> TinyModel:
    del tiny.items["decoder_ff_logit_out_b"]
    tiny.settings |= {"output-omit-bias": True, "transformer-guided-alignment-layer": "none"}
    return tiny


KINDS: dict[str, Callable[[bytes, bytes], TinyModel]] = {
    "tied": lambda one, other: tiny_model(one),
    "swish": lambda one, other: swish(tiny_model(one)),
    "two vocabularies": lambda one, other: tiny_model(one, target=other),
    "the larger one for targets": lambda one, other: tiny_model(other, target=one),
    "untied output": lambda one, other: untied(tiny_model(one, target=other)),
    "tied layers": lambda one, other: tiny_model(one, tied_layers=(1, 1)),
    "layers tied to the second": lambda one, other: tiny_model(one, tied_layers=(2, 2)),
    "no bias": lambda one, other: without_bias_or_alignment(tiny_model(one)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_student_is_converted(
    kind: str, vocabulary: bytes, other_vocabulary: bytes, tmp_path: Path
) -> None:
    (tmp_path / "marian").mkdir()
    folder = KINDS[kind](vocabulary, other_vocabulary).write(tmp_path / "marian")
    convert(folder, tmp_path / "out")
    original = load_marian_folder(folder, pair=EN_PT)
    converted = load_model(f"en-pt={tmp_path / 'out'}")
    assert_same(original, converted, ("the red boat", "noon", "a small green island sails"))


@pytest.fixture
def folder(vocabulary: bytes, tmp_path: Path) -> Path:
    """A converted tiny model."""
    (tmp_path / "marian").mkdir()
    tiny_model(vocabulary).write(tmp_path / "marian")
    convert(tmp_path / "marian", tmp_path / "out", pair=PT_EN, license="CC0-1.0")
    return tmp_path / "out"


def test_the_card_has_the_licence_and_the_files_are_for_all_to_read(folder: Path) -> None:
    assert load_model(f"pt-en={folder}").info.license == "CC0-1.0"
    card = (folder / "README.md").read_text()
    assert "language:\n- pt\n- en\n" in card
    mask = os.umask(0)
    os.umask(mask)
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o777 == 0o666 & ~mask, path.name


def test_weights_that_were_changed_have_no_eight_bits(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    changed = "network.encoder.0.feed_forward.inner.weight"
    weights[changed][3, 4] += 1e-4
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    tensors = read_converted_folder(folder).tensors
    assert tensors.eight_bit("encoder_l1_ffn_W1") is None
    assert tensors.eight_bit("encoder_l1_ffn_W2") is not None
    assert isinstance(load_model(f"en-pt={folder}", precision="auto"), RecurrentModel)
    with pytest.raises(ModelFilesError, match=r"int8|eight bits"):
        load_model(f"en-pt={folder}", precision="int8")


def edit(key: str, value: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))

    return change


def weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        change(tensors)
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})

    return apply


BIAS = "network.encoder.0.out.bias"
DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no weights": (
        lambda f: (f / "model.safetensors").unlink(),
        "model.safetensors: no such file, expected the weights; take all files from the same model",
    ),
    "truncated weights": (
        lambda f: (f / "model.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{"),
        "model.safetensors: damaged, expected safetensors",
    ),
    "a tensor is missing": (
        weights(lambda t: t.pop(BIAS)),
        f"model.safetensors: tensor {BIAS} is missing, expected with shape (8,)",
    ),
    "a tensor of another shape": (
        weights(lambda t: t.update({BIAS: torch.zeros(9)})),
        f"model.safetensors: tensor {BIAS} has shape (9,), expected (8,) as in config.json",
    ),
    "a NaN": (
        weights(lambda t: t[BIAS].fill_(torch.nan)),
        f"model.safetensors: tensor {BIAS} has a NaN or infinity",
    ),
    "no vocabulary": (lambda f: (f / "source.spm").unlink(), "source.spm: no such file"),
    "another vocabulary": (
        lambda f: (f / "source.spm").write_bytes(train_vocabulary(36)),
        "source.spm: has 36 pieces, expected 40 as in model.safetensors: "
        "take both from the same model",
    ),
    "a size": (edit("dim", 0), "config.json: dim is 0, expected a positive integer"),
    "a float": (edit("heads", 2.0), "config.json: heads is 2.0, expected a positive integer"),
    "heads": (edit("heads", 3), "config.json: dim is 8, expected a multiple of 2 x heads (3)"),
    "no layers": (edit("decoder_layers", 2), "config.json: decoder_layers is 2, expected a list"),
    "layers": (edit("decoder_layers", [1, 3]), "config.json: decoder_layers is [1, 3], expected"),
    "activation": (edit("activation", "gelu"), "config.json: activation is 'gelu', expected relu"),
    "embeddings": (edit("source_embeddings", None), "config.json: source_embeddings is None"),
    "partner": (edit("target_embeddings", "x"), "config.json: target_embeddings is 'x', expected"),
    "output": (edit("output_embeddings", "x"), "config.json: output_embeddings is 'x', expected"),
    "bias": (edit("output_bias", 1), "config.json: output_bias is 1, expected true or false"),
    "alignment": (edit("alignment_layer", 2), "config.json: alignment_layer is 2, expected null"),
    "factor": (edit("max_length_factor", "2"), "config.json: max_length_factor is '2', expected"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_is_refused_in_one_sentence(damage: str, folder: Path) -> None:
    change, expected = DAMAGE[damage]
    change(folder)
    with pytest.raises(ModelFilesError) as caught:
        load_model(f"en-pt={folder}")
    assert str(caught.value).startswith(f"{folder}/{expected}")
    assert "\n" not in str(caught.value)


def test_one_pair_is_all_that_a_converted_model_has(folder: Path) -> None:
    with pytest.raises(ModelFilesError, match="has one pair"):
        load_model(f"all={folder}")


def do(*steps: Callable[[], object]) -> None:
    for step in steps:
        step()


MISTAKES: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "no folder": (
        lambda folder, out: shutil.rmtree(folder),
        "{folder}: no such folder, expected one with a model*.bin",
    ),
    "no weights": (
        lambda folder, out: (folder / "model.tiny.bin").unlink(),
        "{folder}: 0 files match model*.bin, expected one",
    ),
    "not a Marian model": (
        lambda folder, out: (folder / "config.json").write_text("{}"),
        "{folder}: has a config.json, so it is a Transformers model already, expected a Marian "
        "folder with a model*.bin",
    ),
    "another vocabulary": (
        lambda folder, out: (folder / "vocab.tiny.spm").write_bytes(train_vocabulary(36)),
        "{folder}/vocab.tiny.spm: has 36 pieces, expected 40 as in model.tiny.bin: "
        "take both from the same model",
    ),
    "something in OUT": (
        lambda folder, out: do(out.mkdir, (out / "mine").touch),
        "{out}: is there already, expected a new or empty folder",
    ),
    "a file": (lambda folder, out: out.touch(), "{out}: is there already"),
    "a file in its way": (
        lambda folder, out: do(out.parent.rmdir, out.parent.touch),
        "{out}: cannot be written",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_cannot_be_converted_is_refused_and_nothing_is_left(
    mistake: str, vocabulary: bytes, tmp_path: Path
) -> None:
    folder, out = tmp_path / "marian", tmp_path / "place" / "out"
    folder.mkdir()
    out.parent.mkdir()
    tiny_model(vocabulary).write(folder)
    change, expected = MISTAKES[mistake]
    change(folder, out)
    before = sorted(tmp_path.rglob("*"))
    result = CliRunner().invoke(main, ["models", "convert", str(folder), str(out)])
    assert result.exit_code == 5
    assert result.output.startswith("Error: " + expected.format(folder=folder, out=out))
    assert result.output.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_vocabularies_that_end_with_different_tokens_are_refused_and_nothing_is_left(
    vocabulary: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "marian"
    folder.mkdir()
    tiny_model(vocabulary, target=train_vocabulary(36, eos_id=2)).write(folder)
    with pytest.raises(ModelFilesError, match="are 2 and 1, expected 0 and 1 as in"):
        convert(folder, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["marian"]


def test_the_command_says_where_it_wrote_and_how_to_serve_it(
    vocabulary: bytes, tmp_path: Path
) -> None:
    folder, out = tmp_path / "marian", tmp_path / "new" / "out"
    folder.mkdir()
    out.mkdir(parents=True)
    tiny_model(vocabulary).write(folder)
    command = [
        "models",
        "convert",
        str(folder),
        str(out),
        "--pair",
        "en-pt",
        "--license",
        "CC0-1.0",
    ]
    result = CliRunner().invoke(main, command)
    assert result.output == f"{out} is written; serve it with --model en-pt={out}\n"
    assert load_model(f"en-pt={out}").info.license == "CC0-1.0"
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    wrong = CliRunner().invoke(main, [*command[:5], "english"])
    assert wrong.exit_code == 2
    assert "'english' is not a pair of languages" in wrong.output


def test_a_converted_model_is_loaded_in_half_a_second(converted: dict[LanguagePair, Path]) -> None:
    times = []
    for _ in range(3):
        begin = time.process_time()
        load_model(f"en-pt={converted[EN_PT]}")
        times.append(time.process_time() - begin)
    assert min(times) < 0.5


def test_a_shortlist_is_converted_too(converted: dict[LanguagePair, Path]) -> None:
    original = load_marian_folder(
        dict(embedded_models())[EN_PT], pair=EN_PT, precision="int8", shortlist=True
    )
    model = load_model(f"en-pt={converted[EN_PT]}", precision="int8", shortlist=True)
    source = model.tokenizer(EN_PT).encode_source(ENGLISH[3]).tokens
    expected, found = original.encode([source])[0], model.encode([source])[0]
    assert isinstance(expected, Int8EncoderStates)
    assert isinstance(found, Int8EncoderStates)
    assert expected.candidates is not None
    assert found.candidates is not None
    assert 0 < len(found.candidates) < 10_000
    assert np.array_equal(found.candidates, expected.candidates)


def test_a_glance_at_it_says_what_loading_says(folder: Path) -> None:
    assert inspect_folder(folder) == Inspection("marian-ssru", True)
    edit("alignment_layer", None)(folder)
    assert inspect_folder(folder) == Inspection("marian-ssru", False)


def test_serving_a_converted_model_imports_nothing_that_takes_seconds(folder: Path) -> None:
    code = (
        "import sys; from translator.models.loading import load_model; "
        f"load_model('en-pt={folder}'); "
        "print({'transformers', 'torch._dynamo', 'sympy'} & {*sys.modules})"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout == "set()\n"
