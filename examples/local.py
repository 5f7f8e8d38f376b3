"""Translation in this process, without a server: a text, then a sentence as it is spoken.

python examples/local.py
"""

from translator.local import Translator

SPOKEN = "The next train to the coast leaves at nine from platform four."


def main() -> None:
    with Translator() as translator:
        print("A text:")
        print(" ", translator.translate("Good morning!", source="en", target="pt").text)

        print("A sentence, word by word: what is committed, and the draft in brackets.")
        with translator.stream(source="en", targets=["pt"]) as stream:
            for word in SPOKEN.split():
                for update in stream.send(word + " "):
                    print(f"  {word:<9} {update.text}[{update.draft}]")
            stream.end()
            print(" ", stream.transcript("pt"))


if __name__ == "__main__":
    main()
