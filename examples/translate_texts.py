"""Translate whole texts at once, and list what the server has.

Run it beside a server: python examples/translate_texts.py localhost:50051
"""

import sys

from translator.client import TranslatorClient

TEXTS = ["Good morning, everyone.", "Two pages, please.\n\nAnd a coffee."]


def main(address: str) -> None:
    with TranslatorClient(address) as client:
        for model in client.list_models().models:
            pairs = ", ".join(f"{pair.source}-{pair.target}" for pair in model.pairs)
            print(f"{model.name}: {pairs}")
        # A text that fails has its own error; the others are translated.
        for text, translation in zip(TEXTS, client.translate(TEXTS, "en", "pt"), strict=True):
            print(f"{text!r} -> {translation.error or translation.text!r}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "localhost:50051")
