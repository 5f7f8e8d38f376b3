"""Tags in pages that the embedded model translates."""

import json
from pathlib import Path

import pytest

from translator.documents.html_verify import verify
from translator.eval.markup import score_markup
from translator.local import Translator

pytestmark = pytest.mark.model

PAGES = json.loads(
    (Path(__file__).parents[1] / "data" / "markup.en-pt.json").read_text(encoding="utf-8")
)


def test_tags_stay_around_their_words() -> None:
    pages = []
    with Translator() as translator:
        for example in PAGES:
            source = example["source"]
            result = translator.translate(source, source="en", target="pt", html=True).text
            assert verify(source, result) == []
            pages.append((result, example["target"]))
    score = score_markup(pages)
    assert score.num_kept == score.num_pairs >= 150
    assert score.f1 >= 0.85
