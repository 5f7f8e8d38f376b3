import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.models.tiny import DIM, FFN, Item, TinyModel, float32, tiny_model
from translator.errors import ModelFilesError
from translator.models.embedded import embedded_models
from translator.models.marian.folder import read_marian_folder, read_marian_header

pytestmark = pytest.mark.model


@pytest.fixture
def tiny(vocabulary: bytes) -> TinyModel:
    return tiny_model(vocabulary)


def error_of(folder: Path) -> str:
    """The message of the refusal: one line that begins with the path it is about."""
    with pytest.raises(ModelFilesError) as caught:
        read_marian_folder(folder)
    message = str(caught.value)
    assert message.startswith(str(folder))
    assert "\n" not in message
    return message.removeprefix(str(folder)).removeprefix("/")


def test_both_embedded_folders_are_read_with_the_sizes_in_their_settings() -> None:
    for pair, folder in embedded_models():
        model = read_marian_folder(folder)
        hp = model.hyper_parameters
        assert model.path.name == f"model.{pair.source}{pair.target}.intgemm.alphas.bin"
        assert model.source_vocabulary == model.target_vocabulary
        assert model.max_length_factor == 2.5
        assert (hp.dim, hp.heads, hp.encoder_ffn, hp.decoder_ffn) == (256, 8, 1536, 1536)
        assert (hp.encoder_layers, hp.decoder_layers, hp.alignment_layer) == (6, (1, 2), 1)
        assert (hp.source_vocabulary, hp.target_vocabulary) == (32000, 32000)
        assert sum(tensor.size for tensor in model.tensors.values()) == 16_907_008
        header = read_marian_header(folder)
        assert (header.path, header.hyper_parameters) == (model.path, hp)
        assert (header.num_parameters, header.is_eight_bit) == (16_907_008, True)


def test_eight_bit_matrices_are_dequantised_and_turned_round_but_embeddings_are_not(
    tiny: TinyModel, tmp_path: Path
) -> None:
    tensors = read_marian_folder(tiny.write(tmp_path)).tensors
    ints = np.frombuffer(tiny.items["encoder_l1_ffn_W1"].data, "i1", DIM * FFN)
    assert np.array_equal(tensors["encoder_l1_ffn_W1"], ints.reshape(FFN, DIM).T / np.float32(150))
    ints = np.frombuffer(tiny.items["Wemb"].data, "i1", 40 * DIM)
    assert np.array_equal(tensors["Wemb"], ints.reshape(40, DIM) / np.float32(150))
    assert all(tensor.dtype == np.float32 for tensor in tensors.values())


def test_float32_matrices_are_read_as_they_stand(tiny: TinyModel, tmp_path: Path) -> None:
    values = np.arange(DIM * FFN, dtype=np.float32).reshape(DIM, FFN)
    tiny.items["encoder_l1_ffn_W1"] = float32(values)
    tensors = read_marian_folder(tiny.write(tmp_path)).tensors
    assert np.array_equal(tensors["encoder_l1_ffn_W1"], values)


def test_a_folder_with_split_vocabularies_names_one_for_each_side(
    vocabulary: bytes, other_vocabulary: bytes, tmp_path: Path
) -> None:
    model = read_marian_folder(tiny_model(vocabulary, target=other_vocabulary).write(tmp_path))
    assert model.source_vocabulary.name == "srcvocab.tiny.spm"
    assert model.target_vocabulary.name == "trgvocab.tiny.spm"
    hp = model.hyper_parameters
    assert (hp.source_embeddings, hp.target_embeddings) == ("encoder_Wemb", "decoder_Wemb")
    assert hp.output_embeddings == "decoder_Wemb"
    assert (hp.source_vocabulary, hp.target_vocabulary) == (40, 36)


def test_a_config_decides_which_files_are_read(tiny: TinyModel, tmp_path: Path) -> None:
    tiny.write(tmp_path)
    (tmp_path / "model.other.bin").write_bytes(b"not this one")
    config = {
        "models": ["model.tiny.bin"],
        "vocabs": ["vocab.tiny.spm"] * 2,
        "max-length-factor": 1.5,
    }
    (tmp_path / "config.yml").write_text(yaml.safe_dump(config))
    model = read_marian_folder(tmp_path)
    assert model.path.name == "model.tiny.bin"
    assert model.max_length_factor == 1.5


def test_alignment_is_none_when_the_settings_name_no_layer(tiny: TinyModel, tmp_path: Path) -> None:
    del tiny.settings["transformer-guided-alignment-layer"]
    assert read_marian_folder(tiny.write(tmp_path)).hyper_parameters.alignment_layer is None


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    assert error_of(tmp_path / "nowhere") == ": no such folder, expected one with a model*.bin"


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert error_of(tmp_path) == ": 0 files match model*.bin, expected one"


def test_two_model_files_without_a_config_are_refused(tiny: TinyModel, tmp_path: Path) -> None:
    tiny.write(tmp_path)
    (tmp_path / "model.other.bin").write_bytes(b"")
    assert error_of(tmp_path) == ": 2 files match model*.bin, expected one"


def test_a_missing_vocabulary_is_refused(tiny: TinyModel, tmp_path: Path) -> None:
    (tiny.write(tmp_path) / "vocab.tiny.spm").unlink()
    assert error_of(tmp_path) == ": 0 files match vocab*.spm, expected one"


def test_a_missing_target_vocabulary_is_refused(tiny: TinyModel, tmp_path: Path) -> None:
    (tiny.write(tmp_path) / "vocab.tiny.spm").rename(tmp_path / "srcvocab.tiny.spm")
    assert error_of(tmp_path) == ": 0 files match trgvocab*.spm, expected one"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("models: [a.bin]\nvocabs: [b.spm, b.spm]", "a.bin: no such file, expected because"),
        ("vocabs: [b.spm, b.spm]", "config.yml: models is None, expected a list of one file"),
        ("models: [model.tiny.bin]\nvocabs: [b.spm]", "config.yml: vocabs is ['b.spm'], expected"),
        ("- a list", "config.yml: the settings are list, expected a map"),
        ("models: [", "config.yml: the settings are not YAML"),
        (
            "{models: [model.tiny.bin], vocabs: [vocab.tiny.spm, vocab.tiny.spm], "
            "max-length-factor: -1}",
            "config.yml: max-length-factor is -1, expected a positive number",
        ),
    ],
)
def test_a_config_that_cannot_be_followed_is_refused(
    config: str, message: str, tiny: TinyModel, tmp_path: Path
) -> None:
    (tiny.write(tmp_path) / "config.yml").write_text(config)
    assert error_of(tmp_path).startswith(message)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fraction=st.floats(0, 1, exclude_max=True))
@example(fraction=0.0)
def test_a_file_cut_anywhere_is_refused(fraction: float, tiny: TinyModel, tmp_path: Path) -> None:
    tiny.write(tmp_path)
    data = tiny.to_bytes()
    (tmp_path / "model.tiny.bin").write_bytes(data[: int(fraction * len(data))])
    assert error_of(tmp_path).startswith("model.tiny.bin: truncated at byte ")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(offset=st.integers(0, 3000), change=st.integers(1, 255))
def test_a_header_with_random_damage_is_read_or_refused_but_never_crashes(
    offset: int, change: int, tiny: TinyModel, tmp_path: Path
) -> None:
    content = bytearray(tiny.write(tmp_path).joinpath("model.tiny.bin").read_bytes())
    content[offset] ^= change
    (tmp_path / "model.tiny.bin").write_bytes(content)
    for read in (read_marian_header, read_marian_folder):
        try:
            read(tmp_path)
        except ModelFilesError as error:
            refusal = str(error)
        else:
            refusal = str(tmp_path)
        assert refusal.startswith(str(tmp_path))


@pytest.mark.parametrize("version", [0, 2, 0xF11A48D5013417F5])
def test_another_version_or_magic_is_refused(version: int, tiny: TinyModel, tmp_path: Path) -> None:
    message = error_of(replace(tiny, version=version).write(tmp_path))
    assert message == (
        f"model.tiny.bin: starts with {version:#x}, expected 1, Marian's binary version"
    )


def test_a_header_that_claims_more_items_than_the_file_has_is_refused(
    tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.write(tmp_path)
    (tmp_path / "model.tiny.bin").write_bytes(struct.pack("<2Q", 1, 2**15))
    assert error_of(tmp_path).startswith("model.tiny.bin: truncated at byte 16, expected")


def test_a_type_made_for_one_processor_is_refused(tiny: TinyModel, tmp_path: Path) -> None:
    tiny.items["decoder_l1_rnn_W"].kind = 0x9101
    assert error_of(tiny.write(tmp_path)) == (
        "model.tiny.bin: tensor decoder_l1_rnn_W has type 0x9101, "
        "expected 0x0404 (float32) or 0x4101 (intgemm8)"
    )


def test_a_missing_tensor_is_named_with_its_shape(tiny: TinyModel, tmp_path: Path) -> None:
    del tiny.items["decoder_l2_context_Wk"]
    assert error_of(tiny.write(tmp_path)) == (
        "model.tiny.bin: tensor decoder_l2_context_Wk is missing, expected with shape (8, 8)"
    )


def test_a_tensor_of_another_shape_is_refused(tiny: TinyModel, tmp_path: Path) -> None:
    tiny.items["encoder_l1_ffn_b1"] = float32(np.zeros((1, FFN + 1)))
    assert error_of(tiny.write(tmp_path)) == (
        "model.tiny.bin: tensor encoder_l1_ffn_b1 has shape (1, 13), expected (1, 12)"
    )


@pytest.mark.parametrize("shape", [(8, 9), (-8, -8), (0, 8), ()])
def test_a_tensor_whose_bytes_do_not_fit_its_shape_is_refused(
    shape: tuple[int, ...], tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.items["decoder_l1_rnn_bf"] = Item(0x0404, shape, bytes(4 * 8))
    message = error_of(tiny.write(tmp_path))
    assert message.startswith(f"model.tiny.bin: tensor decoder_l1_rnn_bf of shape {shape} has 32")


@pytest.mark.parametrize("multiplier", [0.0, -1.0, 1e-40, float("nan"), float("inf")])
def test_a_multiplier_that_gives_no_number_is_refused(
    multiplier: float, tiny: TinyModel, tmp_path: Path
) -> None:
    item = tiny.items["decoder_l1_rnn_W"]
    item.data = item.data[:64] + struct.pack("<f", multiplier) + item.data[68:]
    message = error_of(tiny.write(tmp_path))
    assert message.startswith("model.tiny.bin: tensor decoder_l1_rnn_W has the multiplier")


def test_a_parameter_that_is_no_number_is_refused(tiny: TinyModel, tmp_path: Path) -> None:
    tiny.items["decoder_l1_rnn_bf"] = float32(np.full((1, DIM), np.nan))
    assert error_of(tiny.write(tmp_path)) == (
        "model.tiny.bin: tensor decoder_l1_rnn_bf has a NaN or infinity, expected numbers"
    )


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("transformer-decoder-autoreg", "self-attention", "'rnn'"),
        ("dec-cell", "gru", "'ssru'"),
        ("transformer-ffn-activation", "gelu", "'relu' or 'swish'"),
        ("transformer-preprocess", "n", "''"),
        ("transformer-heads", 3, "a positive"),
        ("dim-emb", "wide", "a positive integer up to 65536"),
        ("enc-depth", 0, "a positive integer up to 256"),
        ("dim-vocabs", [40], "two sizes"),
        ("transformer-tied-layers", [1, 3], "2 of 1 to 2"),
        ("transformer-guided-alignment-layer", 3, "last or 1 to 2"),
    ],
)
def test_a_network_of_another_kind_is_refused(
    key: str, value: object, expected: str, tiny: TinyModel, tmp_path: Path
) -> None:
    tiny.settings[key] = value
    message = error_of(tiny.write(tmp_path))
    if key == "transformer-heads":
        assert (
            message
            == "model.tiny.bin: dim-emb is 8, expected a multiple of 2 x transformer-heads (3)"
        )
    else:
        assert message == f"model.tiny.bin: {key} is {value!r}, expected {expected}"


def test_a_file_without_settings_is_refused(tiny: TinyModel, tmp_path: Path) -> None:
    tiny.settings.clear()
    assert "special:model.yml is missing" in error_of(tiny.write(tmp_path))
