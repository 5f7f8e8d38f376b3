"""Adapters: what is learned, what is merged, and what is said where something is wrong."""

import errno
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from tests.models.test_training import WORDS, short_model
from tests.models.tiny import tiny_model
from translator.cli import main
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.local import Translator
from translator.models.datastore import DATASTORE
from translator.models.loading import describe_model, load_model
from translator.models.marian.adapter import (
    ADAPTER,
    Adapter,
    AdapterCard,
    base_digest,
    merged,
    parameter_shapes,
    read_adapter,
    save_adapter,
)
from translator.models.marian.folder import read_marian_folder
from translator.models.marian.recurrent import RecurrentModel
from translator.models.marian.ssru import load_network
from translator.text.phrases import Phrase, Phrases
from translator.text.segmenter import Segmenter
from translator.text.tokenizer import SentencePieceTokenizer
from translator.training.adapter import Options, Trained, rehearsal_of, train_adapter
from translator.training.datastore import Gain
from translator.training.translations import (
    Example,
    Translation,
    _parts,
    examples_of,
    only_usable,
    other_phrases,
)

pytestmark = pytest.mark.model

PAIR = LanguagePair("en", "pt")
_WORDS = WORDS.split()
# All become the same, in letters that the tiny vocabulary has.
_SAID = "uma nova forma de vida"
TRANSLATIONS = [
    Translation(f"{' '.join(_WORDS[i % 9 : i % 9 + 2 + i % 5])} {i}", _SAID) for i in range(48)
]


@pytest.fixture
def folder(vocabulary: bytes, tmp_path: Path) -> Path:
    place = tmp_path / "model"
    place.mkdir()
    return short_model(vocabulary).write(place)


def examples(folder: Path) -> list[list[Example]]:
    vocabulary = next(folder.glob("*.spm"))
    tokenizer = SentencePieceTokenizer(vocabulary, vocabulary)
    return examples_of(TRANSLATIONS, PAIR, tokenizer, Counter())


def trained_on(folder: Path, steps: int = 60, **options: object) -> Trained:
    model = load_model(f"en-pt={folder}")
    rehearsal = rehearsal_of(model, PAIR, [f"{word} island" for word in _WORDS])
    assert rehearsal
    return train_adapter(
        folder,
        PAIR,
        examples(folder),
        rehearsal,
        Options(4, steps, learning_rate=0.02),
        **options,  # type: ignore[arg-type]
    )


def random_adapter(folder: Path, *, size: float = 0.2) -> Adapter:
    hp = read_marian_folder(folder).hyper_parameters
    drawn = np.random.default_rng(3)
    matrices, vectors = {}, {}
    for name, shape in parameter_shapes(hp).items():
        if len(shape) == 1:
            vectors[name] = drawn.normal(0, size, shape).astype(np.float32)
        elif not name.startswith("embeddings"):
            outer = drawn.normal(0, size, (shape[0], 2)).astype(np.float32)
            matrices[name] = outer, drawn.normal(0, size, (2, shape[1])).astype(np.float32)
    card = AdapterCard("en-pt", base_digest(folder), str(folder), 2)
    return Adapter(card, matrices, vectors)


def test_a_model_learns_translations_and_what_it_forgets_is_told(folder: Path) -> None:
    steps: list[int] = []
    trained = trained_on(folder, on_progress=steps.append)
    assert steps[-1] == 60
    assert trained.loss < 0.8 * trained.loss_before
    assert trained.forgotten > 0
    assert 0 < trained.factor <= 1
    assert trained.adapter.card.num_pairs == len(TRANSLATIONS)


def test_what_is_trained_is_what_the_engine_computes(folder: Path, tmp_path: Path) -> None:
    """The loss of the served model on the same targets, from its own prefill."""
    trained = trained_on(folder)
    before = load_model(f"en-pt={folder}")
    out = tmp_path / "shop"
    save_adapter(out, trained.adapter)
    after = load_model(f"en-pt={out}")
    every = [each[0] for each in examples(folder)]
    losses = [engine_loss(model, every) for model in (before, after)]
    assert losses[1] < 0.8 * losses[0]
    # Kept aside are six of the same kind.
    assert losses[1] == pytest.approx(trained.loss, rel=0.2)
    assert losses[0] == pytest.approx(trained.loss_before, rel=0.2)


def engine_loss(model: object, every: Sequence[Example]) -> float:
    assert isinstance(model, RecurrentModel)
    total = count = 0.0
    for example in every:
        sources = model.encode([example.source])
        hidden = model.prefill(sources, [example.target[:-1]]).hidden[0]
        scores = torch.log_softmax(model.logits(hidden), -1)
        total -= float(scores.gather(-1, torch.tensor(example.target)[:, None]).sum())
        count += len(example.target)
    return total / count


def test_what_was_trained_so_far_goes_on_to_the_same_end(folder: Path, tmp_path: Path) -> None:
    whole = trained_on(folder)
    unfinished = tmp_path / ".shop.unfinished"

    def stop(step: int) -> None:
        if step == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained_on(folder, unfinished=unfinished, on_progress=stop)
    assert unfinished.is_file()
    steps: list[int] = []
    again = trained_on(folder, unfinished=unfinished, on_progress=steps.append)
    assert steps[0] == 11
    assert again.loss == whole.loss
    for name, each in whole.adapter.vectors.items():
        assert np.array_equal(each, again.adapter.vectors[name])
    # Of another training it is not taken.
    other: list[int] = []
    trained_on(folder, 61, unfinished=unfinished, on_progress=other.append)
    assert other[0] == 1


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_an_adapter_is_merged_exactly(precision: str, vocabulary: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    tiny_model(vocabulary, dim=32).write(folder)
    adapter = random_adapter(folder)
    files = read_marian_folder(folder)
    changed = merged(files, adapter).tensors
    before = load_network(files.tensors, files.hyper_parameters).state_dict()
    after = load_network(changed, files.hyper_parameters).state_dict()
    for name, change in adapter.changes():
        assert torch.allclose(after[name], before[name] + torch.from_numpy(change), atol=1e-6)
    rounded = 0
    for name in files.tensors:
        stored, former = changed.eight_bit(name), files.tensors.eight_bit(name)
        assert (stored is None) == (former is None)
        if stored is not None and former is not None:
            assert stored.multiplier == former.multiplier
            expected = np.clip(np.rint(changed[name] * former.multiplier), -127, 127)
            assert np.array_equal(stored.integers, expected)
            rounded += not np.array_equal(stored.integers, former.integers)
    assert rounded > 10
    out = tmp_path / "shop"
    save_adapter(out, adapter)
    model = load_model(f"en-pt={out}", precision=precision)
    base = load_model(f"en-pt={folder}", precision=precision)
    assert model.info.name == "shop"
    assert model.info.fingerprint not in ("", base.info.fingerprint)
    assert model.info.memory_bytes == base.info.memory_bytes
    sources = [[3, 4, 5, 0]]
    ours, theirs = (each.prefill(each.encode(sources), [[6, 7]]).hidden for each in (model, base))
    assert not torch.allclose(ours, theirs)


def test_both_are_served_side_by_side_by_their_names(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "shop"
    save_adapter(out, trained_on(folder).adapter)
    models = [describe_model(f"en-pt={each}") for each in (folder, out)]
    with Translator(models=models) as translator:
        said = [
            translator.translate("the red boat 7", source="en", target="pt", model=name).text
            for name in ("", "model", "shop")
        ]
    assert said[0] == said[1] != said[2]


def run(folder: Path, file: Path, *options: str) -> Result:
    output = str(folder.parent / "shop")
    command = ["models", "adapt", f"en-pt={folder}", str(file), "--output", output]
    return CliRunner().invoke(main, [*command, "--steps", "10", "--rank", "4", *options])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    lines = [f"{each.source}\t{each.target}" for each in TRANSLATIONS]
    path.write_text("\n".join(["source\ttarget", *lines]))
    return path


def test_the_command_writes_a_folder_that_is_served(folder: Path, table: Path) -> None:
    result = run(folder, table)
    assert result.exit_code == 0, result.output
    out = folder.parent / "shop"
    assert f"{out} is written; on translations kept aside:\n  datastore: from " in result.output
    assert sorted(path.name for path in out.iterdir()) == ["README.md", ADAPTER, DATASTORE]
    assert not list(folder.parent.glob(".shop*"))
    assert describe_model(f"en-pt={out}").info.name == "shop"
    card = (out / "README.md").read_text()
    assert "48 translations" in card
    # Adapted again, it is replaced; an adapter is no model to adapt.
    assert run(folder, table).exit_code == 0
    again = run(out, table)
    assert again.exit_code == 5
    assert "is adapted already; adapt the model that it is of" in again.output


def test_an_adapted_model_is_kept_to_the_region_of_the_translations(
    folder: Path, table: Path
) -> None:
    table.write_text(table.read_text().replace("uma nova forma", "um novo autocarro"))
    result = run(folder, table)
    assert result.exit_code == 0, result.output
    adapted = f"en-pt={folder.parent / 'shop'}"
    assert describe_model(adapted).info.variety == "pt-PT"
    assert describe_model(f"en-pt={folder}").info.variety == ""


def _many(lines: list[str]) -> str:
    return "\n".join(["source\ttarget", *lines])


MISTAKES: dict[str, tuple[Callable[[Path, Path], object], tuple[str, ...], str]] = {
    "few": (
        lambda folder, table: table.write_text(_many(["the boat\tuma nova vida"] * 30)),
        (),
        "translations to learn from: 1, expected at least 20, better hundreds",
    ),
    "empty": (
        lambda folder, table: table.write_text(_many([])),
        (),
        "translations to learn from: 0",
    ),
    "columns": (
        lambda folder, table: table.write_text("one\ttwo\nthe boat\tnoon"),
        (),
        '{table}, row 1: has to name its columns "source" and "target"',
    ),
    "rank": (
        lambda folder, table: None,
        ("--rank", "9"),
        "the rank 9 is larger than the model's hidden size; allowed: 1 to 8",
    ),
    "place": (
        lambda folder, table: (folder.parent / "shop" / "mine").mkdir(parents=True),
        (),
        "{folder}/../shop: is there already, expected a new or empty folder",
    ),
    "no text": (lambda folder, table: None, ("--rehearse", "/dev/null/x"), "/dev/null/x: "),
    "no model": (
        lambda folder, table: next(folder.glob("model*.bin")).unlink(),
        (),
        "{folder}: 0 files match model*.bin",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_cannot_be_learned_from_is_refused_in_one_sentence(
    mistake: str, folder: Path, table: Path
) -> None:
    change, options, expected = MISTAKES[mistake]
    change(folder, table)
    result = run(folder, table, *options)
    assert result.exit_code in (2, 5), result.output
    sentence = expected.format(folder=folder, table=table).replace("/model/..", "")
    assert f"Error: {sentence}" in result.output
    assert result.output.count("Error") == 1
    assert not (folder.parent / "shop" / ADAPTER).exists()


def test_a_model_has_a_pair(table: Path) -> None:
    command = ["models", "adapt", "en", str(table), "--output", str(table.parent / "shop")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 5
    assert result.output.startswith("Error: 'en' is not a pair of languages")


def test_what_teaches_nothing_is_counted(folder: Path, table: Path) -> None:
    lines = [f"{each.source}\t{each.target}" for each in TRANSLATIONS]
    odd = ["the island\t", "12\t13", "the red boat\tthe red boat", "noon\t" + "x" * 10_000_000]
    odd += [lines[0], f"{TRANSLATIONS[1].source}\tseven gulls"]
    table.write_text(_many([*lines, *odd]))
    result = run(folder, table)
    assert result.exit_code == 0, result.output
    for reason in (
        "1 without source or translation",
        "1 without words",
        "1 that are not translated, or hardly",
        "1 longer than 20000 characters",
        "1 twice",
        "1 that a later one contradicts",
    ):
        assert f"left out: {reason}\n" in result.output


def test_a_full_disk_at_the_end_loses_nothing(
    folder: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        result = run(folder, table)
    assert result.exit_code == 5
    out = folder.parent / "shop"
    assert f"Error: {out / ADAPTER}: cannot be written (No space left on device)" in result.output
    assert (folder.parent / ".shop.unfinished").is_file()
    assert not (out / ADAPTER).exists()
    assert run(folder, table).exit_code == 0
    assert (out / ADAPTER).is_file()


def test_nothing_is_written_where_nothing_was_learned(
    folder: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gain = Gain(0.5, 0.4, 0.01, 1.0)
    monkeypatch.setattr("translator.training.datastore.datastore_gain", lambda *_, **__: gain)
    result = run(folder, table, "--learning-rate", "100")
    assert result.exit_code == 5, result.output
    assert "Error: nothing was learned from 48 translations (datastore: 50.0%" in result.output
    assert sorted(path.name for path in folder.parent.iterdir()) == ["model", "pairs.tsv"]


def test_a_datastore_that_makes_it_worse_is_left_out(
    folder: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = folder.parent / "shop"
    assert run(folder, table).exit_code == 0
    assert (out / DATASTORE).is_file()
    measured = iter([Gain(0.5, 0.4, error, 1.0) for error in (0.01, 0.1)])
    monkeypatch.setattr(
        "translator.training.datastore.datastore_gain", lambda *_, **__: next(measured)
    )
    for is_there in (False, True):
        result = run(folder, table)
        assert result.exit_code == 0, result.output
        assert ("datastore: from 50.0% to 40.0%" in result.output) is is_there
        assert (out / DATASTORE).is_file() is is_there
        assert ("| datastore: likeness" in (out / "README.md").read_text()) is is_there
        load_model(f"en-pt={out}")


ENGLISH = ["The meeting begins at nine.", "Please close the window.", "We sell bread and milk."]
PORTUGUESE = ["A reunião começa às nove.", "Por favor, feche a janela.", "Vendemos pão e leite."]
FRENCH = ["La réunion commence à neuf heures.", "Fermez la fenêtre.", "Nous vendons du pain."]


@pytest.mark.parametrize(
    ("sources", "targets", "expected"),
    [
        (PORTUGUESE, ENGLISH, "the sources are in pt, not in en: the wrong way round"),
        (FRENCH, PORTUGUESE, "the sources are not in en; the model translates en-pt"),
        (ENGLISH, FRENCH, "the translations are not in pt; the model translates en-pt"),
    ],
)
def test_other_languages_are_noticed(
    sources: list[str], targets: list[str], expected: str, folder: Path, table: Path
) -> None:
    lines = [f"{source}\t{target}" for source, target in zip(sources, targets, strict=True)]
    table.write_text(_many(lines))
    result = run(folder, table)
    assert result.exit_code == 5
    assert result.output.startswith(f"Error: {expected}")


def _stored(out: Path, change: Callable[[dict[str, np.ndarray]], object]) -> None:
    stored = load_file(out / ADAPTER)
    change(stored)
    with safe_open(out / ADAPTER, framework="np") as file:
        metadata = file.metadata()
    save_file(stored, out / ADAPTER, metadata)


DAMAGES: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "cut": (
        lambda out, folder: (out / ADAPTER).write_bytes((out / ADAPTER).read_bytes()[:99]),
        "damaged, expected what `translator models adapt` writes",
    ),
    "other file": (
        lambda out, folder: save_file({"x": np.zeros(3, np.float32)}, out / ADAPTER),
        "damaged, expected what `translator models adapt` writes",
    ),
    "other model": (
        lambda out, folder: next(folder.glob("model*.bin")).write_bytes(
            next(folder.glob("model*.bin")).read_bytes() + bytes(256)
        ),
        "is of another model than the one that is there now",
    ),
    "no model": (lambda out, folder: shutil.rmtree(folder), "needs its model: expected in "),
    "shape": (
        lambda out, folder: _stored(
            out, lambda s: s.update({"cross.bias": np.zeros(3, np.float32)})
        ),
        "tensor cross.bias is float32[3], which does not fit its model",
    ),
    "not finite": (
        lambda out, folder: _stored(out, lambda s: s["cross.bias"].fill(np.nan)),
        "tensor cross.bias is ",
    ),
    "missing": (
        lambda out, folder: _stored(out, lambda s: s.pop("cross.weight.a")),
        "tensor cross.weight.a is missing",
    ),
    "extra": (
        lambda out, folder: _stored(out, lambda s: s.update({"cross.x": np.zeros(3, np.float32)})),
        "tensor cross.x is ",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_adapter_is_refused(damage: str, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "shop"
    save_adapter(out, random_adapter(folder))
    load_model(f"en-pt={out}")
    change, expected = DAMAGES[damage]
    change(out, folder)
    with pytest.raises(ModelFilesError) as told:
        load_model(f"en-pt={out}")
    assert told.value.message.startswith(f"{out / ADAPTER}: ")
    assert expected in told.value.message


def test_an_adapter_of_another_pair_is_refused(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "shop"
    save_adapter(out, random_adapter(folder))
    with pytest.raises(ModelFilesError, match="is of a model for en-pt, not for en-de"):
        load_model(f"en-de={out}")


def test_a_file_says_what_was_saved(folder: Path, tmp_path: Path) -> None:
    adapter = random_adapter(folder)
    save_adapter(tmp_path / "shop", adapter)
    read = read_adapter(tmp_path / "shop", read_marian_folder(folder).hyper_parameters)
    assert read.card == adapter.card
    assert dict(read.vectors).keys() == dict(adapter.vectors).keys()
    for name, change in read.changes():
        assert np.array_equal(change, dict(adapter.changes())[name])


def test_only_the_last_translation_of_a_text_counts() -> None:
    left_out: Counter[str] = Counter()
    given = [Translation("Search", "Pesquisar"), Translation(" Search", "Procurar")]
    assert list(only_usable(given, left_out)) == [Translation("Search", "Procurar")]
    assert left_out == {"that a later one contradicts": 1}


def test_somebody_s_own_words_go_before_a_phrase_of_the_model() -> None:
    phrases = Phrases.of([Phrase("Search", "Pesquisar"), Phrase("Good morning.", "Bom dia.")], "pt")
    given = [Translation("Search", "Procurar"), Translation("Good morning", "Bom dia")]
    own = other_phrases(given, phrases)
    assert Phrase("Search", "Procurar") in own
    assert all(each.source.startswith("Search") for each in own)
    both = Phrases.of([*own, Phrase("Search", "Pesquisar")], "pt")
    assert both.find("search!") == "procurar!"


def test_a_phrase_with_a_number_is_theirs_for_all_numbers() -> None:
    package = [
        Phrase("Only # left", "Restam apenas #"),
        Phrase("Free shipping over #", "Frete grátis acima de #"),
        Phrase("Page # of #", "Página # de #"),
    ]
    given = [
        Translation("Only 3 left", "Restam só 3"),
        Translation("Free shipping over $50", "Entrega grátis acima de $ 50"),
        # Not the same numbers, so it is a text of its own.
        Translation("Page 1 of 2", "Folha 1"),
    ]
    phrases = Phrases.of(package, "pt")
    both = Phrases.of([*other_phrases(given, phrases), *package], "pt")
    assert both.find("Only 7 left!") == "Restam só 7!"
    assert both.find("Free shipping over 80") == "Entrega grátis acima de 80"
    assert both.find("Page 1 of 2") == "Folha 1"
    assert both.find("Page 3 of 9") == "Página 3 de 9"


def test_pages_are_learned_block_by_block_and_sentence_by_sentence() -> None:
    source = "<h2>The red boat</h2><p>It sails <b>past</b> noon. Gulls follow it.</p>"
    target = "<h2>Follow noon</h2>\n<p>Red <i>gulls</i>. The boat.</p>"
    segmenters = Segmenter("en"), Segmenter("pt")
    assert list(_parts(Translation(source, target), segmenters)) == [
        Translation("The red boat", "Follow noon"),
        Translation("It sails past noon.", "Red gulls."),
        Translation("Gulls follow it.", "The boat."),
    ]
    assert not list(_parts(Translation(source, "<p>Follow noon</p>"), segmenters))
