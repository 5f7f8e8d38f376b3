"""Makes examples for training of somebody's translations, in the form that a model gets texts.

A catalogue has labels, sentences, and pages in HTML. A text of several blocks or sentences is taken
block by block, sentence by sentence, where both sides have as many. What a model never sees, such
as placeholders, is behind code words here as well, and a label that a model gets with a full stop
and without is learned in both forms.
"""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from translator.errors import ConfigError
from translator.languages.detection import LanguageDetector
from translator.languages.pair import LanguagePair
from translator.languages.tags import language
from translator.session.model_source import ModelSource
from translator.text.case import capitals, is_capitals
from translator.text.phrases import SLOT, Phrase, Phrases
from translator.text.segmenter import Segmenter
from translator.text.tokens import Tokenizer
from translator.text.varieties import variety_of

__all__ = [
    "Example",
    "Translation",
    "check_languages",
    "examples_of",
    "only_usable",
    "other_phrases",
    "written_for",
]

_MIN_TRANSLATIONS = 20
# Longer ones are left out: a batch is as long as its longest.
_MAX_TOKENS = 128
# A text of more code points is no segment, nor a page that anybody would train with.
_MAX_LENGTH = 20_000
_BLOCK = re.compile(
    r"</?(?:address|article|blockquote|br|dd|div|dl|dt|h[1-6]|hr|li|ol|p|pre|section|table|t[dhr]|ul)"
    r"\b[^<>]*>|\n",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
# A shorter one may be a word of both languages.
_WORD = re.compile(r"[^\W\d_]{3,}")
# What stands where a phrase has a "#": a number, or a price with its mark before it.
_SLOTS = tuple(
    re.compile(mark + r"\d+(?:[.,]\d+)*")
    for mark in ("", r"(?:(?:\b[A-Z]{1,2})?[$€£¥][ \u00a0]?)?")
)
# So much of the texts tells their language.
_DETECTED_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Translation:
    """A text and how somebody translated it."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Example:
    """The tokens of a source and of its target, both with their ends.

    Attributes:
        source: As the encoder gets it.
        target: What the decoder is to say.
        weight: How much it counts; the forms of one text count 1 together.
    """

    source: tuple[int, ...]
    target: tuple[int, ...]
    weight: float = 1.0


def only_usable(
    translations: Iterable[Translation], left_out: Counter[str]
) -> Iterator[Translation]:
    """Leave out what teaches nothing; of a source with several translations the last one stays.

    Args:
        translations: The older ones first.
        left_out: Is told what is left out, by reason.
    """
    kept: dict[str, Translation] = {}
    for each in translations:
        source, target = each.source.strip(), each.target.strip()
        former = kept.get(source)
        if not any(map(str.isalpha, source)) or not any(map(str.isalpha, target)):
            left_out["without words"] += 1
        elif _is_copied(source, target):
            left_out["that are not translated, or hardly"] += 1
        elif max(len(source), len(target)) > _MAX_LENGTH:
            left_out[f"longer than {_MAX_LENGTH} characters"] += 1
        else:
            if former is not None:
                is_same = former.target == target
                left_out["twice" if is_same else "that a later one contradicts"] += 1
            kept[source] = Translation(source, target)
    yield from kept.values()


def _is_copied(source: str, target: str) -> bool:
    """Whether half of the words of a translation stand in its source.

    A few of them teach a small model to copy, which it does all too readily.
    """
    theirs = set(_WORD.findall(_TAG.sub(" ", source).lower()))
    words = _WORD.findall(_TAG.sub(" ", target).lower())
    return bool(words) and 2 * sum(word in theirs for word in words) >= len(words)


def check_languages(
    translations: Sequence[Translation], pair: LanguagePair, detector: LanguageDetector
) -> None:
    """Check that translations are in the languages of a pair, as far as that shows.

    Raises:
        ConfigError: They are the wrong way round, or in other languages.
    """
    sides = (
        (pair.source, "sources", [each.source for each in translations]),
        (pair.target, "translations", [each.target for each in translations]),
    )
    wanted = {language(pair.source), language(pair.target)}
    for code, what, texts in sides:
        # From all over, since files are sorted.
        step = max(1, sum(map(len, texts)) // _DETECTED_LENGTH)
        sample = " ".join(_TAG.sub(" ", text) for text in texts[::step])
        found = detector.detect(sample, wanted)
        if found is None:
            raise ConfigError(f"the {what} are not in {code}; the model translates {pair}")
        if found.is_sure and found.language != language(code):
            raise ConfigError(
                f"the {what} are in {found.language}, not in {code}: "
                f"the wrong way round for a model that translates {pair}"
            )


def other_phrases(translations: Iterable[Translation], phrases: Phrases) -> list[Phrase]:
    """The phrases of a model that somebody translates otherwise, as they do.

    One with numbers is theirs for all numbers: with "Only 3 left" as "Restam só 3", "Only 7 left"
    is no phrase of the model any more either.
    """
    return [
        Phrase(each.source + mark, each.target)
        for given in translations
        for each in dict.fromkeys((given, *(_with_slots(given, kind) for kind in _SLOTS)))
        if phrases.find(each.source) not in (None, each.target)
        and (each.source[-1:].isalnum() or each.source.endswith(SLOT))
        for mark in ("", ".", "!", "?")
        if phrases.find(each.source + mark) is not None
    ]


def written_for(translations: Sequence[Translation], pair: LanguagePair, usual: str) -> str:
    """The variety of the target's language that translations are written in; see ``variety_of``."""
    texts = ((each.source, each.target) for each in translations)
    return variety_of(texts, language(pair.target), usual)


def _with_slots(text: Translation, kind: re.Pattern[str]) -> Translation:
    """The same for all numbers, if both sides have the same, in the same order."""
    ours, theirs = (
        [re.sub(r"\D", "", amount) for amount in kind.findall(side)]
        for side in (text.source, text.target)
    )
    if ours != theirs:
        return text
    return Translation(kind.sub(SLOT, text.source), kind.sub(SLOT, text.target))


def examples_of(
    translations: Iterable[Translation],
    pair: LanguagePair,
    tokenizer: Tokenizer,
    left_out: Counter[str],
) -> list[list[Example]]:
    """Make the examples of each translation that has any.

    Args:
        translations: What ``only_usable`` leaves.
        pair: Their languages.
        tokenizer: The model's.
        left_out: Is told what is left out, by reason.

    Raises:
        ConfigError: There are too few.
    """
    segmenters = Segmenter(pair.source), Segmenter(pair.target)
    found = []
    for each in translations:
        parts = list(_parts(each, segmenters))
        if not parts:
            left_out["whose parts do not match"] += 1
            continue
        made = [example for part in parts for example in _forms(part, pair, tokenizer)]
        if made:
            found.append(made)
        else:
            left_out["too long, in capitals, or with other placeholders"] += 1
    if len(found) < _MIN_TRANSLATIONS:
        raise ConfigError(
            f"translations to learn from: {len(found)}, "
            f"expected at least {_MIN_TRANSLATIONS}, better hundreds"
        )
    return found


def _parts(text: Translation, segmenters: tuple[Segmenter, Segmenter]) -> Iterator[Translation]:
    """Its sentences, or its blocks where these are not split into as many; no markup."""
    sources, targets = _blocks(text.source), _blocks(text.target)
    if len(sources) != len(targets):
        return
    for source, target in zip(sources, targets, strict=True):
        ours, theirs = (
            [side[start:end].strip() for start, end in segmenter.split(side)]
            for segmenter, side in zip(segmenters, (source, target), strict=True)
        )
        if len(ours) == len(theirs):
            yield from map(Translation, ours, theirs)
        else:
            yield Translation(source, target)


def _blocks(text: str) -> list[str]:
    if _TAG.search(text) is None:
        blocks = text.split("\n")
    else:
        blocks = [html.unescape(_TAG.sub("", block)) for block in _BLOCK.split(text)]
    return [block.strip() for block in blocks if block.strip()]


def _forms(text: Translation, pair: LanguagePair, tokenizer: Tokenizer) -> Iterator[Example]:
    """What the model gets for a source, and what it is to say for it."""
    source = ModelSource.encode(
        tokenizer,
        text.source,
        _MAX_TOKENS,
        begins=True,
        ends=True,
        language=pair.source,
        are_capitals=lambda visible: is_capitals(visible, pair.source),
    )
    protected = source.protected
    if source.truncated or source.in_capitals or protected is None or not protected.has_words:
        return
    said = protected.concealed(text.target)
    if not said or protected.missing(said):
        return
    if source.is_begun:
        said = capitals(said[0], pair.target) + said[1:]
    forms = [source] if source.second is None else [source, source.second]
    for form in forms:
        ended = said + form.mark if said[-1].isalnum() else said
        target = (*tokenizer.encode_target(ended), tokenizer.eos_id)
        if len(target) <= _MAX_TOKENS:
            yield Example(form.encoded.tokens, target, 1 / len(forms))
