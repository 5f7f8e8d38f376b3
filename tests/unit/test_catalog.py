"""Which model serves a pair."""

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
