"""Draw ``docs/stream.svg``: ``translator stream`` in mid-talk, as a terminal shows it.

    python docs/make_picture.py

The text is what the embedded model really gave; nothing is staged but the moment.
"""

import asyncio
import io
import re
from pathlib import Path

from rich.console import Console
from rich.text import Text

from translator.client import AsyncTranslatorClient, Update
from translator.config import ServerConfig
from translator.server.app import running

ROOT = Path(__file__).parent.parent
NUM_WORDS = 72


async def text_until(num_words: int) -> tuple[str, list[Update]]:
    """The source so far, and the last update of each segment, after so many source words."""
    words = (ROOT / "examples" / "talk.en.txt").read_text(encoding="utf-8").split()[:num_words]
    updates: dict[int, Update] = {}
    async with (
        running(ServerConfig(port=0)) as server,
        AsyncTranslatorClient(server.address) as client,
        client.stream(source="en", targets=["pt"]) as stream,
    ):
        for number, word in enumerate(words, start=1):
            await stream.send(word + " ")
            async for event in stream:
                if not isinstance(event, Update):
                    continue
                updates[event.segment_id] = event
                if not event.closed and event.source_sequence == number:
                    break
    return " ".join(words), list(updates.values())


def main() -> None:
    """Write the picture."""
    source, updates = asyncio.run(text_until(NUM_WORDS))
    console = Console(record=True, width=92, file=io.StringIO())
    console.print(Text("$ translator stream --from en --to pt --words-per-second 2.5 talk.en.txt"))
    for update in updates:
        end = update.source_start + update.source_length if update.closed else None
        console.print(Text(f"› {source[update.source_start : end].strip()}", style="cyan"))
        console.print(Text(update.text) + Text(update.draft, style="dim"))
    svg = console.export_svg(title="the source, committed text, and the draft dimmed after it")
    # Fonts that are fetched from elsewhere are not for a document that has to stand alone.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (ROOT / "docs" / "stream.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
