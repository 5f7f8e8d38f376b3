"""Translate a few words as they are spoken: committed text, and the draft in brackets.

Run it beside a server: python examples/python_stream.py localhost:50051
"""

import asyncio
import sys

from translator.client import AsyncStream, AsyncTranslatorClient, Report, Update

TALK = "Good morning, everyone. Today we talk about trains. Who came by train?"


async def talk(stream: AsyncStream) -> None:
    for word in TALK.split():
        await stream.send(f"{word} ")
        await asyncio.sleep(0.2)
    await stream.close_source()


async def main(address: str) -> None:
    async with (
        AsyncTranslatorClient(address) as client,
        client.stream(source="en", targets=["pt"]) as stream,
    ):
        talking = asyncio.create_task(talk(stream))
        async for event in stream:
            if isinstance(event, Update):
                print(f"{event.segment_id}: {event.text}[{event.draft}]")
            elif isinstance(event, Report):
                print(f"{event.source_words} words in {event.duration_s:.1f} s")
        await talking
        print(stream.transcript("pt"))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "localhost:50051"))
