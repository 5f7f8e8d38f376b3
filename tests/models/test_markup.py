"""Tags in pages that the embedded model translates."""

import json
from pathlib import Path

import pytest

from translator.documents.html import parse
from translator.documents.html_verify import verify
from translator.documents.marks import MarkedText, Translated
from translator.eval.markup import score_markup
from translator.local import Translator

pytestmark = pytest.mark.model

PAGES = json.loads(
    (Path(__file__).parents[1] / "data" / "markup.en-pt.json").read_text(encoding="utf-8")
)


def test_tags_stay_around_their_words() -> None:
    with Translator() as translator:

        def translated(text: MarkedText) -> Translated:
            found = translator.translate(text.text, source="en", target="pt", alignments=True)
            return Translated(
                found.text,
                [
                    (a.source_start, a.source_end, a.target_start, a.target_end)
                    for a in found.alignments
                ],
            )

        pages = []
        for example in PAGES:
            page = parse(example["source"])
            result = page.render([translated(text) for text in page.texts])
            assert verify(example["source"], result) == []
            pages.append((result, example["target"]))
    score = score_markup(pages)
    assert score.num_kept == score.num_pairs >= 150
    assert score.f1 >= 0.85
