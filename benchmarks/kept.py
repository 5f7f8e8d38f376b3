"""What of a text survives its translation: characters, identifiers, prices, placeholders, lines.

    python -m benchmarks.kept
    python -m benchmarks.kept --data ../shared/data

Made-up sentences, both directions: each with a character that shops and captions use (whole, and
live word by word), an identifier of one of 36 kinds, or a price in one of 8 currencies. With
``--data`` also real strings with placeholders, real texts with line breaks, terms, and words that
the reference says otherwise than the model, as terms. Counts what comes back as it was, prints what
does not, and writes the table of ``docs/integrity.md``. Exits 1 where a bar is missed.

How to get the data is in ``benchmarks/__init__.py``.
"""

import argparse
import csv
import json
import random
import re
import string
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import sacrebleu

from benchmarks.document import replaced
from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.local import Translation, Translator
from translator.text.shop_characters import SHOP_CHARACTERS

DEFAULT_RESULT = Path(__file__).parent / "results" / "kept.json"
DOCUMENT = Path(__file__).parents[1] / "docs" / "integrity.md"
PAIRS = (("en", "pt"), ("pt", "en"))
SENTENCES = {
    "en": ("The label shows {} on the box.", "Please write {} in the first line of the form."),
    "pt": (
        "A etiqueta mostra {} na caixa.",
        "Por favor, escreva {} na primeira linha do formulário.",
    ),
}
CARRIERS = {
    "en": (
        "Please use {} for your order today.",
        "We could not find {} in our records.",
        "The customer asked about {} again.",
        "Send {} to the support team before noon.",
    ),
    "pt": (
        "Por favor, use {} no seu pedido de hoje.",
        "Não encontramos {} nos nossos registros.",
        "O cliente perguntou sobre {} outra vez.",
        "Envie {} para a equipe de apoio antes do meio-dia.",
    ),
}
PRICED = {
    "en": (
        "The jacket costs {} in our shop.",
        "You save {} when you buy two of them.",
        "Shipping is {} for all orders.",
    ),
    "pt": (
        "A jaqueta custa {} na nossa loja.",
        "Você economiza {} na compra de dois.",
        "O frete é {} para todos os pedidos.",
    ),
}
CURRENCIES = ("$", "US$", "R$", "€", "£", "¥", "₹", "CHF ")


def digits(r: random.Random, length: int) -> str:
    return "".join(r.choices(string.digits, k=length))


def letters(r: random.Random, length: int, alphabet: str = string.ascii_lowercase) -> str:
    return "".join(r.choices(alphabet, k=length))


def hexadecimal(r: random.Random, length: int) -> str:
    return "".join(r.choices("0123456789abcdef", k=length))


_UPPER = string.ascii_uppercase
KINDS: dict[str, Callable[[random.Random], str]] = {
    "e-mail": lambda r: f"{letters(r, 5)}.{letters(r, 4)}@{letters(r, 6)}.com",
    "e-mail with a tag": lambda r: f"{letters(r, 5)}+{letters(r, 3)}@{letters(r, 6)}.com.br",
    "URL": lambda r: f"https://{letters(r, 6)}.example/{letters(r, 4)}/{digits(r, 3)}",
    "URL with a query": lambda r: (
        f"https://www.{letters(r, 6)}.com/p?id={digits(r, 5)}&x={letters(r, 2)}"
    ),
    "URL without scheme": lambda r: f"www.{letters(r, 7)}.com/{letters(r, 5)}",
    "domain": lambda r: f"{letters(r, 7)}.com.br",
    "hash tag": lambda r: f"#{letters(r, 4).title()}{letters(r, 5).title()}",
    "handle": lambda r: f"@{letters(r, 5)}_{digits(r, 2)}",
    "hex colour": lambda r: f"#{hexadecimal(r, 6)}",
    "short hex colour": lambda r: f"#{hexadecimal(r, 3)}",
    "EAN": lambda r: digits(r, 13),
    "UPC": lambda r: digits(r, 12),
    "ISBN": lambda r: f"978-{digits(r, 1)}-{digits(r, 4)}-{digits(r, 4)}-{digits(r, 1)}",
    "SKU": lambda r: f"{letters(r, 2, _UPPER)}-{digits(r, 4)}-{letters(r, 2, _UPPER)}",
    "SKU with a slash": lambda r: f"{letters(r, 3, _UPPER)}/{digits(r, 5)}",
    "SKU in one": lambda r: f"{letters(r, 3, _UPPER)}{digits(r, 5)}",
    "SKU with small letters": lambda r: (
        f"{letters(r, 4).title()}-XS-{letters(r, 5).title()}-{digits(r, 2)}"
    ),
    "order number": lambda r: f"#{digits(r, 6)}",
    "coupon": lambda r: f"{letters(r, 5, _UPPER)}{digits(r, 2)}",
    "UUID": lambda r: str(uuid.UUID(int=r.getrandbits(128))),
    "commit": lambda r: f"a{digits(r, 1)}{hexadecimal(r, 8)}",
    "version": lambda r: f"{r.randint(0, 9)}.{r.randint(0, 20)}.{r.randint(0, 20)}",
    "version with v": lambda r: f"v{r.randint(0, 9)}.{r.randint(0, 20)}",
    "version with a suffix": lambda r: (
        f"{r.randint(0, 9)}.{r.randint(0, 20)}.0-rc.{r.randint(1, 9)}"
    ),
    "IPv4": lambda r: ".".join(str(r.randint(0, 255)) for _ in range(4)),
    "MAC": lambda r: ":".join(hexadecimal(r, 2) for _ in range(6)),
    "IBAN": lambda r: f"DE{digits(r, 2)} " + " ".join(digits(r, 4) for _ in range(4)) + " 07",
    "phone": lambda r: f"+55 {digits(r, 2)} 9{digits(r, 4)}-{digits(r, 4)}",
    "Unix path": lambda r: f"/{letters(r, 3)}/{letters(r, 5)}/{letters(r, 4)}.conf",
    "Windows path": lambda r: f"C:\\{letters(r, 5)}\\{letters(r, 6)}.exe",
    "file": lambda r: f"{letters(r, 6)}-{digits(r, 2)}.pdf",
    "snake case": lambda r: f"{letters(r, 5)}_{letters(r, 4)}_{letters(r, 3)}",
    "constant": lambda r: f"{letters(r, 4, _UPPER)}_{letters(r, 5, _UPPER)}",
    "option": lambda r: f"--{letters(r, 5)}-{letters(r, 4)}",
    "tracking number": lambda r: f"{letters(r, 2, _UPPER)}{digits(r, 9)}BR",
    "hexadecimal number": lambda r: f"0x{hexadecimal(r, 6)}",
}


class Kept:
    """Counts what comes back, and remembers what does not."""

    def __init__(self, show: int) -> None:
        self.rows: list[dict[str, Any]] = []
        self._show = show

    def add(self, what: str, pair: str, done: Iterable[tuple[bool, str, str]], bar: float) -> None:
        """Count results: whether it is right, the source, the target."""
        results = list(done)
        wrong = [(source, target) for is_right, source, target in results if not is_right]
        kept = 1 - len(wrong) / max(1, len(results))
        self.rows.append(
            {"what": what, "pair": pair, "of": len(results), "lost": len(wrong),
             "kept": f"{kept:.2%}", "bar": f"{bar:.1%}", "met": kept >= bar}
        )  # fmt: skip
        print(f"{what}, {pair}: {kept:.2%} of {len(results)}", flush=True)
        for source, target in wrong[: self._show]:
            print(f"    {source!r}\n    {target!r}")


def whole(translator: Translator, pair: tuple[str, str], texts: Sequence[str]) -> list[str]:
    """Translate texts without line breaks, many at a time: each is a line."""
    done: list[str] = []
    for first in range(0, len(texts), 200):
        batch = texts[first : first + 200]
        text = translator.translate("\n".join(batch), source=pair[0], target=pair[1]).text
        lines = text.split("\n")
        if len(lines) != len(batch):
            raise AssertionError("a line was lost")
        done += lines
    return done


def live(translator: Translator, pair: tuple[str, str], text: str) -> str:
    """Translate a text word by word."""
    with translator.stream(source=pair[0], targets=[pair[1]]) as stream:
        for word in re.findall(r"\S+\s*", text):
            stream.send(word)
        stream.end()
        return stream.transcript(pair[1])


def made_up(translator: Translator, kept: Kept) -> None:
    """What needs no data."""
    characters = list(SHOP_CHARACTERS)
    for pair in PAIRS:
        name = "-".join(pair)
        given = [(c, s.format(c)) for s in SENTENCES[pair[0]] for c in characters]
        targets = whole(translator, pair, [text for _, text in given])
        found = ((c in t, s, t) for (c, s), t in zip(given, targets, strict=True))
        kept.add("characters, whole", name, found, 1.0)
        first = given[: len(characters)]
        found = ((c in (t := live(translator, pair, s)), s, t) for c, s in first)
        kept.add("characters, live", name, found, 1.0)
        r = random.Random(7)  # noqa: S311
        given = [
            (made, CARRIERS[pair[0]][number % 4].format(made))
            for make in KINDS.values()
            for number in range(100)
            for made in [make(r)]
        ]
        targets = whole(translator, pair, [text for _, text in given])
        found = ((made in t, s, t) for (made, s), t in zip(given, targets, strict=True))
        kept.add("identifiers, 36 kinds", name, found, 0.999)
        given = [
            (price, PRICED[pair[0]][number % 3].format(price))
            for currency in CURRENCIES
            for number in range(75)
            for price in [currency + amount(r, pair[0], number)]
        ]
        targets = whole(translator, pair, [text for _, text in given])
        found = ((is_price(p, s, t), s, t) for (p, s), t in zip(given, targets, strict=True))
        kept.add("prices", name, found, 0.995)


def amount(r: random.Random, language: str, number: int) -> str:
    """An amount of money, as the language writes it."""
    whole_part = r.choice((r.randint(1, 99), r.randint(100, 999), r.randint(1000, 99999)))
    text = f"{whole_part:,}.{r.randint(0, 99):02}" if number % 3 else f"{whole_part:,}"
    return text.translate(str.maketrans(",.", ".,")) if language == "pt" else text


# What a currency may be called in a translation.
_NAMES = {
    "$": r"(?<!R)\$|d[oó]lar|dollar",
    "US$": r"(US ?)?\$|d[oó]lar|dollar|USD",
    "R$": r"R\$|rea(l|is)|BRL",
}


def is_price(price: str, source: str, target: str) -> bool:
    """Whether value and currency are in the target, by a check that is not the translator's."""
    value = re.sub(r"\D", "", price)
    found = {re.sub(r"\D", "", n) for n in re.findall(r"\d[\d.,\s]*\d|\d", target)}
    sign = re.sub(r"[\d.,\s]", "", price)
    names = {
        "$": r"(?<!R)\$|d[oó]lar|dollar",
        "US$": r"(US ?)?\$|d[oó]lar|dollar|USD",
        "R$": r"R\$|rea(l|is)|BRL",
    }
    has_sign = re.search(names[sign], target) if sign in names else sign in target
    return value in found and bool(has_sign)


def placeholders(text: str) -> list[str]:
    """Placeholders, by a pattern that is not the translator's."""
    return sorted(re.findall(r"%(?:\d+\$)?[sd]|%\d+|\{\{[^}]*\}\}|\{[^}]*\}", text))


def real(translator: Translator, kept: Kept, data: Path) -> None:
    """What needs data."""
    file = data / "terminology" / "ecommerce_ui_strings_with_placeholders.en-ptbr.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    rows = [row for row in rows if placeholders(row["en"]) and "\n" not in row["en"]]
    targets = whole(translator, PAIRS[0], [row["en"] for row in rows])
    found = (
        (placeholders(row["en"]) == placeholders(target), row["en"], target)
        for row, target in zip(rows, targets, strict=True)
    )
    kept.add("strings with placeholders", "en-pt", found, 0.999)
    score = sacrebleu.corpus_bleu(targets, [[row["pt"] for row in rows]]).score
    print(f"    BLEU {score:.1f}")
    texts = [
        cell
        for name in sorted((data / "listings").glob("*.csv"))
        for row in csv.reader(name.open(encoding="utf-8", newline=""))
        for cell in row
        if "\n" in cell.strip()
    ]
    done = [translator.translate(text, source="en", target="pt").text for text in texts]
    breaks = re.compile(r"[\r\n]+")
    found = (
        (breaks.findall(text) == breaks.findall(target), text[:80], target[:80])
        for text, target in zip(texts, done, strict=True)
    )
    kept.add("texts with line breaks", "en-pt", found, 1.0)
    terms = list(tico(data))
    kept.add("terms (TICO-19)", "en-pt", with_terms(translator, terms), 0.995)
    right = [
        (source, reference, {t: form for t, form in own.items() if has_word(reference, form)})
        for source, reference, own in terms
    ]
    right = [each for each in right if each[2]]
    kept.add("terms that the reference has", "en-pt", with_terms(translator, right), 0.995)


def demanded(translator: Translator, kept: Kept, data: Path) -> None:
    """Terms that a model says otherwise: single words that the reference has in their place."""
    file = data / "parallel" / "flores200-dev.en-pt.jsonl"
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    given = []
    for row in rows:
        said = translator.translate(row["src"], source="en", target="pt", alignments=True)
        terms = dict(otherwise(row["src"], said, row["ref"]))
        if terms:
            given.append((row["src"], row["ref"], terms))
    kept.add("terms said otherwise (FLORES)", "en-pt", with_terms(translator, given), 0.99)


def tico(data: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each sentence of TICO-19 that has terms, its reference, and the terms with their forms."""
    glossary = terms_of(data)
    for line in (data / "parallel" / "tico19.en-ptbr.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        own = {term: form for term, form in glossary.items() if has_word(row["en"], term)}
        if own:
            yield row["en"].replace("\n", " "), row["pt_br"], own


def has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def with_terms(
    translator: Translator, given: Iterable[tuple[str, str, dict[str, str]]]
) -> list[tuple[bool, str, str]]:
    """Translate sentences, each with its own glossary, and without; print BLEU of both.

    Args:
        translator: Translates.
        given: Source, reference and terms of each.
    """
    uses, plain, texts, references = [], [], [], []
    for source, reference, terms in given:
        result = translator.translate(source, source="en", target="pt", glossary=terms)
        plain.append(translator.translate(source, source="en", target="pt").text)
        texts.append(result.text)
        references.append(reference)
        uses += [(use.how.value != "failed", source, result.text) for use in result.terms]
    for name, told in (("without", plain), ("with", texts)):
        print(f"    BLEU {name} glossary {sacrebleu.corpus_bleu(told, [references]).score:.2f}")
    return uses


def otherwise(source: str, said: Translation, reference: str) -> Iterator[tuple[str, str]]:
    """Words of a source, each with the word of the reference that stands where the model's does."""
    words = list(re.finditer(r"\w+|[^\w\s]", said.text))
    theirs = re.findall(r"\w+|[^\w\s]", reference)
    ours = [word[0] for word in words]
    for tag, a, b, c, d in SequenceMatcher(a=ours, b=theirs, autojunk=False).get_opcodes():
        if tag != "replace" or b - a != 1 or d - c != 1:
            continue
        aligned = [
            source[each.source_start : each.source_end]
            for each in said.alignments
            if each.target_start <= words[a].start() < each.target_end
        ]
        if len(aligned) != 1:
            continue
        term, form = aligned[0].strip(".,;:"), theirs[c]
        is_word = all(each.isalpha() and each.islower() and len(each) > 3 for each in (term, form))
        if is_word and len(re.findall(rf"\b{term}\b", source, re.IGNORECASE)) == 1:
            yield term, form


def terms_of(data: Path) -> dict[str, str]:
    """The terms of TICO-19, each with its first translation."""
    terms: dict[str, str] = {}
    file = data / "terminology" / "terms.en-ptbr.jsonl"
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["src"] == "tico19-google" and len(row["en"]) > 3 and row["en"].islower():
            terms.setdefault(row["en"].lower(), row["pt"])
    return terms


def markdown(rows: Sequence[dict[str, Any]], measured: Measured) -> str:
    """The table of the page."""
    lines = [f"{measured}.", "", "| what | | of | kept | bar |", "|---|---|---|---|---|"]
    lines += (
        f"| {row['what']} | {row['pair']} | {row['of']} | {row['kept']} | {row['bar']} |"
        for row in rows
    )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="also with published texts")
    parser.add_argument("--show", type=int, default=3, help="print so many that are lost")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    told = parser.parse_args()
    kept = Kept(told.show)
    with Translator() as translator:
        made_up(translator, kept)
        if told.data is not None:
            real(translator, kept, told.data)
            demanded(translator, kept, told.data)
    measured = Measured.now()
    print(table(kept.rows))
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(replaced(text, "kept", markdown(kept.rows, measured)), encoding="utf-8")
    save(told.output, kept.rows, measured)
    return 0 if all(row["met"] for row in kept.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
