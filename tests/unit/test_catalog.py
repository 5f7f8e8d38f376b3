"""Which model serves a pair."""

from itertools import pairwise

import pytest

from translator.errors import LanguagePairNotSupportedError, ModelNotFoundError
from translator.models.base import LanguagePair
from translator.models.catalog import Catalog
from translator.testing import FakeModel

pytestmark = pytest.mark.unit

LANGUAGES = ["ar", "de", "en", "fr", "nb", "pt", "pt-PT", "zh-Hans", "zh-Hant"]
MANY = FakeModel(*(LanguagePair(a, b) for a in LANGUAGES for b in LANGUAGES if a != b), name="many")
ONE = FakeModel(LanguagePair("en", "pt"), name="one")


@pytest.mark.parametrize(
    ("source", "target", "pair"),
    [
        ("en", "pt", "en-pt"),
        ("EN-gb", "pt-BR", "en-pt"),
        ("en", "pt-PT", "en-pt-PT"),
        ("de-AT", "zh", "de-zh-Hans"),
        ("de", "zh-TW", "de-zh-Hant"),
        ("zh-HK", "no", "zh-Hant-nb"),
        ("ar-EG", "eng", "ar-en"),
    ],
)
def test_the_closest_pair_serves(source: str, target: str, pair: str) -> None:
    assert str(Catalog([MANY]).resolve(source, target).pair) == pair


def test_a_model_is_chosen_by_its_distance_then_by_its_name() -> None:
    catalog = Catalog([ONE, MANY])
    assert catalog.resolve("en", "pt").model is MANY
    assert catalog.resolve("en", "pt-PT").model is MANY
    assert catalog.resolve("en", "pt-PT", "one").model is ONE
    with pytest.raises(ModelNotFoundError, match="there are: many, one"):
        catalog.resolve("en", "pt", "two")


def test_a_pair_is_not_put_together_from_two() -> None:
    model = FakeModel(LanguagePair("en", "pt"), LanguagePair("de", "fr"))
    with pytest.raises(LanguagePairNotSupportedError, match="there are: en-pt, de-fr"):
        Catalog([model]).resolve("en", "fr")


def test_an_error_lists_few_of_many_pairs_those_of_the_source_first() -> None:
    with pytest.raises(LanguagePairNotSupportedError) as caught:
        Catalog([MANY]).resolve("fr", "ja")
    listed = caught.value.metadata["pairs"].split(",")
    assert len(listed) == 40
    assert all(pair.startswith("fr-") for pair in listed[:8])
    assert str(caught.value).endswith(" and 32 more")


def model_of(name: str, *pairs: str) -> FakeModel:
    return FakeModel(*(LanguagePair(*pair.split("-")) for pair in pairs), name=name)


@pytest.mark.parametrize(
    ("models", "names"),
    [
        ([model_of("a", "de-en"), model_of("b", "en-pt")], ("a", "b")),
        ([model_of("one", "de-en", "en-pt")], ("one", "one")),
        ([model_of("a", "de-en"), model_of("b", "en-pt"), model_of("c", "de-pt")], ("c",)),
    ],
)
def test_a_pair_that_no_model_translates_goes_through_english(
    models: list[FakeModel], names: tuple[str, ...]
) -> None:
    route = Catalog(models).route("de-AT", "pt-BR")
    assert route.models == names
    assert str(route.legs[0].pair.source) == "de"
    assert str(route.legs[-1].pair.target) == "pt"
    assert all(a.pair.target == b.pair.source for a, b in pairwise(route.legs))


@pytest.mark.parametrize(
    ("pairs", "source", "target", "message"),
    [
        (["de-en"], "de", "pt", "de to pt, and none en to pt for the way through English"),
        (["en-pt"], "de-AT", "pt", "de-AT to pt, and none de-AT to en for the way through English"),
        (["fr-es"], "de", "pt", "de to pt, and none de to en or en to pt for the way through Engl"),
        (["de-en", "en-pt"], "pt", "de", "pt to de, and none pt to en or en to de for the way"),
        # Where English is an end there is no way through it, and none from a language into itself.
        (["de-en", "en-pt"], "en-GB", "de", "en-GB to de; there are: de-en, en-pt"),
        (["pt-en", "en-pt"], "pt-PT", "pt-BR", "pt-PT to pt-BR; there are: en-pt, pt-en"),
    ],
)
def test_an_error_says_which_leg_is_missing(
    pairs: list[str], source: str, target: str, message: str
) -> None:
    with pytest.raises(LanguagePairNotSupportedError) as caught:
        Catalog([model_of("one", *pairs)]).route(source, target)
    assert f"no model translates {message}" in str(caught.value)
    assert caught.value.metadata["pairs"]


def test_a_model_that_is_named_translates_all_the_way() -> None:
    catalog = Catalog([model_of("one", "de-en", "en-pt")])
    with pytest.raises(LanguagePairNotSupportedError, match="'one' does not translate de to pt; "):
        catalog.route("de", "pt", "one")
    assert catalog.route("de", "en", "one").models == ("one",)
