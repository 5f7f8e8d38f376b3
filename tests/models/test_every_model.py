"""What ``Seq2SeqModel`` promises, of every kind of model there is."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest
import torch

from tests.models.reference import greedy
from tests.models.tiny_transformers import TEXTS, TINY
from translator.engine.engine import Engine
from translator.engine.request import Hypothesis, Priority, Request
from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel
from translator.models.embedded import embedded_models
from translator.models.huggingface.compiled import CompiledModel
from translator.models.huggingface.loading import load_transformers_model
from translator.models.huggingface.model import TransformersModel
from translator.models.loading import load_model
from translator.models.marian.int8 import Int8Model
from translator.models.marian.loading import load_marian_folder
from translator.models.marian.recurrent import RecurrentModel
from translator.testing import FakeModel
from translator.text.tokens import Tokenizer

pytestmark = pytest.mark.model

WORDS = " ".join(TEXTS).split()
THOROUGH = pytest.mark.thorough


@dataclass(frozen=True)
class Case:
    """A model, with texts that it is asked for."""

    model: Seq2SeqModel
    texts: tuple[str, ...]
    known: dict[tuple[int, ...], tuple[int, ...]] = field(default_factory=dict, repr=False)
    has_dynamic_bytes: bool = False
    is_compiled: bool = False

    @property
    def tokenizer(self) -> Tokenizer:
        return self.model.tokenizer(self.model.info.pairs[0])

    @property
    def start(self) -> tuple[int, ...]:
        return self.tokenizer.target_start

    @property
    def sources(self) -> list[tuple[int, ...]]:
        return [self.tokenizer.encode_source(text).tokens for text in self.texts]

    def alone(self, source: Sequence[int]) -> tuple[int, ...]:
        """Its translation, with the tokens that it begins with."""
        source = tuple(source)
        if source not in self.known:
            self.known[source] = (*self.start, *greedy(self.model, [source])[0])
        return self.known[source]


# Some families have the same network, whose positions are computed, learned or none. What
# `test_huggingface.py` compares with the library is of every family.
NETWORKS = ("marian", "nllb", "mbart50", "t5")
KINDS = [
    *("fake", "embedded", "int8", "converted"),
    *(pytest.param(name, marks=() if name in NETWORKS else THOROUGH) for name in TINY),
    *(pytest.param(f"{name} int8", marks=() if name in NETWORKS else THOROUGH) for name in TINY),
]
# Their tokenizers differ.
every_tokenizer = pytest.mark.parametrize(
    "case", ["fake", "embedded", "int8", "converted", *TINY], indirect=True
)


@pytest.fixture(scope="module", params=KINDS)
def case(
    request: pytest.FixtureRequest,
    embedded: dict[LanguagePair, RecurrentModel],
    converted: dict[LanguagePair, Path],
    tiny_folders: dict[str, Path],
    transformers_models: dict[str, TransformersModel],
) -> Case:
    model: Seq2SeqModel
    if request.param == "fake":
        model = FakeModel()
    elif request.param == "embedded":
        model = embedded[LanguagePair("en", "pt")]
    elif request.param == "int8":
        pair = LanguagePair("en", "pt")
        model = load_marian_folder(dict(embedded_models())[pair], pair=pair, precision="int8")
    elif request.param == "converted":
        model = load_model(f"pt-en={converted[LanguagePair('pt', 'en')]}")
    elif request.param.endswith(" int8"):
        name = request.param.removesuffix(" int8")
        folder = str(tiny_folders[name])
        model = load_transformers_model(folder, pair=TINY[name].pair, precision="int8")
    else:
        model = transformers_models[request.param]
    random = Random(5)
    texts = [" ".join(random.sample(WORDS, length)) for length in (3, 1, 9, 5, 16, 2)]
    in_eight_bits = request.param.endswith("int8")
    return Case(
        model,
        tuple(texts),
        is_compiled=isinstance(model, CompiledModel | Int8Model),
        has_dynamic_bytes=in_eight_bits and not isinstance(model, CompiledModel | Int8Model),
    )


def decode(model: Seq2SeqModel, *requests: Request) -> list[tuple[Hypothesis, int]]:
    """What the engine makes of requests that arrive together, and its decoder passes for each."""
    engine = Engine({model.info.name: model})
    for request in requests:
        engine.submit(request)
    outcomes = {outcome.request.version: outcome for outcome in engine.run()}
    return [
        (hypothesis, outcomes[n].timing.steps_run)
        for n in range(len(requests))
        if (hypothesis := outcomes[n].hypothesis) is not None
    ]


def asked(
    case: Case, source: Sequence[int], draft: Sequence[int] = (), version: int = 0
) -> Request:
    name = case.model.info.name
    return Request((str(version), "x"), version, name, tuple(source), case.start, tuple(draft))


def close(case: Case, actual: torch.Tensor, expected: torch.Tensor) -> None:
    """The same, bit by bit if it is compiled, else but for the order of float sums. Where that
    decides between two bytes, a row of T5 in eight bits is another by as much as they make of it.
    """
    if case.is_compiled:
        torch.testing.assert_close(actual, expected, atol=0, rtol=0)
    elif case.has_dynamic_bytes:
        alike = torch.nn.functional.cosine_similarity(actual, expected, dim=-1)
        assert alike.min() > 0.99
    else:
        torch.testing.assert_close(actual, expected, atol=1e-4, rtol=1e-4)


def test_sources_of_mixed_length_in_one_batch_translate_as_alone(case: Case) -> None:
    batched = greedy(case.model, case.sources)
    assert batched == [greedy(case.model, [source])[0] for source in case.sources]
    assert len(set(batched)) > len(batched) // 2
    engine = decode(
        case.model, *(asked(case, source, version=n) for n, source in enumerate(case.sources))
    )
    assert [h.tokens for h, _ in engine] == [(*case.start, *target) for target in batched]


def test_padding_changes_neither_encoder_states_nor_hidden_nor_alignment(case: Case) -> None:
    targets = [case.alone(source) for source in case.sources]
    together = case.model.encode(case.sources)
    prefill = case.model.prefill(together, targets)
    assert (prefill.alignment is not None) == case.model.info.supports_alignment
    for i, (source, target) in enumerate(zip(case.sources, targets, strict=True)):
        (alone,) = case.model.encode([source])
        assert alone.num_tokens == together[i].num_tokens == len(source)
        single = case.model.prefill([alone], [target])
        length = len(target) + 1
        close(case, prefill.hidden[i, :length], single.hidden[0])
        if prefill.alignment is not None and single.alignment is not None:
            aligned = prefill.alignment[i, :length]
            close(case, aligned[:, : len(source)], single.alignment[0])
            assert aligned[:, len(source) :].count_nonzero() == 0
            torch.testing.assert_close(aligned.sum(-1), torch.ones(length), atol=1e-4, rtol=1e-4)


def test_prefill_predicts_at_every_position_what_step_predicts_there(case: Case) -> None:
    for source in case.sources:
        target = case.alone(source)
        states = case.model.encode([source])
        whole = case.model.prefill(states, [target])
        predicted = case.model.logits(whole.hidden[0]).argmax(dim=-1).tolist()
        assert tuple(predicted[len(case.start) : len(target)]) == target[len(case.start) :]
        batch = case.model.new_batch()
        batch.load(0, states[0], case.model.prefill(states, [()]), 0, 0)
        for i, token in enumerate(target, start=1):
            output = batch.step(torch.tensor([token]))
            close(case, output.hidden[0], whole.hidden[0, i])
            if output.alignment is not None and whole.alignment is not None:
                close(case, output.alignment[0], whole.alignment[0, i])


def test_decoding_goes_on_from_any_position_of_a_draft(case: Case) -> None:
    source, other = case.sources[0], case.sources[2]
    target = case.alone(source)
    (engine, *_) = decode(case.model, asked(case, source))
    states = case.model.encode([other, source])
    batch = case.model.new_batch()
    rows, hiddens = [], []
    # The rest of the draft is wrong on purpose: what comes after the position must not matter.
    for row, position in enumerate(range(len(case.start), len(target))):
        draft = [*target[:position], 4, 4, 4]
        prefill = case.model.prefill(states, [case.alone(other), draft])
        batch.load(row, states[1], prefill, 1, position)
        hiddens.append(prefill.hidden[1, position])
        rows.append(list(target[:position]))
    hidden, running = torch.stack(hiddens), rows
    while running:
        tokens = case.model.logits(hidden).argmax(dim=-1)
        for continued, token in zip(running, tokens.tolist(), strict=True):
            continued.append(token)
        # The last row has the least to say.
        running = [continued for continued in running if len(continued) < len(target)]
        if running:
            hidden = batch.step(tokens[: len(running)]).hidden
    assert {tuple(continued) for continued in rows} == {target, engine[0].tokens}


@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_arrival_and_any_row_give_the_same_translations(case: Case, seed: int) -> None:
    random = Random(seed)
    waiting = random.sample(case.sources * 2, 2 * len(case.sources))
    batch = case.model.new_batch()
    rows: list[tuple[tuple[int, ...], list[int]]] = []
    while waiting or rows:
        arrivals = random.randint(0 if rows else 1, 3)
        for source in waiting[:arrivals]:
            states = case.model.encode([source])
            prefill = case.model.prefill(states, [case.start])
            row = len(rows)
            if rows and random.random() < 0.5:
                # The newcomer takes any row, and the one that was there moves to the end.
                row = random.randrange(len(rows))
                batch.move(row, len(rows))
                rows.append(rows[row])
            batch.load(row, states[0], prefill, 0, len(case.start))
            first = int(case.model.logits(prefill.hidden[:, len(case.start)]).argmax())
            rows[row : row + 1] = [(source, [*case.start, first])]
        waiting = waiting[arrivals:]
        for row in reversed(range(len(rows))):
            source, target = rows[row]
            alone = case.alone(source)
            if len(target) >= len(alone):
                assert tuple(target)[: len(alone)] == alone
                if row != len(rows) - 1:
                    batch.move(len(rows) - 1, row)
                    rows[row] = rows[-1]
                rows.pop()
        if rows:
            output = batch.step(torch.tensor([target[-1] for _, target in rows]))
            for (_, target), token in zip(
                rows, case.model.logits(output.hidden).argmax(dim=-1).tolist(), strict=True
            ):
                target.append(token)


def test_a_batch_grows_past_its_first_rows_and_source_length(case: Case) -> None:
    long = case.tokenizer.encode_source(" ".join(WORDS)).tokens
    assert len(long) > 40
    sources = [case.sources[1]] * 9 + [long] + [case.sources[0]] * 9
    outputs = greedy(case.model, sources)
    alone = [greedy(case.model, [source])[0] for source in sources[8:11]]
    assert outputs == [alone[0]] * 9 + [alone[1]] + [alone[2]] * 9


def test_rows_beyond_the_tokens_stand_still(case: Case) -> None:
    source = case.sources[2]
    target = (*case.start, *case.tokenizer.encode_target(case.texts[4]))
    states = case.model.encode([source])
    prefill = case.model.prefill(states, [target])
    batch = case.model.new_batch()
    batch.load(0, states[0], prefill, 0, 4)
    batch.load(1, states[0], prefill, 0, 2)
    batch.step(torch.tensor([target[4]]))
    both = batch.step(torch.tensor([target[5], target[2]]))
    close(case, both.hidden, prefill.hidden[0, [6, 3]])


def test_a_source_that_grows_is_translated_with_drafts_as_it_is_at_once(case: Case) -> None:
    words = case.texts[4].split()
    drafts: dict[str, tuple[int, ...]] = {"": ()}
    for length in (1, 7, len(words)):
        source = case.tokenizer.encode_source(" ".join(words[:length])).tokens
        requests = [asked(case, source, d, version=n) for n, d in enumerate(drafts.values())]
        answers = decode(case.model, *requests)
        assert {hypothesis.tokens for hypothesis, _ in answers} == {case.alone(source)}
        said = answers[0][0].tokens[len(case.start) :]
        # All of it right, wrong in its middle, wrong at once, and too long.
        middle = len(said) // 2
        drafts = {
            "right": said,
            "middle": (*said[:middle], 4, *said[middle + 1 :]),
            "wrong": (4, 5, *said),
            "long": (*said, 4, 5, 6),
            "none": (),
        }
        again = decode(
            case.model, *(asked(case, source, d, version=n) for n, d in enumerate(drafts.values()))
        )
        assert {hypothesis.tokens for hypothesis, _ in again} == {case.alone(source)}
        steps = dict(zip(drafts, (steps for _, steps in again), strict=True))
        assert steps["right"] == 1 <= steps["middle"] <= steps["none"]


def test_a_target_prefix_is_kept_and_the_rest_does_not_depend_on_how_it_was_found(
    case: Case,
) -> None:
    source = case.sources[2]
    words = case.tokenizer.encode_target(case.texts[3])
    prefix = (*case.start, *words)
    request = Request(("s", "x"), 0, case.model.info.name, source, prefix)
    ((hypothesis, _),) = decode(case.model, request)
    assert hypothesis.tokens[: len(prefix)] == prefix
    states = case.model.encode([source])
    batch = case.model.new_batch()
    batch.load(0, states[0], case.model.prefill(states, [()]), 0, 0)
    hidden = torch.empty(0)
    for token in prefix:
        hidden = batch.step(torch.tensor([token])).hidden
    for expected in hypothesis.tokens[len(prefix) :]:
        assert int(case.model.logits(hidden).argmax()) == expected
        hidden = batch.step(torch.tensor([expected])).hidden


@every_tokenizer
def test_tokens_cover_the_text_from_left_to_right_and_what_is_added_is_of_no_text(
    case: Case,
) -> None:
    for text in (*case.texts, "the  boat,\u200b at   noon", "", "naïve 漢字 x"):
        encoded = case.tokenizer.encode_source(text)
        assert len(encoded.tokens) == len(encoded.spans)
        assert encoded.tokens[-1] == case.tokenizer.eos_id
        assert encoded.spans[-1] == (len(text), len(text))
        reached = 0
        for start, end in encoded.spans[:-1]:
            assert reached == start <= end
            reached = end
        assert not text[reached:].strip()
    assert all(case.tokenizer.piece(t) == "" for t in (case.tokenizer.eos_id, *case.start))


@every_tokenizer
def test_target_text_comes_back_from_its_tokens(case: Case) -> None:
    for text in case.texts:
        tokens = case.tokenizer.encode_target(text)
        assert "".join(case.tokenizer.piece(token) for token in tokens).strip() == text


@every_tokenizer
def test_a_longest_target_leaves_room_for_the_source(case: Case) -> None:
    assert case.model.max_target_tokens(1) > 4
    assert case.model.max_target_tokens(10) >= case.model.max_target_tokens(3)


def test_runners_up_are_the_second_best_of_the_scores_and_change_nothing(case: Case) -> None:
    source = case.sources[2]
    expected = case.alone(source)
    plain = asked(case, source, version=0)
    asking = replace(asked(case, source, version=1), priority=Priority.UNARY, runners_up=True)
    (live, _), (told, _) = decode(case.model, plain, asking)
    assert live.tokens == told.tokens == expected
    assert live.runners_up == ()
    first = len(case.start)
    # What the length limit ended has no end of sentence.
    num_positions = len(expected) - first + (not told.truncated)
    assert len(told.runners_up) == num_positions
    # Which adds up in another order.
    by_torch = replace(case, is_compiled=False)
    states = case.model.encode([source])
    hidden = case.model.prefill(states, [expected]).hidden[0, first : first + num_positions]
    scores = torch.log_softmax(case.model.logits(hidden), -1)
    values, tokens = scores.topk(2)
    close(by_torch, torch.tensor([r.log_probability for r in told.runners_up]), values[:, 1])
    # Which of two that are equally probable is the second does not matter.
    chosen = torch.tensor([r.token for r in told.runners_up])
    close(by_torch, scores.gather(-1, chosen[:, None])[:, 0], values[:, 1])
    assert (chosen != tokens[:, 0]).all()
    if not told.truncated:
        close(by_torch, torch.tensor(told.end_log_probability), values[-1, 0])
