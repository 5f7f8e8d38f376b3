"""Glossaries of the server, which requests name, over a real socket."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.server.wire import config, connected, exchange, source
from translator.config import ServerConfig
from translator.languages.pair import LanguagePair
from translator.server.app import RunningServer
from translator.terms.files import GlossaryFileError
from translator.testing import FakeModel, serve_in_process
from translator.v1 import translate_pb2

pytestmark = pytest.mark.server

PAIRS = [LanguagePair("en", target) for target in ("pt", "fr", "de")]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[tuple[RunningServer, Path]]:
    (tmp_path / "shop.csv").write_text("en,pt,de\ncart,panier,Wagen\nlamp,lampe,\n")
    (tmp_path / "brands.txt").write_text("Blue Door\nlamp##lux\n")
    settings = ServerConfig(port=0, glossaries=tmp_path)
    # Each target is translated by a model of its own, in capitals.
    models = [FakeModel(pair, name=str(pair)) for pair in PAIRS]
    models += [FakeModel(LanguagePair("es", "en"), name="esen")]
    async with serve_in_process(settings, models) as server:
        yield server, tmp_path


def request(*texts: str, **fields: Any) -> translate_pb2.TranslateRequest:
    values = {"source_language_code": "en", "target_language_code": "pt", **fields}
    return translate_pb2.TranslateRequest(texts=texts, **values)


async def test_a_text_gets_the_terms_that_it_names(shop: tuple[RunningServer, Path]) -> None:
    server, folder = shop
    text = "the cart and the lamp of Blue Door."
    own = [translate_pb2.GlossaryEntry(source_term="cart", target_term="chariot")]
    async with connected(server.address) as stub:

        async def translated(**fields: Any) -> translate_pb2.Translation:
            response = await stub.Translate(request(text, **fields))
            translation: translate_pb2.Translation = response.translations[0]
            return translation

        first = await translated(glossaries=["shop", "brands"])
        assert first.text == "THE panier AND THE lampe OF Blue Door."
        assert [(t.glossary, t.entry) for t in first.terms] == [
            ("shop", 0),
            ("shop", 1),
            ("brands", 0),
        ]
        # Of two that have a term the one that is named first, and before all the request's own.
        second = await translated(glossaries=["brands", "shop"], glossary=own)
        assert second.text == "THE chariot AND THE lux OF Blue Door."
        assert [(t.glossary, t.entry) for t in second.terms] == [
            ("", 0),
            ("brands", 1),
            ("brands", 0),
        ]
        (folder / "shop.csv").write_text("en,pt\ncart,corbeille\n")
        changed = await translated(glossaries=["shop"])
        assert changed.text == "THE corbeille AND THE LAMP OF BLUE DOOR."


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"glossaries": ["sho"]}, "glossaries: there is no glossary 'sho'; there are brands, shop"),
        ({"glossaries": ["../shop"]}, "there is no glossary '../shop'"),
        ({"glossaries": [""]}, "there is no glossary ''"),
        ({"glossaries": ["shop"] * 17}, "has 17 names; at most 16 are allowed"),
        (
            {"glossaries": ["shop"], "target_language_code": "fr"},
            "glossaries: glossary 'shop': no terms from en to fr; it has en, pt, de",
        ),
    ],
)
async def test_a_name_that_cannot_be_served_is_told(
    shop: tuple[RunningServer, Path], fields: dict[str, Any], says: str
) -> None:
    async with connected(shop[0].address) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stub.Translate(request("a cart.", **fields))
    assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert says in str(failed.value.details())


async def test_each_target_of_a_stream_has_its_own_forms(
    shop: tuple[RunningServer, Path],
) -> None:
    first = config(["pt", "de", "fr"], source="en")
    first.config.glossaries.append("shop")
    words = [source(n, word + " ") for n, word in enumerate(["the", "cart", "is", "here."], 1)]
    result = await exchange(shop[0].address, [first, *words])
    assert result.code == grpc.StatusCode.OK
    said = [list(result.texts(target).values()) for target in ("pt", "de", "fr")]
    assert said == [["THE panier IS HERE."], ["THE Wagen IS HERE."], ["THE CART IS HERE."]]


async def test_a_detected_language_that_a_glossary_lacks_leaves_it_out(
    shop: tuple[RunningServer, Path],
) -> None:
    async with connected(shop[0].address) as stub:
        fields = {"source_language_code": "und", "possible_source_language_codes": ["es"]}
        response = await stub.Translate(request("a cart is here.", glossaries=["shop"], **fields))
    assert response.translations[0].text == "A CART IS HERE."


async def test_targets_through_english_share_their_terms(
    shop: tuple[RunningServer, Path],
) -> None:
    server, folder = shop
    (folder / "two.csv").write_text("es,pt,de\ncart,panier,Wagen\n")
    words = [source(n, word + " ") for n, word in enumerate(["the", "cart", "is", "here."], 1)]
    for targets, code in (
        (["pt"], grpc.StatusCode.OK),
        (["pt", "de"], grpc.StatusCode.INVALID_ARGUMENT),
    ):
        first = config(targets, source="es")
        first.config.glossaries.append("two")
        result = await exchange(server.address, [first, *words])
        assert result.code == code, result
        if code is grpc.StatusCode.OK:
            assert list(result.texts("pt").values()) == ["THE panier IS HERE."]


async def test_a_damaged_glossary_is_told_before_the_server_starts(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text("cart,panier\ncart,chariot\n")
    with pytest.raises(GlossaryFileError, match=r"shop\.csv: row 2"):
        async with serve_in_process(ServerConfig(port=0, glossaries=tmp_path)):
            pass
    with pytest.raises(GlossaryFileError, match="no such folder"):
        async with serve_in_process(ServerConfig(port=0, glossaries=tmp_path / "none")):
            pass
