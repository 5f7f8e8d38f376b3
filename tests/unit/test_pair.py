"""Pairs of languages as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.languages.pair import LanguagePair

pytestmark = pytest.mark.unit

TAGS = st.from_regex(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", fullmatch=True)


@given(TAGS, TAGS)
def test_a_pair_is_read_as_it_is_written(source: str, target: str) -> None:
    pair = LanguagePair(source, target)
    assert LanguagePair.parse(str(pair)) == pair


@pytest.mark.parametrize("text", ["", "en", "en-", "-de", "en_de", "EN-DE", "en-pt-br", "german"])
def test_what_is_no_pair_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a pair of languages, such as en-de"):
        LanguagePair.parse(text)
