"""Which model serves a pair."""

from itertools import pairwise

import pytest

from translator.catalog.catalog import Catalog
from translator.errors import LanguagePairNotSupportedError, ModelNotFoundError
from translator.languages.pair import LanguagePair
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
    assert catalog.resolve("en", "pt").info is MANY.info
    assert catalog.resolve("en", "pt-PT").info is MANY.info
    assert catalog.resolve("en", "pt-PT", "one").info is ONE.info
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
        # Where English is an end there is no way through it, and none between two scripts.
        (["de-en", "en-pt"], "en-GB", "de", "en-GB to de; there are: de-en, en-pt"),
        (["zh-en", "en-zh"], "zh-CN", "zh-TW", "zh-CN to zh-TW; there are: en-zh, zh-en"),
    ],
)
def test_an_error_says_which_leg_is_missing(
    pairs: list[str], source: str, target: str, message: str
) -> None:
    with pytest.raises(LanguagePairNotSupportedError) as caught:
        Catalog([model_of("one", *pairs)]).route(source, target)
    assert f"no model translates {message}" in str(caught.value)
    assert caught.value.metadata["pairs"]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("pt", "pt"),
        ("PT-br", "pt"),
        ("pt", "pt-BR"),
        ("en-GB", "en-US"),
        ("no", "nb"),
        ("fr", "fr"),
        ("zh", "zh-CN"),
        ("sr", "sr-Cyrl"),
    ],
)
@pytest.mark.parametrize("model", ["", "many"])
def test_a_language_passes_through_into_itself(source: str, target: str, model: str) -> None:
    route = Catalog([ONE, MANY]).route(source, target, model)
    assert (route.last, route.legs, route.models) == (None, (), ())


@pytest.mark.parametrize(
    ("source", "target", "pair"),
    [
        # The scripts differ.
        ("zh-CN", "zh-TW", "zh-Hans-zh-Hant"),
        ("zh-TW", "zh", "zh-Hant-zh-Hans"),
        # There is a model for the two variants.
        ("pt-BR", "pt-PT", "pt-pt-PT"),
        ("pt-PT", "pt-BR", "pt-PT-pt"),
    ],
)
def test_a_model_made_for_two_variants_goes_before(source: str, target: str, pair: str) -> None:
    (leg,) = Catalog([ONE, MANY]).route(source, target).legs
    assert str(leg.pair) == pair


def test_variants_without_a_model_pass_through_and_scripts_do_not() -> None:
    catalog = Catalog([ONE])
    assert not catalog.route("pt-BR", "pt-PT").legs
    for source, target in (("sr-Latn", "sr-Cyrl"), ("nn", "nb")):
        with pytest.raises(LanguagePairNotSupportedError):
            catalog.route(source, target)
    with pytest.raises(ModelNotFoundError):
        catalog.route("pt", "pt", "none")


def test_a_model_that_is_named_translates_all_the_way() -> None:
    catalog = Catalog([model_of("one", "de-en", "en-pt")])
    with pytest.raises(LanguagePairNotSupportedError, match="'one' does not translate de to pt; "):
        catalog.route("de", "pt", "one")
    assert catalog.route("de", "en", "one").models == ("one",)
