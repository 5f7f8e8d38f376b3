"""Read a room of captions, or speak in it: a program at a gateway's ``--grpc-port``.

translator captions --grpc-port 50052                     # prints the links
python examples/room.py read localhost:50052 LINK pt
python examples/room.py speak localhost:50052 LINK en < words.txt
"""

import asyncio
import sys

from translator.client import AsyncTranslatorClient, CaptionUpdate, Reconnecting


async def read(client: AsyncTranslatorClient, link: str, language: str) -> None:
    """Print each caption when it is closed."""
    async with client.subscribe(link, [language]) as subscription:
        async for event in subscription:
            match event:
                case CaptionUpdate(caption=caption) if caption.closed:
                    print(f"{caption.speaker or '–'}: {caption.text.strip()}", flush=True)
                case Reconnecting():
                    print(event.cause.message, file=sys.stderr)


async def speak(client: AsyncTranslatorClient, link: str, language: str) -> None:
    """Say what comes on standard input; each line ends a segment."""
    async with client.publish(link, language=language) as publication:
        while line := await asyncio.to_thread(sys.stdin.readline):
            await publication.send(line.rstrip("\n") + " ", end_of_segment=True)
        await publication.close_source()


async def main(action: str, address: str, link: str, language: str) -> None:
    """Do one of the two."""
    async with AsyncTranslatorClient(address) as client:
        await {"read": read, "speak": speak}[action](client, link, language)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
