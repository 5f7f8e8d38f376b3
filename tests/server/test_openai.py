"""The chats of OpenAI and Ollama, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.server.fronts import Fronts, events, fronts, models
from translator.config import Limits, ServerConfig
from translator.fronts.openai.front import OpenAI
from translator.languages.detection import FastTextDetector
from translator.testing import serve_in_process

pytestmark = pytest.mark.server

CHAT = "/v1/chat/completions"


@pytest.fixture
async def front() -> AsyncIterator[Fronts]:
    async with serve_in_process(models=models(), detector=FastTextDetector()) as server:
        async with fronts(server.address, served=[OpenAI]) as running:
            yield running


def chat(content: object, model: object = "en-pt", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": content}], **more}


async def said(front: Fronts, asked: dict[str, Any]) -> str:
    reply = await front.ask(CHAT, asked)
    content: str = reply.json["choices"][0]["message"]["content"]
    return content


async def test_the_last_message_of_the_user_is_translated(front: Fronts) -> None:
    asked = chat("One.")
    asked["messages"] = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Not this."},
        {"role": "assistant", "content": "NOT THIS."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "It "}, {"type": "text", "text": "is."}],
        },
        {"role": "assistant", "content": ""},
    ]
    assert await said(front, asked | {"temperature": 0.2, "max_tokens": 5}) == "IT IS."
    reply = (await front.ask(CHAT, chat("One."))).json
    assert reply["object"] == "chat.completion"
    assert reply["usage"] == {"prompt_tokens": 4, "completion_tokens": 4, "total_tokens": 8}
    assert await said(front, chat("")) == ""


async def test_models_are_pairs(front: Fronts) -> None:
    for model, text, expected in (
        ("en-pt-BR", "One.", "ONE."),
        ("translator/en-pt:latest", "One.", "ONE."),
        ("pt-de", "Um dia.", "UM DIA."),
        ("auto-en", "Bom dia a todos, Pessoal.", "Bom dia a todos, pessoal."),
    ):
        assert await said(front, chat(text, model)) == expected, model
    names = [each["id"] for each in (await front.ask("/v1/models")).json["data"]]
    assert names == ["en-de", "en-pt", "pt-de", "pt-en", "auto-de", "auto-en", "auto-pt"]
    for name in names:
        assert (await front.ask(f"/v1/models/{name}")).json["id"] == name
        assert (await front.ask(CHAT, chat("One.", name))).code == 200


async def test_an_instruction_before_the_text_is_not_translated(front: Fronts) -> None:
    for before in ("Translate to Portuguese:\n\n", "\ntranslate from A to B, please: \r\n \r\n"):
        assert await said(front, chat(f"{before}One.\n\nTwo.")) == "ONE.\n\nTWO."
    for whole in (
        "Translate this.\n\nOne.",
        "Translate:\nOne.",
        "To do:\n\nOne.",
        "Translate:\n\n",
    ):
        found = await said(front, chat(whole))
        assert found.replace("~.", "").replace(".", "") == whole.upper().replace(".", "")


async def test_what_is_committed_comes_as_it_is_committed(front: Fronts) -> None:
    text = "One day. Two days!\n\n- Three.\tFour £5.\n"
    reply = await front.ask(CHAT, chat(text, stream=True, stream_options={"include_usage": True}))
    assert reply.headers["content-type"].startswith("text/event-stream")
    first, *chunks, end, usage = events(reply)
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    pieces = [each["choices"][0]["delta"]["content"] for each in chunks]
    assert pieces == ["ONE DAY.", " TWO DAYS!", "\n\n- THREE.", "\tFOUR £5.", "\n"]
    assert end["choices"][0]["finish_reason"] == "stop"
    assert usage["usage"]["completion_tokens"] == len("".join(pieces))
    assert len({each["id"] for each in (first, *chunks, end, usage)}) == 1
    for blank in ("", " \n"):
        told = events(await front.ask(CHAT, chat(blank, stream=True)))
        assert "".join(each["choices"][0]["delta"].get("content", "") for each in told) == blank
    long = "A word or two. " * 80
    told = events(await front.ask(CHAT, chat(long, "auto-pt", stream=True)))
    found = "".join(each["choices"][0]["delta"].get("content", "") for each in told)
    assert found == long.upper()


async def test_who_goes_away_leaves_the_place_to_others() -> None:
    config = ServerConfig(port=0, limits=Limits(max_sessions=1, max_chunk_length=50))
    body = json.dumps(chat("A word or two. " * 500, stream=True)).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: gateway\r\nContent-Length: {len(body)}\r\n"
    async with serve_in_process(config, models()) as server:
        async with fronts(server.address, served=[OpenAI]) as front:
            for _ in range(3):
                reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
                writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
                assert b"200 OK" in await reader.readuntil(b"\r\n")
                await reader.readuntil(b'"content": "A ')
                writer.transport.abort()
                async with asyncio.timeout(30):
                    while (await front.ask(CHAT, chat("One.", stream=True))).code == 429:
                        pass


async def test_ollama_is_asked_at_its_own_addresses(front: Fronts) -> None:
    # As its documents have it for curl, which says nothing of JSON.
    raw = json.dumps({"model": "en-pt", "prompt": "One. Two."})
    reply = await front.ask("/api/generate", raw, "application/x-www-form-urlencoded")
    lines = [json.loads(line) for line in reply.body.splitlines()]
    assert [line["response"] for line in lines] == ["ONE.", " TWO.", ""]
    assert [line["done"] for line in lines] == [False, False, True]
    assert (lines[-1]["prompt_eval_count"], lines[-1]["eval_count"]) == (9, 9)
    reply = await front.ask("/api/chat", chat("One.", stream=False))
    assert reply.json["message"] == {"role": "assistant", "content": "ONE."}
    assert (await front.ask("/api/version")).json["version"]
    for path, body, code, says in (
        ("/api/generate", {"model": "llama3", "prompt": "a"}, 404, "does not exist"),
        ("/api/generate", {"prompt": "a"}, 400, "model"),
        ("/api/chat", {"model": "en-pt", "format": "json", "messages": []}, 400, "user"),
        ("/api/chat", chat("a", format="json"), 400, "format"),
        ("/api/generate", {"model": "en-pt", "prompt": "a", "images": ["x"]}, 400, "images"),
        ("/api/embed", {"model": "en-pt", "input": "a"}, 404, "not served"),
    ):
        reply = await front.ask(path, body)
        assert (reply.code, set(reply.json)) == (code, {"error"}), path
        assert says in reply.json["error"]


BAD: list[tuple[object, str, int, str | None, str]] = [
    (chat("a", "gpt-4"), "", 404, None, "there are: en-de, en-pt"),
    (chat("a", "pt-fr"), "", 404, None, "does not exist"),
    (chat("a", "-".join("a" * 5000)), "", 404, None, "does not exist"),
    (chat("a", 5), "", 400, "model", "a string"),
    ({"messages": []}, "", 400, "model", "you must provide"),
    ({"model": "en-pt"}, "", 400, "messages", "role user"),
    ({"model": "en-pt", "messages": ["a"]}, "", 400, "messages", "array of objects"),
    ({"model": "en-pt", "messages": [["a"]]}, "", 400, "messages", "array of objects"),
    ({"model": "en-pt", "messages": "a"}, "", 400, "messages", "array of objects"),
    (chat(5), "", 400, "content", "a string"),
    (chat(["a"]), "", 400, "content", "array of objects"),
    (chat([{"type": "image_url", "image_url": {"url": "x"}}]), "", 400, "messages", "type text"),
    (chat("\ud800"), "", 400, "content", "surrogate"),
    (chat("a", n=2), "", 400, "n", "one choice"),
    (chat("a", n=0), "", 400, "n", "one choice"),
    (chat("a", stream="maybe"), "", 400, "stream", "true or false"),
    (chat("a", stream=True, stream_options=5), "", 400, "stream_options", "an object"),
    (chat("a", response_format={"type": "json_object"}), "", 400, "response_format", "text"),
    ("{", "", 400, None, "not valid JSON"),
    ("[1]", "", 400, None, "no JSON object"),
    ("model=en-pt", "application/x-www-form-urlencoded", 415, None, "application/json"),
    ("x" * (5 << 20), "", 413, None, "too large"),
]


async def test_what_is_not_valid_is_told_as_this_protocol_does(front: Fronts) -> None:
    for body, kind, code, param, says in BAD:
        reply = await front.ask(CHAT, body, kind or "application/json")  # type: ignore[arg-type]
        told = reply.json["error"]
        assert (reply.code, told["param"]) == (code, param), (str(body)[:200], told)
        assert set(told) == {"message", "type", "param", "code"}
        assert says in told["message"]
        assert "Traceback" not in told["message"]
    assert (await front.ask("/v1/embeddings", {})).json["error"]["type"] == "invalid_request_error"
    assert (await front.ask(CHAT)).code == 404
