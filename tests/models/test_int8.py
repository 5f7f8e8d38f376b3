"""Eight bits: exact in a batch, close to float32, and refused where they cannot be had."""

import math
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from tests.models.reference import greedy, text_of
from tests.models.tiny import ACTIVATION, TinyModel, float32, tiny_model
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.models.embedded import embedded_models
from translator.models.marian.loading import load_marian_folder
from translator.models.marian.recurrent import RecurrentModel

pytestmark = pytest.mark.model

EN_PT, PT_EN = LanguagePair("en", "pt"), LanguagePair("pt", "en")
SENTENCES = [
    "Hello.",
    "Where is the train station?",
    "The bakery on the corner opens at seven.",
    "My sister bought a red bicycle for her daughter yesterday.",
    "The engineers found that the old bridge, which had been built in 1932, could no longer carry "
    "heavy trucks, so they closed it for three months.",
    "Rain is expected in the north, but the coast will stay dry until Thursday evening.",
    "We",
]


@pytest.fixture(scope="module")
def int8(one_thread: None) -> Seq2SeqModel:
    return load_marian_folder(dict(embedded_models())[EN_PT], pair=EN_PT, precision="int8")


@pytest.fixture(scope="module")
def sources(int8: Seq2SeqModel) -> list[tuple[int, ...]]:
    tokenizer = int8.tokenizer(EN_PT)
    return [tokenizer.encode_source(text).tokens for text in SENTENCES]


def test_a_row_is_the_same_bit_by_bit_alone_and_in_any_batch(
    int8: Seq2SeqModel, sources: list[tuple[int, ...]]
) -> None:
    random = Random(4)
    targets = [tuple(random.randrange(2, 32000) for _ in range(n)) for n in (0, 3, 9, 1, 20, 6, 2)]
    alone = [
        int8.prefill(int8.encode([source]), [target])
        for source, target in zip(sources, targets, strict=True)
    ]
    for _ in range(4):
        order = random.sample(range(len(sources)), len(sources))
        states = int8.encode([sources[i] for i in order])
        together = int8.prefill(states, [targets[i] for i in order])
        assert together.alignment is not None
        for row, i in enumerate(order):
            length = len(targets[i]) + 1
            aligned = alone[i].alignment
            assert aligned is not None
            assert torch.equal(together.hidden[row, :length], alone[i].hidden[0])
            assert torch.equal(
                together.alignment[row, :length, : len(sources[i])],
                aligned[0],
            )


def test_stepped_is_prefilled_bit_by_bit(
    int8: Seq2SeqModel, sources: list[tuple[int, ...]]
) -> None:
    states = int8.encode(sources)
    targets = greedy(int8, sources)
    whole = int8.prefill(states, targets)
    batch = int8.new_batch()
    start = int8.prefill(states, [()] * len(sources))
    for row, source_states in enumerate(states):
        batch.load(row, source_states, start, row, 0)
    for position in range(1, min(map(len, targets)) + 1):
        output = batch.step(torch.tensor([target[position - 1] for target in targets]))
        assert output.alignment is not None
        assert whole.alignment is not None
        assert torch.equal(output.hidden, whole.hidden[:, position])
        assert torch.equal(output.alignment, whole.alignment[:, position])


def test_any_number_of_rows_predicts_what_each_predicts_alone(int8: Seq2SeqModel) -> None:
    hidden = 2 * torch.randn(23, 256, generator=torch.Generator().manual_seed(3))
    drafted = list(range(40, 63))
    whole = int8.predict(hidden, drafted)
    for row in range(len(hidden)):
        one = int8.predict(hidden[row : row + 1], drafted[row : row + 1])
        assert one.tokens == whole.tokens[row : row + 1]
        assert one.log_probabilities == whole.log_probabilities[row : row + 1]
        assert one.draft_log_probabilities == whole.draft_log_probabilities[row : row + 1]
    assert int8.predict(hidden, probable=False).tokens == whole.tokens


def test_predictions_are_those_of_the_scores(int8: Seq2SeqModel) -> None:
    hidden = 2 * torch.randn(9, 256, generator=torch.Generator().manual_seed(8))
    drafted = [0, 2, 63, 64, 65, 31999, 31936, 500, 17]
    scores = int8.logits(hidden).log_softmax(-1)
    prediction = int8.predict(hidden, drafted)
    best, tokens = scores.max(-1)
    assert prediction.tokens == tokens.tolist()
    assert prediction.log_probabilities == pytest.approx(best.tolist(), abs=1e-4)
    expected = [scores[row, token].item() for row, token in enumerate(drafted)]
    assert prediction.draft_log_probabilities == pytest.approx(expected, abs=1e-3)


def test_the_unknown_token_is_never_predicted(int8: Seq2SeqModel) -> None:
    hidden = torch.randn(4, 256)
    assert (int8.logits(hidden)[:, 1] < -1e29).all()
    assert all(p < -1e29 for p in int8.predict(hidden, [1] * 4).draft_log_probabilities)


def test_the_output_is_close_to_that_of_float32(
    int8: Seq2SeqModel, sources: list[tuple[int, ...]], en_pt: RecurrentModel
) -> None:
    ours, reference = greedy(int8, sources), greedy(en_pt, sources)
    assert text_of(int8, ours[2]) == "A padaria na esquina abre aos sete."
    assert sum(a == b for a, b in zip(ours, reference, strict=True)) >= len(sources) - 2
    # On the same known target, the distributions differ little.
    target = [reference[4]]
    exact = en_pt.prefill(en_pt.encode([sources[4]]), target)
    coarse = int8.prefill(int8.encode([sources[4]]), target)
    assert exact.alignment is not None
    assert coarse.alignment is not None
    aligned = coarse.alignment.argmax(-1) == exact.alignment.argmax(-1)
    assert aligned.float().mean() > 0.95
    cosine = torch.cosine_similarity(coarse.hidden[0], exact.hidden[0], dim=-1)
    assert cosine.min() > 0.98


def test_a_batch_grows_and_its_rows_move(
    int8: Seq2SeqModel, sources: list[tuple[int, ...]]
) -> None:
    many = (sources * 4)[:25]
    assert greedy(int8, many) == (greedy(int8, sources) * 4)[:25]
    long = (*sources[4][:-1], *sources[4][:-1], *sources[4])
    assert int8.encode([long * 6])[0].num_tokens == 6 * len(long)


def test_a_token_that_there_is_not_is_an_error_not_a_read_past_the_end(
    int8: Seq2SeqModel, sources: list[tuple[int, ...]]
) -> None:
    states = int8.encode(sources[:1])
    # A source has one more, the open end.
    for token in (32001, -2):
        with pytest.raises(IndexError, match="there are 32001"):
            int8.encode([[5, token, 0]])
    for token in (32000, -2):
        with pytest.raises(IndexError, match="there are 32000"):
            int8.prefill(states, [[token]])


def _load(tiny: TinyModel, folder: Path, precision: str) -> Seq2SeqModel:
    folder.mkdir(exist_ok=True)
    return load_marian_folder(tiny.write(folder), pair=EN_PT, name="tiny", precision=precision)


@pytest.mark.parametrize("activation", ["relu", "swish"])
@pytest.mark.parametrize("kind", ["plain", "tied", "split", "untied"])
def test_every_shape_of_network_computes_what_the_real_one_does_with_rounded_inputs(
    kind: str,
    activation: str,
    vocabulary: bytes,
    other_vocabulary: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Gates and swish inputs far past what e^x can be in float32 included."""
    tiny = tiny_model(
        vocabulary,
        tied_layers=(1, 1) if kind == "tied" else (),
        target=other_vocabulary if kind in ("split", "untied") else None,
        dim=32,
    )
    tiny.settings["transformer-ffn-activation"] = activation
    tiny.items["decoder_l1_rnn_bf"] = float32(np.linspace(-300, 300, 32).reshape(1, 32))
    tiny.items["encoder_l1_ffn_b1"] = float32(np.linspace(-300, 5, 12).reshape(1, 12))
    if kind == "untied":
        tiny.settings["tied-embeddings"] = False
        embeddings = tiny.items["decoder_Wemb"]
        # Stored by columns, so these bytes are the transpose, [D, V].
        tiny.items["decoder_ff_logit_out_W"] = type(embeddings)(
            embeddings.kind, embeddings.shape[::-1], embeddings.data
        )
    folder = tmp_path / "tiny"
    ours = _states_and_scores(_load(tiny, folder, "int8"))
    linear = torch.nn.functional.linear
    # The real network with the input of every product rounded as the file says.
    monkeypatch.setattr(
        "torch.nn.functional.linear", lambda x, *parameters: linear(_rounded(x), *parameters)
    )
    expected = _states_and_scores(_load(tiny, folder, "float32"), _rounded)
    for found, wanted in zip(ours, expected, strict=True):
        known = torch.isfinite(wanted)
        # A value between two integers may be rounded the other way.
        assert (found - wanted)[known].abs().median() < 1e-4
        assert torch.corrcoef(torch.stack([found[known], wanted[known]]))[0, 1] > 0.999


def _rounded(x: torch.Tensor) -> torch.Tensor:
    return (x * ACTIVATION).round().clamp(-127, 127) / ACTIVATION


def _states_and_scores(
    model: Seq2SeqModel, prepare: Callable[[torch.Tensor], torch.Tensor] = lambda hidden: hidden
) -> tuple[torch.Tensor, torch.Tensor]:
    states = model.encode([[5, 9, 12, 0], [7, 0]])
    hidden = model.prefill(states, [[3, 8], [4, 4]]).hidden
    return hidden, model.logits(prepare(hidden.flatten(0, 1)))


def test_auto_is_int8_where_the_file_is_made_for_it(vocabulary: bytes, tmp_path: Path) -> None:
    tiny = tiny_model(vocabulary, dim=32)
    assert not isinstance(_load(tiny, tmp_path / "a", "auto"), RecurrentModel)
    without = tiny_model(vocabulary, dim=32)
    for name in [name for name in without.items if name.endswith("_QuantMultA")]:
        del without.items[name]
    assert isinstance(_load(without, tmp_path / "b", "auto"), RecurrentModel)
    # One multiplier that is missing is enough.
    partly = tiny_model(vocabulary, dim=32)
    del partly.items["decoder_l2_rnn_W_QuantMultA"]
    assert isinstance(_load(partly, tmp_path / "d", "auto"), RecurrentModel)
    # Heads of 4 are no whole vectors.
    assert isinstance(_load(tiny_model(vocabulary), tmp_path / "c", "auto"), RecurrentModel)


def test_what_cannot_run_in_eight_bits_says_why(vocabulary: bytes, tmp_path: Path) -> None:
    narrow = tiny_model(vocabulary)
    with pytest.raises(ModelFilesError, match=r"heads of size 4 cannot .* multiple of 16"):
        _load(narrow, tmp_path / "narrow", "int8")
    real = tiny_model(vocabulary, dim=32)
    real.items["encoder_l1_ffn_W1"] = float32(torch.zeros(32, 12).numpy())
    with pytest.raises(ModelFilesError, match="encoder_l1_ffn_W1 is not in eight bits"):
        _load(real, tmp_path / "real", "int8")
    for value in (None, math.nan, 0.0):
        broken = tiny_model(vocabulary, dim=32)
        name = "decoder_l2_rnn_W_QuantMultA"
        if value is None:
            del broken.items[name]
        else:
            broken.items[name] = float32(torch.full((1, 1), value).numpy())
        with pytest.raises(ModelFilesError, match="no activation multiplier for decoder_l2_rnn_W"):
            _load(broken, tmp_path / "broken", "int8")
    with pytest.raises(ModelFilesError, match="int8 needs a CPU and the package numba"):
        load_marian_folder(
            tiny_model(vocabulary, dim=32).write(tmp_path),
            pair=EN_PT,
            device="meta",
            precision="int8",
        )
