"""Whole sentences in tentative source: however long it is, its newest words are shown."""

from collections.abc import Sequence

import pytest

from tests.unit.driver import Driver, make_config, one_thread  # noqa: F401
from translator.testing import FakeModel, FakeTokenizer

pytestmark = pytest.mark.unit


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


def drive(model: FakeModel, policy: str = "retranslation", **settings: object) -> Driver:
    config = make_config(model, "yy", policy=policy, **settings)  # type: ignore[arg-type]
    return Driver(config, model)


def shown(driver: Driver) -> str:
    return driver.readers["yy"].shown.replace("~.", "").replace("~", "")


def test_sentences_of_an_interim_are_translated_one_by_one(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("", tentative="We sail. They row. And she")
    assert shown(driver) == "WE SAIL. THEY ROW. AND SHE"
    assert model.num_encoded == 3
    driver.say("", tentative="We sail. They row. And she swims")
    assert shown(driver) == "WE SAIL. THEY ROW. AND SHE SWIMS"
    assert model.num_encoded == 4, "only the last sentence has changed"


def test_the_newest_words_of_a_long_interim_are_shown(model: FakeModel) -> None:
    driver = drive(model)
    words = [f"word{n}" for n in range(400)]
    for count in (50, 120, 250, 400):
        driver.say("", tentative=" ".join(words[:count]))
        assert shown(driver).split()[-1] == words[count - 1].upper()
    assert len(shown(driver)) < 4 * 600 + 4


def test_a_long_interim_without_spaces_is_shown_too(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("", tentative="。".join("今日は" for _ in range(2_000)) + "元気")
    assert shown(driver).endswith("元気")


def test_the_committed_sentence_is_committed_as_ever(model: FakeModel) -> None:
    driver = drive(model, policy="local-agreement")
    driver.say("We sail. ", tentative="They row. And she")
    assert shown(driver) == "WE SAIL. THEY ROW. AND SHE"
    driver.say("They row. ", tentative="And she")
    assert driver.readers["yy"].final_texts == ["WE SAIL."]
    assert shown(driver) == "THEY ROW. AND SHE"
    driver.say("And she swims.")
    driver.end()
    assert driver.readers["yy"].final_texts == ["WE SAIL.", "THEY ROW.", "AND SHE SWIMS."]


def test_a_tail_that_is_taken_back_is_shown_no_more(model: FakeModel) -> None:
    driver = drive(model)
    driver.say("We sail. ", tentative="They row. And she")
    driver.say("", tentative="They")
    assert shown(driver) == "WE SAIL. THEY"
    driver.say("", tentative="")
    assert shown(driver) == "WE SAIL."


def test_a_sentence_that_comes_between_is_not_left_out(model: FakeModel) -> None:
    """Nothing is shown twice, and nothing after a gap, while the sentences are translated."""
    driver = drive(model)
    driver.say("", tentative="We sail. They row")
    driver.updates.clear()
    driver.say("", tentative="We sail. They row north. You swim. And she")
    drafts = [event.draft.replace("~", "") for _, event in driver.updates]
    assert drafts == [
        "WE SAIL. THEY ROW NORTH.",
        "WE SAIL. THEY ROW NORTH. YOU SWIM.",
        "WE SAIL. THEY ROW NORTH. YOU SWIM. AND SHE",
    ]


def test_a_sentence_that_comes_back_is_shown_again(model: FakeModel) -> None:
    driver = drive(model)
    for tentative in ("We sail. They row", "We sail.", "We sail. They row"):
        driver.say("", tentative=tentative)
    assert shown(driver) == "WE SAIL. THEY ROW"


class _Hasty(FakeTokenizer):
    """Translates a source that goes on otherwise than a whole one."""

    def translate(self, source: Sequence[int]) -> list[int]:
        if self.piece(source[-2]) != ".":
            self._word = str.title
        tokens = super().translate(source)
        self._word = str.upper
        return tokens


def test_after_a_commit_that_differs_from_the_draft_its_sentence_goes_on() -> None:
    """The draft that it takes back is asked for anew, though its source has not changed."""
    model = FakeModel()
    model._tokenizer = _Hasty()
    driver = drive(model, policy="wait-k", parameters={"k": 1})
    driver.say("", tentative="we sail to the north. They row")
    assert shown(driver) == "WE SAIL TO THE NORTH. They Row"
    driver.say("we sail", tentative=" to the north. They row")
    assert shown(driver) == "We Sail TO THE NORTH. They Row"
    drafts = [event.draft for _, event in driver.updates if event.committed]
    assert drafts == [""], "what follows the sentence is not shown without it"


def test_what_a_closed_segment_showed_of_the_next_stays_without_a_break() -> None:
    model = FakeModel()
    driver = drive(model, policy="guarded-agreement")
    for word in ("They", "They row", "They row to", "They row to the"):
        driver.say("", tentative=f"We sail. {word}")
    draft = driver.readers["yy"].shown.removeprefix("WE SAIL. ")
    assert draft.startswith("THEY ROW")
    driver.updates.clear()
    driver.say("We sail. They", tentative=" row to the")
    closing = next(n for n, (_, event) in enumerate(driver.updates) if event.closed)
    _, following = driver.updates[closing + 1]
    assert following.draft == draft
    assert following.timing.steps_run == 0, "it leaves with the closing update"
    driver.say(" row to the north.")
    driver.end()
    assert driver.readers["yy"].final_texts == ["WE SAIL.", "THEY ROW TO THE NORTH."]


def test_a_tail_that_rests_is_shown_whole(model: FakeModel) -> None:
    driver = drive(model, policy="guarded-agreement")
    driver.say("", tentative="We sail. They row to the north")
    driver.rest(2.0)
    assert shown(driver) == "WE SAIL. THEY ROW TO THE NORTH"


def test_without_drafts_a_tail_asks_for_nothing(model: FakeModel) -> None:
    driver = drive(model, drafts=False)
    driver.say("", tentative="We sail. They row.")
    assert model.num_encoded == 0
