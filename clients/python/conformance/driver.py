"""Drives the Python client for the conformance runner; its protocol is in clients/conformance.

    python -m clients.conformance --driver "python clients/python/conformance/driver.py"

With ``--threads`` it drives the client for threads.
"""

import asyncio
import dataclasses
import json
import re
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import Any

from translator.client import (
    AsyncTranslatorClient,
    BatchItem,
    CaptionsLink,
    CaptionUpdate,
    Latency,
    NamedPolicy,
    Rests,
    Segmentation,
    TranslatorClient,
)
from translator.errors import TranslatorError

# What the protocol calls otherwise than Python does, after the change of case and unit.
TO_PYTHON = {"start_offset_s": "start_s", "end_offset_s": "end_s"}
FROM_PYTHON = {
    "startMs": "startOffsetMs",
    "endMs": "endOffsetMs",
    "segmentStartMs": "segmentStartOffsetMs",
    "segmentEndMs": "segmentEndOffsetMs",
    "violations": "fieldViolations",
}
ERROR_FACTS = ("reason", "message", "metadata", "violations", "retry_after_s", "subject")


class Blocking:
    """A client or stream for threads, with methods that are awaited."""

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped

    def batch(self, items: list[Any], **options: Any) -> "Blocking":
        return Blocking(self.wrapped.batch(items, **options))

    def subscribe(self, *arguments: Any) -> "Blocking":
        return Blocking(self.wrapped.subscribe(*arguments))

    def publish(self, *arguments: Any, **options: Any) -> "Blocking":
        return Blocking(self.wrapped.publish(*arguments, **options))

    def captions(self, language: str) -> Any:
        return self.wrapped.captions(language)

    def stream(self, **options: Any) -> "Blocking":
        return Blocking(self.wrapped.stream(**options))

    def transcript(self, *arguments: str) -> str:
        return str(self.wrapped.transcript(*arguments))

    def draft(self, target: str) -> str:
        return str(self.wrapped.draft(target))

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.wrapped, name)
        return lambda *args, **options: asyncio.to_thread(method, *args, **options)

    async def __aenter__(self) -> "Blocking":
        await asyncio.to_thread(self.wrapped.__enter__)
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.to_thread(self.wrapped.__exit__, *error)

    def __aiter__(self) -> "Blocking":
        return self

    async def __anext__(self) -> Any:
        event = await asyncio.to_thread(next, self.wrapped, None)
        if event is None:
            raise StopAsyncIteration
        return event


def client(address: str, metadata: dict[str, str]) -> Any:
    pairs = list(metadata.items())
    if "--threads" in sys.argv:
        return Blocking(TranslatorClient(address, metadata=pairs))
    return AsyncTranslatorClient(address, metadata=pairs)


def to_python(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of the protocol as keyword arguments of the library."""
    arguments = {}
    for key, value in fields.items():
        name = re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", key)
        if name.endswith("_ms"):
            name, value = name.removesuffix("ms") + "s", value / 1000
        elif name == "policy":
            value = Latency(value) if isinstance(value, str) else NamedPolicy(**value)
        elif name == "segmentation":
            value = Segmentation(value)
        elif name == "rests":
            value = Rests(**to_python(value))
        arguments[TO_PYTHON.get(name, name)] = value
    return arguments


def from_python(value: Any) -> Any:
    """A value of the library as the protocol has it."""
    if isinstance(value, TranslatorError):
        facts = {name: getattr(value, name) for name in ERROR_FACTS if hasattr(value, name)}
        return {"code": value.status, **fields_of(facts)}
    if isinstance(value, Exception):
        return {"code": "", "message": f"{type(value).__name__}: {value}"}
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return fields_of({name: getattr(value, name) for name in names})
    if isinstance(value, Mapping):
        return {key: from_python(each) for key, each in value.items()}
    return [from_python(each) for each in value] if isinstance(value, list | tuple) else value


def fields_of(attributes: dict[str, Any]) -> dict[str, Any]:
    fields = {}
    for name, value in attributes.items():
        if name.endswith("_s") and value is not None:
            name, value = f"{name[:-1]}ms", value * 1000
        key = re.sub("_([a-z])", lambda match: match[1].upper(), name)
        fields[FROM_PYTHON.get(key, key)] = from_python(value)
    return fields


def say(**line: Any) -> None:
    print(json.dumps({key: from_python(value) for key, value in line.items()}), flush=True)


def tell(stream_id: str, event: Any) -> None:
    name = type(event).__name__.removeprefix("Session").lower()
    say(id=stream_id, event=name, **from_python(event))


async def read(stream_id: str, stream: Any) -> None:
    try:
        async for event in stream:
            tell(stream_id, event)
        say(id=stream_id, event="end")
    except Exception as error:
        say(id=stream_id, event="error", error=error)


class Driver:
    """Carries out commands; ``line`` is what the runner has written."""

    def __init__(self) -> None:
        self.streams: dict[str, Any] = {}
        self.closing: dict[str, AsyncExitStack] = {}

    async def answer(self, line: dict[str, Any]) -> None:
        stream_id, command = line["id"], line["command"]
        try:
            result = await self.carry_out(stream_id, command, line)
            say(id=stream_id, **({"unknown": command} if result is None else result))
        except Exception as error:
            say(id=stream_id, answer=command, error=error)

    async def carry_out(self, stream_id: str, command: str, line: dict[str, Any]) -> Any:
        """What the command answers; None where there is no such command."""
        stream: Any = self.streams.get(stream_id)
        result: dict[str, Any] = {"answer": command}
        match command:
            case "open":
                await self.open(stream_id, line["address"], line["metadata"], line["options"])
            case "send":
                await stream.send(**{"committed": "", **to_python(line["source"])})
            case "flush":
                await stream.flush()
            case "reconfigure":
                await stream.reconfigure(**to_python(line["options"]))
            case "end":
                await stream.close_source()
            case "state":
                target = line["target"]
                result["transcript"] = stream.transcript(target, "\n")
                result["draft"] = stream.draft(target)
            case "close":
                await self.closing.pop(stream_id, AsyncExitStack()).aclose()
            case "translate":
                async with client(line["address"], {}) as opened:
                    options = to_python(line["options"])
                    result["translations"] = await opened.translate(line["texts"], **options)
            case "batch":
                result |= await self.batch(line["address"], line["items"], line["options"])
            case "subscribe":
                result |= await self.subscribe(line)
            case "publish":
                result |= await self.publish(line)
            case "createRoom" | "roomStatus" | "switchSink":
                result |= await self.operate(command, line)
            case "listModels":
                async with client(line["address"], {}) as opened:
                    result |= from_python(await opened.list_models())
            case _:
                return None
        return result

    async def batch(self, address: str, items: list[Any], options: Any) -> dict[str, Any]:
        """All results, by index, and the report."""
        given = [item if isinstance(item, str) else BatchItem(**to_python(item)) for item in items]
        async with client(address, {}) as opened:
            batch = opened.batch(given, **to_python(options))
            results = [each async for each in batch]
        report = batch.wrapped.report if isinstance(batch, Blocking) else batch.report
        results.sort(key=lambda each: each.index)
        told = []
        for each in results:
            fields = from_python(each)
            told.append({**fields, **fields.pop("translation")})
        return {"results": told, "report": from_python(report)}

    async def subscribe(self, line: dict[str, Any]) -> dict[str, Any]:
        """What was read until the room was closed."""
        async with client(line["address"], {}) as opened:
            link = CaptionsLink(line["room"]["roomId"], line["room"]["key"])
            async with opened.subscribe(link, line["languages"]) as reader:
                events = [event async for event in reader]
                updates = [e.committed for e in events if isinstance(e, CaptionUpdate)]
                captions = {each: reader.captions(each) for each in line["languages"]}
                return {"updates": updates, "captions": captions}

    async def publish(self, line: dict[str, Any]) -> dict[str, Any]:
        """How far all that was said has come."""
        async with client(line["address"], {}) as opened:
            link = CaptionsLink(line["room"]["roomId"], line["room"]["key"])
            names = {"language": line["language"], "speaker": line.get("speaker", "")}
            async with opened.publish(link, **names, publisher_id=line["publisherId"]) as speaker:
                for said in line["say"]:
                    await speaker.send(**{"committed": "", **to_python(said)})
                await speaker.close_source()
                facts = speaker.wrapped if isinstance(speaker, Blocking) else speaker
                return {"position": facts.position, "done": facts.done}

    async def operate(self, command: str, line: dict[str, Any]) -> dict[str, Any]:
        """What an operator is told."""
        link = CaptionsLink(line["room"]["roomId"], line["room"]["key"])
        async with client(line["address"], {}) as opened:
            match command:
                case "createRoom":
                    options = {"title": line["title"], "pinned": line["pinned"]}
                    return {"links": await opened.create_room(link, **options)}
                case "roomStatus":
                    return {"status": await opened.room_status(link)}
                case _:
                    return {"sink": await opened.switch_sink(link, line["sinkId"], line["on"])}

    async def open(self, stream_id: str, address: str, metadata: Any, options: Any) -> None:
        loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            opened = await stack.enter_async_context(client(address, metadata))
            stream = opened.stream(
                **to_python(options),
                on_connecting=lambda event: loop.call_soon_threadsafe(tell, stream_id, event),
            )
            await stack.enter_async_context(stream)
            stack.callback(asyncio.create_task(read(stream_id, stream)).cancel)
            self.streams[stream_id], self.closing[stream_id] = stream, stack.pop_all()


async def main() -> None:
    # A blocking client holds one thread for each stream.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(100))
    driver = Driver()
    async with asyncio.TaskGroup() as answers:
        while line := await asyncio.to_thread(sys.stdin.readline):
            answers.create_task(driver.answer(json.loads(line)))


asyncio.run(main())
