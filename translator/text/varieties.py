"""A translation in a variety of its language: "pt-BR" or "pt-PT", "en-US" or "en-GB".

One model serves all regions of a language, and writes now as one does, now as another. What is
known here of each is words and spelling, and a little grammar. A name that the source has as it is
stays as it is.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial

from translator.text.detokenizer import TargetText
from translator.text.english_spelling import spelling_of_region
from translator.text.portuguese_grammar import grammar_of_region
from translator.text.portuguese_words import words_of_region
from translator.text.rewriting import Edit, in_order

__all__ = ["in_variety", "variety_of"]

# Each region with the one that it writes like; others stay as a model writes.
_LIKE = {
    "en": {"US": "US", "GB": "GB", "AU": "GB", "IE": "GB", "IN": "GB", "NZ": "GB", "ZA": "GB"},
    "pt": {"BR": "BR", "PT": "PT", "AO": "PT", "CV": "PT", "GW": "PT", "MZ": "PT", "ST": "PT"},
}
# What finds the edits, one after the other.
_FINDERS = {
    "en": (spelling_of_region,),
    "pt": (words_of_region, lambda region, text, *_: grammar_of_region(region, text)),
}
_REGION_LENGTH = 2
# What somebody wrote in a variety would hardly be changed for it.
_MAX_CHANGED = 0.01

_Finder = Callable[[str, str, int], Iterator[Edit]]


@lru_cache(maxsize=1_024)
def _finders(tag: str) -> tuple[_Finder, ...]:
    language, *subtags = tag.split("-")
    region = next((each.upper() for each in subtags if len(each) == _REGION_LENGTH), "")
    like = _LIKE.get(language.lower(), {}).get(region)
    return tuple(partial(find, like) for find in _FINDERS[language.lower()]) if like else ()


def in_variety(
    said: TargetText, tag: str, source: str, committed: str = "", num_committed: int = 0
) -> TargetText:
    """A translation as a region writes it.

    Args:
        said: The translation, or the beginning of one.
        tag: The BCP-47 code that is wanted; without a region that is known here, nothing changes.
        source: What it translates, which decides where a word may mean two things.
        committed: What its first tokens have become already. Nothing that would change some of it
            is changed.
        num_committed: How many tokens stand for that.
    """
    finders = _finders(tag)
    if not finders:
        return said
    for find in finders:
        start = said.token_ends[num_committed - 1] if num_committed else 0
        shift = start - len(committed)
        edits = [
            Edit(edit.start + shift, edit.end + shift, edit.text)
            for edit in in_order(find(committed + said.text[start:], source, len(committed)))
            if edit.start >= len(committed)
        ]
        if edits:
            said = said.edited(edits)
    return said


def variety_of(translations: Iterable[tuple[str, str]], language: str, usual: str = "") -> str:
    """The variety that translations are written in, as a BCP-47 code; "" for none of those here.

    Args:
        translations: Sources and what they became.
        language: BCP-47 code of what they became, without a region.
        usual: What it is if nothing tells.
    """
    texts = [(source, TargetText(text, (len(text),))) for source, text in translations]
    tags = [f"{language}-{region}" for region in dict.fromkeys(_LIKE.get(language, {}).values())]
    changed = {
        tag: sum(in_variety(said, tag, source) is not said for source, said in texts)
        for tag in tags
    }
    nearest = min(tags, key=lambda tag: changed[tag], default="")
    if len(set(changed.values())) <= 1:
        nearest = usual
    return nearest if changed.get(nearest, 0) <= _MAX_CHANGED * len(texts) else ""
