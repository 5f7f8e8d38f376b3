"""What policies commit and show, on hypotheses written by hand and on the fake model's."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import log
from os.path import commonprefix

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.policy.agreement import Agreement
from translator.policy.alignatt import AlignAtt
from translator.policy.base import Decision, Observation, Policy, TargetWord
from translator.policy.distance import length_without_last, settled_length
from translator.policy.final_only import FinalOnly
from translator.policy.guarded_agreement import GuardedAgreement
from translator.policy.local_agreement import LocalAgreement
from translator.policy.prefix import common_words_length
from translator.policy.retranslation import Retranslation
from translator.policy.wait_k import WaitK
from translator.testing import fake_translation
from translator.text.words import count_steps, count_words, strip_final_punctuation, word_ends

pytestmark = pytest.mark.unit

POLICIES = [
    FinalOnly(),
    LocalAgreement(2),
    LocalAgreement(3),
    LocalAgreement(5),
    Retranslation(),
    Retranslation(2),
    AlignAtt(1),
    AlignAtt(3),
    WaitK(1),
    WaitK(4),
    GuardedAgreement(),
    GuardedAgreement(n=2, hold=0, distance=1, sure=0, survive=1),
    GuardedAgreement(n=3, hold=2, distance=3, sure=90, survive=3),
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
    aligned: Sequence[int | None] = (),
    percent: Sequence[float] = (),
) -> Observation:
    """``aligned`` and ``percent`` are of the words after ``known``: source end, probability."""
    ends = word_ends(text, known)
    source_ends = [*aligned, *[None] * len(ends)]
    log_probabilities = [*(log(p / 100) for p in percent), *[0.0] * len(ends)]
    return Observation(
        text=text,
        committed_length=known,
        words=[TargetWord(e, source_ends[i], log_probabilities[i]) for i, e in enumerate(ends)],
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


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)
def test_a_hypothesis_that_does_not_end_commits_nothing(policy: Policy) -> None:
    policy.start_segment()
    for count in range(1, 9):
        seen = observe("A B C", " ".join("abcdefgh"[:count]), known=1)
        assert policy.decide(replace(seen, is_truncated=True)).committed_length == 1
    whole = replace(observe("A B~.", "a b", known=1, complete=True), is_truncated=True)
    assert policy.decide(whole) == Decision(5, 5)


@pytest.mark.parametrize("n", [2, 3])
def test_tentative_hypotheses_do_not_count_as_agreement(n: int) -> None:
    policy = LocalAgreement(n)
    policy.start_segment()
    for count in range(2, 8):
        policy.decide(observe("A B C", " ".join("abcdefgh"[:count]), tentative=True))
    assert policy.decide(observe("A B C", "a b c d e f g h")).committed_length == 0


@pytest.mark.parametrize(
    "policy",
    [LocalAgreement(2), LocalAgreement(3), Retranslation(), WaitK(1), GuardedAgreement(n=2)],
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


@given(
    st.sampled_from(POLICIES),
    st.lists(
        st.tuples(
            st.text("ab .,é", min_size=1, max_size=4),
            st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=9),
            st.lists(st.floats(0.001, 100), max_size=9),
        ),
        max_size=8,
    ),
)
def test_no_alignment_and_no_probability_however_odd_breaks_a_rule(
    policy: Policy, pieces: list[tuple[str, list[int | None], list[float]]]
) -> None:
    policy.start_segment()
    source = committed = ""
    for piece, aligned, percent in pieces:
        source += piece
        text = fake_translation(source)
        if not text.startswith(committed):
            continue
        known = len(committed)
        decision = policy.decide(
            observe(text, source, known=known, aligned=aligned, percent=percent)
        )
        assert known <= decision.committed_length <= decision.shown_length <= len(text)
        assert decision.committed_length in {known, *word_ends(text, known)}
        committed = text[: decision.committed_length]


@given(st.sampled_from(POLICIES), st.lists(st.text("ab .,!é日", max_size=12), max_size=8))
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


@given(st.lists(st.text("ab., 日\n"), min_size=1, max_size=4), st.text("ab., 日\n"))
def test_texts_share_the_last_word_end_that_all_have(rests: list[str], beginning: str) -> None:
    texts = [beginning + rest for rest in rests]
    shared = len(commonprefix(texts))  # noqa: RUF071
    ends = set.intersection(*(set(word_ends(text)) for text in texts))
    assert common_words_length(texts) == max((e for e in ends if e <= shared), default=0)


def test_an_agreement_forgets_what_a_shorter_source_takes_back() -> None:
    agreement = Agreement(2)
    assert agreement.length == 0
    agreement.add(1, "A B")
    agreement.add(3, "A B C")
    assert agreement.length == len("A B")
    agreement.add(2, "A X")
    assert agreement.items == ["A B", "A X"]
    assert agreement.length == len("A")
    agreement.add(1, "A X")
    assert agreement.items == ["A X"]
    assert not agreement.is_full


@pytest.mark.parametrize("n", [-1, 0, 1])
def test_fewer_than_two_hypotheses_cannot_agree(n: int) -> None:
    with pytest.raises(ValueError, match=f"n is {n}"):
        LocalAgreement(n)


# Guarded agreement


PLAIN = {"n": 2, "hold": 0, "distance": 1, "sure": 0, "survive": 1}


def test_without_guards_it_is_local_agreement() -> None:
    observations = [*grow("abcdefg")]
    for n in (2, 3, 4):
        guarded = GuardedAgreement(**(PLAIN | {"n": n}))
        assert decide(guarded, *observations) == decide(LocalAgreement(n), *observations)


@pytest.mark.parametrize(("hold", "committed"), [(0, "A B C"), (1, "A B"), (2, "A"), (3, "")])
def test_the_last_words_that_agree_are_held_back(hold: int, committed: str) -> None:
    policy = GuardedAgreement(**(PLAIN | {"hold": hold}))
    assert decide(policy, ("a b", "A B C"), ("a b c", "A B C D"))[-1][0] == committed


def test_an_invented_full_stop_is_not_a_word_that_is_held_back() -> None:
    policy = GuardedAgreement(**(PLAIN | {"hold": 1}))
    assert decide(policy, ("a b", "A B C."), ("a b c", "A B C."))[-1][0] == "A B"


@pytest.mark.parametrize(
    ("distance", "aligned", "committed"),
    [
        # The source is "a b c d": its words end at 1, 3, 5, 7.
        (1, [1, 3, 5, 7], "A B C"),
        (2, [1, 3, 5, 7], "A B"),
        (4, [1, 3, 5, 7], ""),
        (1, [7, 1, 1, 1], ""),
        (1, [1, 7, 1, 1], "A"),
        (1, [1, None, None, None], "A B C D"),
    ],
)
def test_nothing_from_a_word_of_the_newest_source_on_is_committed(
    distance: int, aligned: list[int | None], committed: str
) -> None:
    policy = GuardedAgreement(**(PLAIN | {"distance": distance}))
    policy.start_segment()
    policy.decide(observe("A B C D", "a b c", aligned=[1, 3, 5, 5]))
    decision = policy.decide(observe("A B C D", "a b c d", aligned=aligned))
    assert "A B C D"[: decision.committed_length] == committed


@pytest.mark.parametrize(
    ("first", "second", "committed"),
    [
        ([99, 99, 99], [99, 99, 99], "A B C"),
        ([99, 99, 99], [99, 99, 89], "A B"),
        ([99, 99, 89], [99, 99, 99], "A B"),
        ([99, 89, 99], [99, 99, 89], "A"),
        # Only the word that a commit ends with is asked.
        ([10, 10, 99], [10, 10, 90], "A B C"),
        ([10, 10, 10], [10, 10, 10], ""),
    ],
)
def test_a_commit_ends_with_a_word_that_all_hypotheses_were_sure_of(
    first: list[float], second: list[float], committed: str
) -> None:
    policy = GuardedAgreement(**(PLAIN | {"sure": 90}))
    policy.start_segment()
    policy.decide(observe("A B C", "a b c", percent=first))
    # 90 % has to pass although log and exp do not quite undo each other.
    second = [p + 1e-9 for p in second]
    decision = policy.decide(observe("A B C", "a b c d", percent=second))
    assert "A B C"[: decision.committed_length] == committed


@pytest.mark.parametrize(
    ("percent", "committed"),
    [
        # The words come from the 1st to 3rd of six source words: 5, 4 and 3 of them follow. With
        # sure 90 and ease 200, these may be 40, 20 and 10 % doubtful.
        ([61, 0, 0], "A"),
        ([59, 0, 0], ""),
        ([0, 81, 0], "A B"),
        ([0, 79, 0], ""),
        ([0, 0, 91], "A B C"),
        ([0, 0, 89], ""),
    ],
)
def test_words_far_from_the_end_of_the_source_may_be_less_sure(
    percent: list[float], committed: str
) -> None:
    policy = GuardedAgreement(**(PLAIN | {"sure": 90, "ease": 200}))
    policy.start_segment()
    percent = [p + 1e-9 for p in percent]
    for source in ("a b c d e", "a b c d e f"):
        observation = observe(
            "A B C", source, aligned=[1, 3, 5], percent=[p + 1e-9 for p in percent]
        )
        decision = policy.decide(observation)
    assert "A B C"[: decision.committed_length] == committed


@pytest.mark.parametrize(
    ("source", "percent", "committed"),
    [
        # Of sources of 6, 5 and 4 words a word may be 10, 3 and 0.9 % doubtful.
        ("a b c d e f", 91, "A"),
        ("a b c d e f", 89, ""),
        ("a b c d e", 98, "A"),
        ("a b c d e", 96, ""),
        ("a b c d", 99.2, "A"),
        ("a b c d", 99.0, ""),
        ("a b c", 100, ""),
    ],
)
def test_little_source_commits_only_what_is_very_sure(
    source: str, percent: float, committed: str
) -> None:
    policy = GuardedAgreement(**(PLAIN | {"sure": 90, "early": 30, "start": 4}))
    policy.start_segment()
    for text in (source.rpartition(" ")[0], source):
        decision = policy.decide(observe("A B", text, aligned=[1, 2], percent=[percent, 1]))
    assert "A B"[: decision.committed_length] == committed


def test_a_draft_shows_the_words_that_survived() -> None:
    decided = decide(
        GuardedAgreement(n=5, survive=2),
        ("a", "A B"),
        ("a b", "A B C"),
        ("a b c", "A X C"),
        ("a b c d", "A X C D"),
    )
    assert [shown for _, shown in decided] == ["", "A B", "A", "A X C"]


def test_a_draft_of_tentative_source_shows_the_words_that_survived() -> None:
    policy = GuardedAgreement(n=2, survive=2)
    policy.start_segment()
    for source, text, shown in (
        ("a", "A", ""),
        ("a b", "A B", "A"),
        ("a b c", "A B C", "A B"),
        # Taken back to two words: compared with the hypothesis of one.
        ("a x", "A X", "A"),
    ):
        decision = policy.decide(observe(text, source, tentative=True))
        assert (decision.committed_length, text[: decision.shown_length]) == (0, shown)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 1),
        ("hold", -1),
        ("distance", 0),
        ("sure", 101),
        ("survive", 0),
        ("ease", 99),
        ("early", 0),
        ("early", 101),
        ("bias", 50),
    ],
)
def test_guarded_agreement_says_which_parameter_is_out_of_bounds(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        GuardedAgreement(**(PLAIN | {name: value}))


# AlignAtt


@pytest.mark.parametrize(
    ("f", "aligned", "committed"),
    [
        # The source is "a b c d": its words end at 1, 3, 5, 7.
        (1, [1, 3, 5, 7], "A B C"),
        (2, [1, 3, 5, 7], "A B"),
        (3, [1, 3, 5, 7], "A"),
        (4, [1, 3, 5, 7], ""),
        (9, [1, 3, 5, 7], ""),
        (1, [1, 7, 3, 3], "A"),
        (1, [1, None, 3, 3], "A"),
        (1, [], ""),
    ],
)
def test_alignatt_commits_up_to_the_first_word_of_the_newest_source(
    f: int, aligned: list[int | None], committed: str
) -> None:
    decision = AlignAtt(f).decide(observe("A B C D", "a b c d ", aligned=aligned))
    assert "A B C D"[: decision.committed_length] == committed


@pytest.mark.parametrize(
    ("source", "num_words", "rest"),
    [
        ("one two three", 0, "one two three"),
        ("one two three", 1, "one two "),
        (" one two  three ", 2, " one "),
        ("one two three", 3, ""),
        ("one two three", 4, ""),
        ("今日は", 1, "今日"),
        ("Hello 世界", 2, "Hello "),
        ("", 1, ""),
    ],
)
def test_length_without_the_last_words(source: str, num_words: int, rest: str) -> None:
    assert source[: length_without_last(source, num_words)] == rest


@given(st.text("ab .é日本", max_size=20))
def test_the_last_words_are_counted_as_the_steps_of_a_source_are(source: str) -> None:
    steps = count_steps(source)
    cuts = [length_without_last(source, n) for n in range(steps + 2)]
    assert cuts == sorted(cuts, reverse=True)
    assert cuts[-1] == 0
    assert all(source[cut : cut + 1].strip() for cut in cuts[1:steps])


@pytest.mark.parametrize(
    ("source", "num_words", "rest"),
    [
        ("one, two three", 0, "one, two three"),
        ("one, two three", 2, "one, "),
        ("one, two three", 3, "one,"),
        ("one, two three", 4, ""),
        ("one two,", 1, "one two,"),
        ("one two,", 2, "one "),
        ("one (two) three", 2, "one (two)"),
        ('one "two," three', 2, 'one "two,"'),
        ("for 1,5 km", 2, "for "),
        ("今日は、雨", 2, "今日は、"),
        ("今日は、雨", 3, "今日"),
        (",", 1, ","),
        ("", 1, ""),
    ],
)
def test_the_end_of_a_phrase_counts_as_a_word(source: str, num_words: int, rest: str) -> None:
    assert source[: settled_length(source, num_words)] == rest


@given(st.text("ab ,.)é日、", max_size=20), st.integers(0, 6))
def test_more_is_settled_where_a_phrase_ends_and_the_same_elsewhere(
    source: str, num_words: int
) -> None:
    withheld = length_without_last(source, num_words)
    settled = settled_length(source, num_words)
    assert settled >= withheld
    if not set(source) & set(",)、"):
        assert settled == withheld


def test_a_commit_reaches_further_where_a_phrase_is_over() -> None:
    aligned = [1, 3, 5, 7]
    for source, committed in (("a b c d ", "A"), ("a b, c d ", "A B")):
        policy = GuardedAgreement(n=2, distance=3, sure=0)
        policy.decide(observe("A B C D", source[:-2], aligned=aligned))
        decision = policy.decide(observe("A B C D", source, aligned=aligned))
        assert "A B C D"[: decision.committed_length] == committed


def test_fewer_than_one_source_word_cannot_be_withheld() -> None:
    with pytest.raises(ValueError, match="f is 0"):
        AlignAtt(0)


# Wait-k


@pytest.mark.parametrize(
    ("k", "committed"),
    [
        # t source words commit t - k + 1 target words.
        (1, ["A", "A B", "A B C", "A B C D"]),
        (2, ["", "A", "A B", "A B C"]),
        (4, ["", "", "", "A"]),
    ],
)
def test_wait_k_stays_k_words_behind(k: int, committed: list[str]) -> None:
    observations = [(" ".join("abcd"[:t]), "A B C D E F") for t in range(1, 5)]
    assert [c for c, _ in decide(WaitK(k), *observations)] == committed


def test_wait_k_takes_the_punctuation_of_a_word_along() -> None:
    assert decide(WaitK(1), ("a, b", "A, B, C"))[-1][0] == "A, B,"


def test_wait_k_waits_for_a_word_at_least() -> None:
    with pytest.raises(ValueError, match="k is 0"):
        WaitK(0)


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
