"""What is said in a file, a pipe or at a microphone, as source of ``stream``."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from translator.asr import SourcePiece
from translator.speech.listening import Listener
from translator.speech.recogniser import BYTES_PER_S, Speech

__all__ = ["heard_in", "load_speech"]


def load_speech(folder: Path) -> Speech:
    """The Whisper model in a folder.

    Raises:
        ConfigError: There is none.
        ModuleNotFoundError: The extra ``speech`` is not installed.
    """
    # Only now: nothing else needs the extra, and it takes a second.
    from translator.speech.whisper import WhisperSpeech

    return WhisperSpeech(folder)


async def heard_in(
    audio: str, stdin: BinaryIO, speech: Speech, language: str, *, real_pace: bool = False
) -> AsyncIterator[SourcePiece]:
    """Yield what a recogniser hears.

    Args:
        audio: A file, a device as KIND:NAME, or - for ``stdin``: samples, or a WAV file.
        stdin: What - stands for.
        speech: Makes the recogniser.
        language: What is spoken; "" to find out.
        real_pace: Whether a file is heard as fast as it is spoken, not as fast as it can be.

    Raises:
        ClientError: The audio cannot be read, or nobody understands the language.
    """
    from translator.speech.audio import read_audio, read_raw

    blocks = read_raw(stdin) if audio == "-" else read_audio(audio)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "speech") as pool:
        listener = Listener(speech.listen(language), pool)

        async def read() -> None:
            began_s, read_s = loop.time(), 0.0
            try:
                while block := await asyncio.to_thread(next, blocks, None):
                    await listener.hear(block)
                    read_s += len(block) / BYTES_PER_S
                    if real_pace:
                        await asyncio.sleep(max(0.0, began_s + read_s - loop.time()))
            finally:
                await listener.end()

        reading = asyncio.create_task(read())
        try:
            async for pieces in listener:
                for piece in pieces:
                    yield piece
            await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
