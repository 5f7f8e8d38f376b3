"""Datastores: what is found, what it changes, what stays, and what is said of a damaged file."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from tests.models.test_adapter import TRANSLATIONS, random_adapter
from tests.models.test_training import short_model
from translator.cli import main
from translator.engine.engine import Engine
from translator.engine.request import Hypothesis, Priority, Request
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.local import Translator
from translator.models.base import Seq2SeqModel
from translator.models.datastore import (
    DATASTORE,
    Datastore,
    DatastoreCard,
    quantized,
    read_datastore,
    save_datastore,
)
from translator.models.datastore_model import DatastoreModel
from translator.models.embedded import embedded_models
from translator.models.fingerprint import file_digest
from translator.models.loading import describe_model, load_model
from translator.models.marian.adapter import ADAPTER, save_adapter
from translator.models.marian.loading import load_marian_folder
from translator.models.marian.recurrent import RecurrentModel
from translator.training.datastore import datastore_gain, likeness, make_datastore
from translator.training.translations import Example

pytestmark = pytest.mark.model

PAIR = LanguagePair("en", "pt")
# How a shop of tiles says it; the model itself says it otherwise.
KNOWN = {
    "The tile is glazed.": "O azulejo é vitrificado.",
    "The tile is matte.": "O azulejo é fosco.",
    "The tile is glazed and matte.": "O azulejo é vitrificado e fosco.",
    "Glazed tile, small box": "Azulejo vitrificado, caixa pequena",
    "Matte tile, large box": "Azulejo fosco, caixa grande",
    "Please keep the box dry.": "Guarde a caixa longe da umidade.",
}
LIKE_IT = {
    "The small tile is matte.": ("azulejo", "fosco"),
    "Glazed tile, large box": ("Azulejo", "vitrificado", "caixa grande"),
}
ASKED = [*KNOWN, *LIKE_IT, "Please keep the tile dry."]
OTHER = ["My grandmother taught history in Lisbon.", "Where are they?", "We met during a storm."]


@pytest.fixture(scope="module", params=["int8", "float32"])
def base(request: pytest.FixtureRequest) -> Seq2SeqModel:
    folder = dict(embedded_models())[PAIR]
    return load_marian_folder(folder, pair=PAIR, precision=request.param)


@pytest.fixture(scope="module")
def knowing(base: Seq2SeqModel) -> DatastoreModel:
    return DatastoreModel(base, datastore_of(base, KNOWN))


def datastore_of(model: Seq2SeqModel, known: dict[str, str]) -> Datastore:
    tokenizer = model.tokenizer(PAIR)
    examples = [
        [
            Example(
                tokenizer.encode_source(source).tokens,
                (*tokenizer.encode_target(target), tokenizer.eos_id),
            )
        ]
        for source, target in known.items()
    ]
    return make_datastore(model, examples, DatastoreCard(""))


def decode(model: Seq2SeqModel, *requests: Request) -> list[Hypothesis]:
    engine = Engine({model.info.name: model})
    for request in requests:
        engine.submit(request)
    found = {outcome.request.version: outcome.hypothesis for outcome in engine.run()}
    return [found[n] for n in range(len(requests))]  # type: ignore[misc]


def asked(model: Seq2SeqModel, text: str, version: int = 0, **options: object) -> Request:
    tokens = model.tokenizer(PAIR).encode_source(text).tokens
    name = model.info.name
    return Request((str(version), "x"), version, name, tokens, **options)  # type: ignore[arg-type]


def text_of(model: Seq2SeqModel, hypothesis: Hypothesis) -> str:
    return "".join(map(model.tokenizer(PAIR).piece, hypothesis.tokens)).strip()


def test_what_is_known_is_said_as_it_is_known(base: Seq2SeqModel, knowing: DatastoreModel) -> None:
    for source, target in KNOWN.items():
        (before,), (now,) = decode(base, asked(base, source)), decode(knowing, asked(base, source))
        assert text_of(base, before) != target
        assert text_of(base, now) == target


def test_words_go_over_to_what_is_like_it(base: Seq2SeqModel, knowing: DatastoreModel) -> None:
    for source, words in LIKE_IT.items():
        (before,), (now,) = decode(base, asked(base, source)), decode(knowing, asked(base, source))
        assert not all(word in text_of(base, before) for word in words)
        assert all(word in text_of(base, now) for word in words)


def test_other_text_stays_as_it_is(base: Seq2SeqModel, knowing: DatastoreModel) -> None:
    for text in OTHER:
        (before,), (now,) = decode(base, asked(base, text)), decode(knowing, asked(base, text))
        assert now.tokens == before.tokens
    # It shares no token with what is known.
    assert decode(knowing, asked(base, OTHER[1])) == decode(base, asked(base, OTHER[1]))


def test_what_is_nothing_like_its_source_does_not_go_over(base: Seq2SeqModel) -> None:
    free = {"I think that you are on mute.": "Seu microfone está desligado."}
    knowing = DatastoreModel(base, datastore_of(base, KNOWN | free))
    for source, target in free.items():
        (said,) = decode(knowing, asked(base, source))
        assert text_of(base, said) == target
    for source in ("I think that you are on the roof.", "I think that we are lost."):
        (before,), (now,) = decode(base, asked(base, source)), decode(knowing, asked(base, source))
        assert text_of(base, now) == text_of(base, before)


def test_together_alone_and_with_drafts_is_the_same(knowing: DatastoreModel) -> None:
    alone = [decode(knowing, asked(knowing, text))[0] for text in ASKED]
    together = decode(knowing, *(asked(knowing, text, n) for n, text in enumerate(ASKED)))
    assert [each.tokens for each in together] == [each.tokens for each in alone]
    for text, whole in zip(ASKED, alone, strict=True):
        middle = len(whole.tokens) // 2
        drafts = [whole.tokens, (*whole.tokens[:middle], 4, 5), (4, 5), ()]
        again = decode(knowing, *(asked(knowing, text, n, draft=d) for n, d in enumerate(drafts)))
        assert {each.tokens for each in again} == {whole.tokens}
        for each in again:
            assert each.log_probabilities == pytest.approx(whole.log_probabilities, abs=1e-4)


def test_log_probabilities_change_no_choice(knowing: DatastoreModel) -> None:
    for text in ASKED:
        live, batch = asked(knowing, text), asked(knowing, text, priority=Priority.BATCH)
        (scored,), (plain,) = decode(knowing, live), decode(knowing, batch)
        assert scored.tokens == plain.tokens
        assert any(scored.log_probabilities)


def test_probabilities_are_mixed_as_it_says(base: Seq2SeqModel) -> None:
    """Keys of the very place that is asked for, so that they have nine parts in ten."""
    tokenizer = base.tokenizer(PAIR)
    source = tokenizer.encode_source("The tile is matte.").tokens
    states = base.encode([source])
    hidden = base.prefill(states, [()]).hidden[0]
    scores = torch.log_softmax(base.logits(hidden), -1)[0]
    own, second = scores.topk(2).indices.tolist()
    possible, improbable, impossible = (int((scores - n).abs().argmin()) for n in (-3.5, -6, -9.5))
    keys = quantized(hidden.numpy())[0]
    other = (*source[:-2], 9998)

    def said(like: tuple[int, ...], *texts: tuple[int, int]) -> int:
        model = with_keys(base, keys, texts, like)
        (token,) = model.predict(hidden, sources=model.encode([source])).tokens
        return token

    for token in (second, impossible):
        model = with_keys(base, keys, [(token, 0)], source)
        found = model.predict(hidden, [own], sources=model.encode([source]))
        assert found.tokens == [token]
        mixed = math.log(0.1 * math.exp(scores[token]) + 0.9)
        assert found.log_probabilities == pytest.approx([mixed], abs=1e-3)
        before = math.log(0.1) + float(scores[own])
        assert found.draft_log_probabilities == pytest.approx([before], abs=1e-3)
    assert said(source, (own, 0)) == own
    # What is known of another source has to be possible here.
    assert said(other, (possible, 0)) == possible
    assert said(other, (improbable, 0)) == own
    # Two examples of one text are one witness.
    assert said(other, (improbable, 0), (improbable, 0)) == own
    assert said(other, (improbable, 0), (improbable, 1)) == improbable
    assert said(other, (impossible, 0), (impossible, 1)) == own
    # Keys in another direction are not asked.
    model = with_keys(base, -keys, [(second, 0)], source)
    assert model.predict(hidden, sources=model.encode([source])) == base.predict(hidden)


def with_keys(
    model: Seq2SeqModel,
    key: np.ndarray,
    texts: Sequence[tuple[int, int]],
    source: tuple[int, ...],
) -> DatastoreModel:
    """One key for each token and text, of examples with one source; a last one is of another."""
    count = len(texts)
    return DatastoreModel(
        model,
        Datastore(
            DatastoreCard(""),
            np.stack([key] * count),
            np.array([token for token, _ in texts], np.int32),
            np.array([*range(count + 1), count]),
            np.array([*source * count, 9999], np.int32),
            np.array([*range(0, len(source) * count + 1, len(source)), len(source) * count + 1]),
            np.array([*(text for _, text in texts), 99], np.int32),
        ),
    )


def test_scores_that_are_no_numbers_fail_one_request(en_pt: RecurrentModel) -> None:
    knowing = DatastoreModel(en_pt, datastore_of(en_pt, KNOWN))
    sources = knowing.encode([knowing.tokenizer(PAIR).encode_source(ASKED[0]).tokens])
    hidden = knowing.prefill(sources, [()]).hidden[0]
    both = torch.cat([torch.full_like(hidden, torch.nan), hidden])
    found = knowing.predict(both, sources=sources * 2)
    assert not math.isfinite(found.log_probabilities[0])
    assert math.isfinite(found.log_probabilities[1])


def test_examples_that_share_rare_words_are_looked_at() -> None:
    # Example n has the tokens 1 (which all have), 2 or 3, and one of its own.
    sources = [(1, 2 + n % 2, 10 + n) for n in range(100)]
    store = Datastore(
        DatastoreCard(""),
        np.ones((100, 4), np.int8),
        np.arange(100, dtype=np.int32),
        np.arange(101),
        np.array(sources, np.int32).ravel(),
        np.arange(0, 303, 3),
        np.arange(100, dtype=np.int32),
    )
    found = store.look_up((2, 17, 1))
    assert found is not None
    # The one with 17, and the first ones of those with 2; no one has more in common.
    assert found.places.tolist()[0] == 7
    assert found.places.tolist()[1:] == [*range(0, 62, 2)]
    assert not found.same
    found = store.look_up((1, 2, 14))
    assert found is not None
    assert found.same == {4}
    assert store.look_up((1, 999)) is None
    assert store.look_up(()) is None


def test_an_example_may_have_no_keys(base: Seq2SeqModel) -> None:
    """No command writes such a file, but it is none that could do harm."""
    starts, none = np.array([0, 0, 0]), np.zeros((0, 4), np.int8)
    sources = np.array([5, 6], np.int32)
    texts, tokens = np.arange(2, dtype=np.int32), np.zeros(0, np.int32)
    store = Datastore(DatastoreCard(""), none, tokens, starts, sources, np.arange(3), texts)
    assert store.look_up((5,)) is None
    assert decode(DatastoreModel(base, store), asked(base, "Hello!")) == decode(
        base, asked(base, "Hello!")
    )


def test_the_search_finds_the_same_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = np.random.default_rng(7)
    keys = drawn.integers(-127, 128, (60, 24), np.int8)
    keys[40:50] = keys[3]
    keys[50] = 0
    starts = np.arange(61)
    tokens = np.arange(60, dtype=np.int32)
    store = Datastore(DatastoreCard(""), keys, tokens, starts, tokens, starts, tokens)
    outputs = np.concatenate([keys[:4], drawn.integers(-127, 128, (9, 24), np.int8), keys[50:51]])
    for places in (np.arange(60), np.arange(59, 0, -3), np.array([8, 5])):
        found = store.nearest(places, outputs, 2.0)
        with monkeypatch.context() as patched:
            patched.setattr("translator.models.datastore.runs_int8", lambda: False)
            assert store.nearest(places, outputs, 2.0) == found
        distances = [each.distances for each in found if each is not None]
        assert all(row == sorted(row) for row in distances)
    found = store.nearest(np.arange(60), outputs, 0.5)
    assert found[3] is not None
    # Of equal ones the first.
    assert found[3].tokens == [3, *range(40, 47)]
    assert found[-1] is None


def test_how_like_two_texts_are() -> None:
    assert likeness((1, 2, 3), (3, 2, 1)) == 1
    assert likeness((1, 2), (3,)) == 0
    assert likeness((1, 1, 2), (1, 4, 5)) == pytest.approx(1 / 3)
    assert likeness((), ()) == 1


def test_what_translations_are_worth_for_others_is_told(base: Seq2SeqModel) -> None:
    tokenizer = base.tokenizer(PAIR)
    colours = {"red": "vermelho", "blue": "azul", "green": "verde", "white": "branco"}
    rooms = {"kitchen": "a cozinha", "bathroom": "o banheiro", "hall": "a entrada"}
    examples = [
        [
            Example(
                tokenizer.encode_source(f"The {colour} tile is for the {room}.").tokens,
                (*tokenizer.encode_target(f"Azulejo {cor}, ideal para {onde}."), tokenizer.eos_id),
            )
        ]
        for colour, cor in colours.items()
        for room, onde in rooms.items()
    ]
    sources = [tokenizer.encode_source(text).tokens for text in OTHER]
    general = [Example(s, (*decode(base, asked(base, t))[0].tokens, tokenizer.eos_id))
               for s, t in zip(sources, OTHER, strict=True)]  # fmt: skip
    done: list[int] = []
    gain = datastore_gain(base, examples, general, on_progress=done.append)
    assert gain.after > gain.before + 0.2
    assert gain.error > 0
    assert not gain.is_worse
    assert gain.kept == 1
    assert done[-1] == len(examples)


def test_it_is_served_live_and_with_alternatives(knowing: DatastoreModel) -> None:
    with Translator(models=[knowing]) as translator:
        whole = translator.translate(
            "The tile is glazed and matte. How are you?", source="en", target="pt",
            num_alternatives=3,
        )  # fmt: skip
        assert whole.text.startswith("O azulejo é vitrificado e fosco.")
        assert len(whole.alternatives) == 3
        with translator.stream(source="en", targets=["pt"]) as stream:
            for chunk in ("The tile is ", "glazed and ", "matte. How are ", "you?"):
                stream.send(chunk)
            stream.end()
            said = stream.transcript("pt")
        assert said.startswith("O azulejo é vitrificado e fosco.")


@pytest.fixture
def shop(vocabulary: bytes, tmp_path: Path) -> Path:
    """A folder with an adapter and a datastore."""
    folder, out = tmp_path / "model", tmp_path / "shop"
    folder.mkdir()
    short_model(vocabulary).write(folder)
    save_adapter(out, random_adapter(folder))
    model = load_model(f"en-pt={out}")
    examples = [[Example((3, 4, n, 0), (n, 6, 0))] for n in range(5, 12)]
    card = DatastoreCard(file_digest(out / ADAPTER))
    save_datastore(out, make_datastore(model, examples, card))
    return out


def test_a_file_says_what_was_saved(shop: Path) -> None:
    model = load_model(f"en-pt={shop}")
    assert isinstance(model, DatastoreModel)
    read = read_datastore(shop, file_digest(shop / ADAPTER), 8, 40)
    assert read is not None
    assert read.tokens.tolist()[:6] == [5, 6, 0, 6, 6, 0]
    assert read.num_examples == 7
    with_it = describe_model(f"en-pt={shop}").info
    (shop / DATASTORE).unlink()
    without = describe_model(f"en-pt={shop}").info
    assert with_it.fingerprint != without.fingerprint
    assert with_it.memory_bytes > without.memory_bytes
    assert read_datastore(shop, "", 8, 40) is None


def _changed(path: Path, change: Callable[[dict[str, np.ndarray]], object]) -> None:
    stored = load_file(path)
    change(stored)
    with safe_open(path, framework="np") as file:
        metadata = file.metadata()
    save_file(stored, path, metadata)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:99]), "damaged, expected what"),
    "other file": (
        lambda path: save_file({"keys": np.zeros((1, 8), np.int8)}, path),
        "damaged, expected what `translator models adapt` writes",
    ),
    "other adapter": (
        lambda path: save_adapter(
            path.parent, random_adapter(path.parent.parent / "model", size=1)
        ),
        "is of another adapter than the one beside it; adapt the model again",
    ),
    "missing": (
        lambda path: _changed(path, lambda s: s.pop("tokens")),
        "tensor tokens is missing, which no datastore has",
    ),
    "kind": (
        lambda path: _changed(path, lambda s: s.update(keys=s["keys"].astype(np.float32))),
        "tensor keys is float32[21, 8], which no datastore has",
    ),
    "shape": (
        lambda path: _changed(path, lambda s: s.update(keys=s["keys"][:, :4].copy())),
        "tensor keys is int8[21, 4], expected [21, 8]",
    ),
    "token": (
        lambda path: _changed(path, lambda s: s["tokens"].fill(40)),
        "has tokens that its model does not have",
    ),
    "starts": (
        lambda path: _changed(path, lambda s: s["starts"].fill(3)),
        "tensor starts does not part tokens",
    ),
    "order": (
        lambda path: _changed(path, lambda s: s["source_starts"].__setitem__(1, 99)),
        "tensor source_starts does not part sources",
    ),
    "none": (
        lambda path: _changed(path, lambda s: s.update(starts=s["starts"][:0])),
        "tensor starts does not part tokens",
    ),
    "number": (
        lambda path: _changed(path, lambda s: s.update(starts=np.array([0, 21]))),
        "has (1, 7, 7) targets, sources and texts, not as many each",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_datastore_is_refused(damage: str, shop: Path) -> None:
    change, expected = DAMAGES[damage]
    change(shop / DATASTORE)
    with pytest.raises(ModelFilesError) as told:
        load_model(f"en-pt={shop}")
    assert told.value.message.startswith(f"{shop / DATASTORE}: ")
    assert expected in told.value.message


def test_the_command_makes_one_without_training(vocabulary: bytes, tmp_path: Path) -> None:
    folder, out = tmp_path / "model", tmp_path / "shop"
    folder.mkdir()
    short_model(vocabulary).write(folder)
    table = tmp_path / "pairs.tsv"
    lines = [f"{each.source}\t{each.target}" for each in TRANSLATIONS]
    table.write_text("\n".join(["source\ttarget", *lines]))
    command = ["models", "adapt", f"en-pt={folder}", str(table), "--output", str(out)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    assert "datastore: from " in result.output
    assert "adapter: from " not in result.output
    assert sorted(path.name for path in out.iterdir()) == ["README.md", ADAPTER, DATASTORE]
    assert "| datastore: likeness" in (out / "README.md").read_text()
    models = [describe_model(f"en-pt={each}") for each in (folder, out)]
    with Translator(models=models) as translator:
        text = TRANSLATIONS[0].source
        said = [
            translator.translate(text, source="en", target="pt", model=name).text
            for name in ("model", "shop")
        ]
    assert said[0] != said[1]
