"""Whole sentences in tentative source: however long it is, its newest words are shown."""

import pytest

from tests.unit.driver import Driver, make_config, one_thread  # noqa: F401
from translator.testing import FakeModel

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


def test_a_tail_that_rests_is_shown_whole(model: FakeModel) -> None:
    driver = drive(model, policy="guarded-agreement")
    driver.say("", tentative="We sail. They row to the north")
    driver.rest(2.0)
    assert shown(driver) == "WE SAIL. THEY ROW TO THE NORTH"


def test_without_drafts_a_tail_asks_for_nothing(model: FakeModel) -> None:
    driver = drive(model, drafts=False)
    driver.say("", tentative="We sail. They row.")
    assert model.num_encoded == 0
