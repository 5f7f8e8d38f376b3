"""The lexical shortlist: read as it is written, exact in a batch, close to the whole vocabulary."""

import logging
import shutil
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from translator.engine.engine import Engine
from translator.engine.request import Hypothesis, Priority, Request
from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.models.embedded import embedded_models
from translator.models.marian.int8 import Int8EncoderStates
from translator.models.marian.loading import load_marian_folder
from translator.models.marian.shortlist import Shortlist
from translator.precision import Precision

pytestmark = pytest.mark.model

EN_PT = LanguagePair("en", "pt")
FOLDER = dict(embedded_models())[EN_PT]
MAGIC = 0xF11A48D5013417F5
SENTENCES = [
    "Hello.",
    "Where is the train station?",
    "The bakery on the corner opens at seven.",
    "My sister bought a red bicycle for her daughter yesterday.",
    "Rain is expected in the north, but the coast will stay dry until Thursday evening.",
]


def file_of(
    lists: Sequence[Sequence[int]], *, always: int = 2, offsets: Sequence[int] | None = None
) -> bytes:
    entries = [token for part in lists for token in part]
    if offsets is None:
        offsets = [sum(map(len, lists[:n])) for n in range(len(lists) + 1)]
    header = (MAGIC, 0, always, 50, len(offsets), len(entries))
    return struct.pack(f"<6Q{len(offsets)}Q{len(entries)}I", *header, *offsets, *entries)


def test_a_source_may_become_what_its_tokens_and_all_sources_may(tmp_path: Path) -> None:
    path = tmp_path / "lex.bin"
    path.write_bytes(file_of([[], [7, 5], [5, 9], []]))
    shortlist = Shortlist(path, 4, 10)
    assert shortlist.candidates([0]).tolist() == [0, 1]
    assert shortlist.candidates([2, 1, 2]).tolist() == [0, 1, 5, 7, 9]
    assert shortlist.candidates([3, 1]).tolist() == [0, 1, 5, 7]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda data: b"no" + data[2:], "not a lexical shortlist"),
        (lambda data: data[:20], "not a lexical shortlist"),
        (lambda data: data[:-1], "has 107 bytes, expected 108"),
        (lambda data: file_of([[7], [5]]), "is for 2 source tokens .* expected 4 and less than 10"),
        (lambda data: file_of([[10], [], [], []]), "target tokens up to 10"),
        (lambda data: file_of([[7, 5], [], [], []], offsets=[0, 2, 1, 2, 2]), "offsets"),
        (lambda data: file_of([[7, 5], [], [], []], offsets=[0, 2, 2, 2, 1]), "offsets"),
    ],
)
def test_a_damaged_file_is_refused(
    tmp_path: Path, damage: Callable[[bytes], bytes], told: str
) -> None:
    path = tmp_path / "lex.bin"
    path.write_bytes(damage(file_of([[], [7, 5], [5], [9, 8]])))
    with pytest.raises(ModelFilesError, match=told):
        Shortlist(path, 4, 10)


@pytest.fixture(scope="module")
def model(one_thread: None) -> Seq2SeqModel:
    return load_marian_folder(FOLDER, pair=EN_PT, precision="int8", shortlist=True)


def decode(model: Seq2SeqModel, *requests: Request) -> list[Hypothesis]:
    engine = Engine({model.info.name: model})
    for request in requests:
        engine.submit(request)
    outcomes = {o.request.key: o.hypothesis for o in engine.run()}
    return [found for request in requests if (found := outcomes[request.key]) is not None]


def requests_of(model: Seq2SeqModel, priority: Priority = Priority.LIVE) -> list[Request]:
    return [
        Request(
            (str(number), "pt"),
            number,
            model.info.name,
            model.tokenizer(EN_PT).encode_source(text).tokens,
            priority=priority,
        )
        for number, text in enumerate(SENTENCES)
    ]


def test_predictions_are_the_best_of_the_candidates(model: Seq2SeqModel) -> None:
    sources = model.encode([request.source for request in requests_of(model)])
    hidden = 2 * torch.randn(len(sources), 256, generator=torch.Generator().manual_seed(3))
    lists = [s.candidates for s in sources if isinstance(s, Int8EncoderStates)]
    drafted = [int(found[len(found) // 2]) for found in lists if found is not None]
    absent = next(t for t in range(32_000) if lists[1] is not None and t not in lists[1])
    drafted[1] = absent
    prediction = model.predict(hidden, drafted, sources=sources)
    for row, found in enumerate(lists):
        assert found is not None
        scores = model.logits(hidden)[row, found.tolist()].log_softmax(-1)
        assert prediction.tokens[row] == found[int(scores.argmax())]
        assert prediction.log_probabilities[row] == pytest.approx(float(scores.max()), abs=1e-4)
        if row != 1:
            place = found.tolist().index(drafted[row])
            expected = pytest.approx(float(scores[place]), abs=1e-3)
            assert prediction.draft_log_probabilities[row] == expected
    assert prediction.draft_log_probabilities[1] < -1e29


@pytest.mark.parametrize("priority", [Priority.LIVE, Priority.UNARY])
def test_alone_is_batched_and_a_draft_changes_nothing(
    model: Seq2SeqModel, priority: Priority
) -> None:
    requests = requests_of(model, priority)
    alone = [decode(model, request)[0] for request in requests]
    assert decode(model, *requests) == alone
    # Drafts of which some hold to the end, some partly and some not at all.
    drafted = [
        Request(
            r.key, r.version, r.model, r.source, draft=(*h.tokens[: 2 * n], 9), priority=priority
        )
        for n, (r, h) in enumerate(zip(requests, alone, strict=True))
    ]
    assert [h.tokens for h in decode(model, *drafted)] == [h.tokens for h in alone]


def test_it_says_nearly_always_what_the_whole_vocabulary_says(model: Seq2SeqModel) -> None:
    whole = load_marian_folder(FOLDER, pair=EN_PT, precision="int8")
    requests = requests_of(model)
    same = [
        a.tokens == b.tokens
        for a, b in zip(decode(model, *requests), decode(whole, *requests), strict=True)
    ]
    assert sum(same) >= len(same) - 1


def test_a_folder_without_one_looks_at_all_tokens_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("lex*"))
    with caplog.at_level(logging.INFO):
        model = load_marian_folder(folder, pair=EN_PT, precision="int8", shortlist=True)
    assert "no lex*.bin" in caplog.text
    assert len(decode(model, *requests_of(model))) == len(SENTENCES)


@pytest.mark.parametrize("precision", ["auto", "int8"])
def test_a_damaged_one_is_no_reason_for_another_precision(
    precision: Precision, tmp_path: Path
) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(FOLDER, folder)
    path = next(folder.glob("lex*.bin"))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelFilesError, match="expected"):
        load_marian_folder(folder, pair=EN_PT, precision=precision, shortlist=True)
    # It is not read where nobody asks for it.
    assert load_marian_folder(folder, pair=EN_PT, precision=precision).info.pairs == (EN_PT,)
