"""What policies commit and show, on hypotheses written by hand and on the fake model's."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translator.policy.base import Decision, Observation, Policy, TargetWord
from translator.policy.final_only import FinalOnly
from translator.policy.local_agreement import LocalAgreement
from translator.policy.prefix import common_words_length
from translator.policy.retranslation import Retranslation
from translator.testing import fake_translation
from translator.text.words import count_words, strip_final_punctuation, word_ends

pytestmark = pytest.mark.unit

POLICIES = [
    FinalOnly(),
    LocalAgreement(2),
    LocalAgreement(3),
    LocalAgreement(5),
    Retranslation(),
    Retranslation(2),
]
SOURCES = st.lists(
    st.sampled_from(["a", "b", "big", "3.5", ",", ".", "!", '"', "d'água", "é", "日本", " ", " "]),
    max_size=20,
).map("".join)


def observe(
    text: str,
    source: str,
    *,
    known: int = 0,
    tentative: bool = False,
    complete: bool = False,
) -> Observation:
    return Observation(
        text=text,
        committed_length=known,
        words=[TargetWord(end) for end in word_ends(text, known)],
        source_text=source,
        num_source_words=count_words(source),
        source_is_committed=not tentative,
        source_is_complete=complete,
    )


def decide(policy: Policy, *observations: tuple[str, str]) -> list[tuple[str, str]]:
    """Committed and shown text after each of (source, hypothesis)."""
    policy.start_segment()
    decided = []
    known = 0
    for source, text in observations:
        decision = policy.decide(observe(text, source, known=known))
        known = decision.committed_length
        decided.append((text[:known], text[: decision.shown_length]))
    return decided


# Rules that hold for every policy


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)
def test_a_complete_source_commits_everything(policy: Policy) -> None:
    policy.start_segment()
    assert policy.decide(observe("A B~.", "a b", known=1, complete=True)) == Decision(5, 5)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)
def test_a_tentative_source_commits_nothing(policy: Policy) -> None:
    policy.start_segment()
    for count in range(1, 9):
        source = " ".join("abcdefgh"[:count])
        decision = policy.decide(observe("A B C", source, known=1, tentative=True))
        assert decision.committed_length == 1


@pytest.mark.parametrize("n", [2, 3])
def test_tentative_hypotheses_do_not_count_as_agreement(n: int) -> None:
    policy = LocalAgreement(n)
    policy.start_segment()
    for count in range(2, 8):
        policy.decide(observe("A B C", " ".join("abcdefgh"[:count]), tentative=True))
    assert policy.decide(observe("A B C", "a b c d e f g h")).committed_length == 0


@pytest.mark.parametrize(
    "policy",
    [LocalAgreement(2), LocalAgreement(3), Retranslation()],
    ids=lambda policy: type(policy).__name__,
)
def test_invented_final_punctuation_is_neither_committed_nor_shown(policy: Policy) -> None:
    decided = decide(policy, *((source, "A B.") for source in ("a", "a b", "a b c", "a b c d")))
    assert all("." not in shown for _, shown in decided)
    assert decided[-1][1] == "A B"


def test_punctuation_that_the_source_has_is_committed() -> None:
    observations = [("a b.", "A B."), ("a b. c.", "A B. C."), ("a b. c. d.", "A B. C. D.")]
    assert decide(LocalAgreement(2), *observations)[-1] == ("A B. C.", "A B. C. D.")


def test_punctuation_inside_a_hypothesis_is_not_held_back() -> None:
    observations = [("a. b", "A. B~."), ("a. b c", "A. B C~."), ("a. b c d", "A. B C D~.")]
    assert [c for c, _ in decide(LocalAgreement(2), *observations)] == ["", "A.", "A. B"]


class Eager(Policy):
    """Calls a given length stable, whatever is there."""

    def __init__(self, length: int) -> None:
        self.length = length

    def start_segment(self) -> None:
        pass

    def stable_length(self, observation: Observation) -> int:
        return self.length


@pytest.mark.parametrize(
    ("length", "committed"), [(0, ""), (4, ""), (5, "Hello"), (8, "Hello,"), (99, "Hello, big sea")]
)
def test_what_is_stable_is_cut_back_to_whole_words(length: int, committed: str) -> None:
    assert decide(Eager(length), ("a b c", "Hello, big sea."))[0][0] == committed


@given(st.sampled_from(POLICIES), st.lists(st.tuples(SOURCES, st.booleans()), max_size=10))
@settings(deadline=None, max_examples=300)
def test_commits_are_monotone_whole_words_within_what_is_shown(
    policy: Policy, pieces: list[tuple[str, bool]]
) -> None:
    policy.start_segment()
    source = ""
    committed = ""
    for piece, tentative in pieces:
        text = fake_translation(source + piece)
        if not tentative:
            source += piece
        known = len(committed)
        if not text.startswith(committed):
            continue
        decision = policy.decide(observe(text, source, known=known, tentative=tentative))
        assert known <= decision.committed_length <= decision.shown_length <= len(text)
        assert decision.committed_length in {known, *word_ends(text, known)}
        if tentative:
            assert decision.committed_length == known
        committed = text[: decision.committed_length]


@given(st.sampled_from(POLICIES), st.lists(st.text("ab .,!é日", max_size=12), max_size=8))
@settings(deadline=None, max_examples=300)
def test_no_hypothesis_however_odd_breaks_a_rule(policy: Policy, texts: list[str]) -> None:
    policy.start_segment()
    committed = ""
    for count, hypothesis in enumerate(texts, 1):
        text = committed + hypothesis
        decision = policy.decide(observe(text, " ".join("w" * count), known=len(committed)))
        assert len(committed) <= decision.committed_length <= decision.shown_length <= len(text)
        assert decision.shown_length <= max(len(committed), len(strip_final_punctuation(text)))
        committed = text[: decision.committed_length]


# Local agreement


def grow(words: str) -> Iterator[tuple[str, str]]:
    for count in range(1, len(words) + 1):
        source = " ".join(words[:count])
        yield source, fake_translation(source)


@pytest.mark.parametrize(
    ("n", "committed"),
    [
        (2, ["", "A", "A B", "A B C", "A B C D"]),
        (3, ["", "", "A", "A B", "A B C"]),
        (4, ["", "", "", "A", "A B"]),
    ],
)
def test_local_agreement_commits_what_n_hypotheses_share(n: int, committed: list[str]) -> None:
    # The fake model is wrong in its last word, so agreement is one word behind.
    shifted = ["", *committed[:-1]]
    assert [c for c, _ in decide(LocalAgreement(n), *grow("abcde"))] == shifted


def test_hypotheses_of_one_source_length_count_once() -> None:
    observations = [
        ("a", "A B"),
        ("ab", "A B"),
        ("abc", "A B"),
        ("abc d", "A B"),
        ("abc de", "A B"),
    ]
    assert [c for c, _ in decide(LocalAgreement(3), *observations)] == [""] * 5


def test_the_last_hypothesis_of_a_source_length_stands_for_all() -> None:
    observations = [("a", "X Y"), ("ab", "A B"), ("ab c", "A B")]
    assert decide(LocalAgreement(2), *observations)[-1][0] == "A B"
    observations = [("a", "A B"), ("ab", "X Y"), ("ab c", "A B")]
    assert decide(LocalAgreement(2), *observations)[-1][0] == ""


def test_agreement_is_with_the_hypotheses_of_the_last_n_lengths_only() -> None:
    observations = [("a", "X"), ("a b", "A B"), ("a b c", "A B")]
    assert decide(LocalAgreement(2), *observations)[-1][0] == "A B"
    assert decide(LocalAgreement(3), *observations)[-1][0] == ""


def test_a_new_segment_agrees_with_nothing_before() -> None:
    policy = LocalAgreement(2)
    assert decide(policy, ("a", "A B"), ("a b", "A B"))[-1][0] == "A B"
    policy.start_segment()
    assert policy.decide(observe("A B", "a b c")).committed_length == 0


def test_local_agreement_shows_the_whole_hypothesis() -> None:
    assert decide(LocalAgreement(3), ("a b", "A B~."))[0] == ("", "A B~")


@pytest.mark.parametrize(
    ("texts", "shared"),
    [
        (["translate it", "translation of"], ""),
        (["world, and", "world"], "world"),
        (["Hello, world", "Hello, word"], "Hello,"),
        (["It is 3.5 m", "It is 3.7 m"], "It is"),
        (["今日は", "今日も"], "今日"),
        (["a b", "a b", "a c"], "a"),
        (["", "a"], ""),
    ],
)
def test_texts_share_whole_words_only(texts: list[str], shared: str) -> None:
    assert texts[0][: common_words_length(texts)] == shared


@pytest.mark.parametrize("n", [-1, 0, 1])
def test_fewer_than_two_hypotheses_cannot_agree(n: int) -> None:
    with pytest.raises(ValueError, match=f"n is {n}"):
        LocalAgreement(n)


# Retranslation and final only


@pytest.mark.parametrize(
    ("mask_k", "shown"), [(0, "A B C D"), (1, "A B C"), (3, "A"), (4, ""), (9, "")]
)
def test_retranslation_hides_the_last_k_words_and_commits_none(mask_k: int, shown: str) -> None:
    assert decide(Retranslation(mask_k), ("a b c d e", "A B C D")) == [("", shown)]


def test_masked_words_are_counted_after_the_committed_text() -> None:
    decision = Retranslation(2).decide(observe("A B C D", "a b c d e", known=len("A B")))
    assert decision == Decision(len("A B"), len("A B"))


def test_fewer_than_no_words_cannot_be_masked() -> None:
    with pytest.raises(ValueError, match="mask-k is -1"):
        Retranslation(-1)


def test_final_only_shows_nothing_before_the_end_and_asks_for_nothing() -> None:
    assert decide(FinalOnly(), *grow("abc")) == [("", "")] * 3
    assert not FinalOnly.translates_open_segments
    assert LocalAgreement.translates_open_segments
    assert Retranslation.translates_open_segments
