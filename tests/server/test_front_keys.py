"""Each front with keys and quotas: a key where its protocol has it, and the refusals of it."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.server.fronts import EVERY_FRONT, Fronts, Reply, events, fronts, models
from translator.access.caller import Role
from translator.access.key_file import add_key
from translator.config import ServerConfig
from translator.languages.detection import FastTextDetector
from translator.testing import serve_in_process

pytestmark = pytest.mark.server

TEXT = "Good morning."


class Ask(NamedTuple):
    """How a front is asked: the address with the key in it, the body, and the key's header."""

    path: str
    body: Any
    header: str = "Authorization"
    value: str = "Bearer {}"

    async def __call__(self, front: Fronts, key: str) -> Reply:
        headers: Mapping[str, str] = {self.header: self.value.format(key)} if key else {}
        return await front.ask(self.path.format(key), self.body, headers=headers)


CHAT = {"model": "en-pt", "messages": [{"role": "user", "content": TEXT}]}
GOOGLE = {"q": TEXT, "source": "en", "target": "pt"}
OCP = "Ocp-Apim-Subscription-Key"
ASKS: dict[str, tuple[Ask, int, int]] = {
    "azure": (
        Ask("/translate?api-version=3.0&from=en&to=pt", [{"Text": TEXT}], OCP, "{}"),
        401,
        403,
    ),
    "google": (Ask("/language/translate/v2?key={}", GOOGLE, "X-Other", "-"), 403, 403),
    "google, header": (Ask("/language/translate/v2", GOOGLE, "X-Goog-Api-Key", "{}"), 403, 403),
    "libretranslate": (Ask("/translate", GOOGLE), 403, 429),
    "deepl": (
        Ask(
            "/v2/translate",
            {"text": [TEXT], "source_lang": "EN", "target_lang": "PT"},
            value="DeepL-Auth-Key {}",
        ),
        403,
        456,
    ),
    "openai": (Ask("/v1/chat/completions", CHAT), 401, 429),
    "ollama": (Ask("/api/chat", CHAT | {"stream": False}), 401, 429),
}


async def test_a_key_is_passed_on_and_a_limit_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "translator.audit")
    rules = tmp_path / "access.toml"
    keys = {}
    for number, name in enumerate(ASKS):
        for per in ("minute", "day"):
            keys[name, per] = add_key(
                rules,
                f"desk-{number}-{per}",
                [Role.TRANSLATE],
                expires=None,
                quotas={f"characters_per_{per}": 20},
            )
    config = ServerConfig(port=0, access=rules)
    async with serve_in_process(config, models(), FastTextDetector()) as server:
        async with fronts(server.address, served=EVERY_FRONT, wait=False) as front:
            for name, (ask, missing, daily) in ASKS.items():
                for key in ("", "tk_wrong"):
                    refused = await ask(front, key)
                    assert refused.code == missing, (name, refused.body)
                    assert {"error", "message"} & set(refused.json)
                for per, code in (("minute", 429), ("day", daily)):
                    reply = await ask(front, keys[name, per])
                    assert reply.code == 200, (name, reply.body)
                    assert TEXT.upper() in reply.body.decode()
                    for _ in range(3):
                        reply = await ask(front, keys[name, per])
                    assert reply.code == code, (name, per, reply.body)
                    assert {"error", "message"} & set(reply.json)
                    waits = "retry-after" in reply.headers
                    assert waits == (per == "minute" or name == "libretranslate")
            counted = {
                (sample.labels["front"], int(sample.labels["code"]))
                for family in front.metrics.registry.collect()
                for sample in family.samples
                if sample.name == "translator_front_requests_total"
            }
    # All is counted, and written down without a word of it.
    written = {
        (record.event, record.fields["code"])  # type: ignore[attr-defined]
        for record in caplog.records
        if record.name == "translator.audit" and "path" in record.fields  # type: ignore[attr-defined]
    }
    for name, (_, missing, daily) in ASKS.items():
        of = "openai" if name == "ollama" else name.partition(",")[0]
        assert {(of, code) for code in (200, missing, 429, daily)} <= counted & written, name
    assert TEXT not in caplog.text
    assert not any(key in caplog.text for key in keys.values())


async def test_a_gateway_without_a_key_learns_from_its_callers(tmp_path: Path) -> None:
    rules = tmp_path / "access.toml"
    key = add_key(rules, "desk", [Role.TRANSLATE], expires=None, quotas={})
    async with serve_in_process(ServerConfig(port=0, access=rules), models()) as server:
        async with fronts(server.address, served=EVERY_FRONT, wait=False) as front:
            unknown = Ask("/translate?api-version=3.0&from=en&to=fr", [{"Text": TEXT}], OCP, "{}")
            for _ in range(2):
                assert (await unknown(front, key)).json["error"]["code"] == 400036
                bearer = {"Authorization": f"Bearer {key}"}
                listed = (await front.ask("/v1/models", headers=bearer)).json["data"]
                assert "en-pt" in [each["id"] for each in listed]


async def test_a_wrong_method_is_told_in_each_shape() -> None:
    async with serve_in_process(models=models()) as server:
        async with fronts(server.address) as front:
            for path in ("/", "/languages", "/v2/usage", "/languages?api-version=3.0", "/api/tags"):
                reply = await front.ask(path, b"", method="PUT")
                assert reply.code == 405, path
                assert set(reply.json) <= {"error", "message"}


async def test_who_may_not_stream_gets_the_whole_at_once(tmp_path: Path) -> None:
    rules = tmp_path / "access.toml"
    may = add_key(rules, "one", [Role.TRANSLATE], expires=None, quotas={})
    may_not = add_key(rules, "two", [Role.BATCH], expires=None, quotas={})
    config = ServerConfig(port=0, access=rules)
    async with serve_in_process(config, models()) as server:
        async with fronts(server.address, served=EVERY_FRONT, wait=False) as front:
            ask = Ask("/v1/chat/completions", CHAT | {"stream": True})
            told = events(await ask(front, may))
            assert [each["choices"][0]["delta"].get("content") for each in told] == [
                "", TEXT.upper(), None,
            ]  # fmt: skip
            refused = await ask(front, may_not)
            assert refused.code == 403
            assert "role" in refused.json["error"]["message"]
