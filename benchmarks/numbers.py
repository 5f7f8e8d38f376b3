"""Numbers and names: does a translation have those of its source?

    python -m benchmarks.numbers

Numbers of four sizes, in words as they are said and in figures, in five sentences each; and some
700 given names of each language in eight. Whole, and word by word. No data is needed: the sentences
are here. A number is right if it stands there in figures or in all of its words. Exits 1 if more
than 1 % of the numbers or 5 % of the names are wrong; some names are other words, or those of
places and of the Bible, and have other forms in the other language.
"""

import argparse
import random
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.evaluation import Evaluation
from benchmarks.measured import Measured, save
from benchmarks.table import table
from translator.cli.evaluate import read_policy
from translator.eval.data import Sentence
from translator.eval.end import End
from translator.languages.pair import LanguagePair
from translator.precision import PRECISIONS

DEFAULT_RESULT = Path(__file__).parent / "results" / "numbers.json"
PAIRS = (LanguagePair("en", "pt"), LanguagePair("pt", "en"))
MAX_WRONG_NUMBERS = 0.01
MAX_WRONG_NAMES = 0.05
NUMBER_SENTENCES = {
    "en": ("We sold {} units last month.", "{}.", "The room holds {} people.",
           "It costs {} dollars.", "My number is {}."),
    "pt": ("Vendemos {} unidades no mês passado.", "{}.", "Na sala cabem {} pessoas.",
           "Custa {} reais.", "Meu número é {}."),
}  # fmt: skip
NAME_SENTENCES = {
    "en": ("I talked to {} yesterday.", "Thank you, {}.", "{} will present the results tomorrow.",
           "{}'s report is ready.", "I agree with {}.", "Good morning, {}.",
           "According to {}, the deadline is Friday.", "Thanks {}, that was helpful."),
    "pt": ("Falei com {} ontem.", "Obrigado, {}!", "{} vai apresentar os resultados amanhã.",
           "O relatório de {} ficou pronto.", "Concordo com {}.", "Bom dia, {}.",
           "Segundo {}, o prazo é sexta.", "Obrigada {}, ajudou bastante."),
}  # fmt: skip
SIZES = {
    "21 to 99": (21, 99),
    "101 to 999": (101, 999),
    "1,001 to 9,999": (1001, 9999),
    "10,001 to 999,999": (10_001, 999_999),
}


def _words(text: str) -> list[str]:
    return text.split()


_EN_SMALL = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_EN_TENS = _words("twenty thirty forty fifty sixty seventy eighty ninety")
_PT_SMALL = _words(
    "zero um dois três quatro cinco seis sete oito nove dez onze doze treze quatorze quinze "
    "dezesseis dezessete dezoito dezenove"
)
_PT_TENS = _words("vinte trinta quarenta cinquenta sessenta setenta oitenta noventa")
_PT_HUNDREDS = _words(
    "cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos"
)


def in_english(number: int, *, joint: str = " and ") -> str:
    """A number below a million in words, without hyphens, as recognisers write it."""
    if number < 20:
        return _EN_SMALL[number]
    if number < 100:
        tens = _EN_TENS[number // 10 - 2]
        return f"{tens} {_EN_SMALL[number % 10]}" if number % 10 else tens
    size, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    said = f"{in_english(number // size, joint=joint)} {name}"
    rest = number % size
    if not rest:
        return said
    return said + (joint if size == 100 else " ") + in_english(rest, joint=joint)


def in_portuguese(number: int) -> str:
    """A number below a million in words."""
    if number < 20:
        return _PT_SMALL[number]
    if number < 100:
        tens = _PT_TENS[number // 10 - 2]
        return f"{tens} e {_PT_SMALL[number % 10]}" if number % 10 else tens
    if number == 100:
        return "cem"
    if number < 1000:
        hundreds = _PT_HUNDREDS[number // 100 - 1]
        return f"{hundreds} e {in_portuguese(number % 100)}" if number % 100 else hundreds
    said = "mil" if number // 1000 == 1 else f"{in_portuguese(number // 1000)} mil"
    rest = number % 1000
    if not rest:
        return said
    return said + (" e " if rest < 100 or not rest % 100 else " ") + in_portuguese(rest)


def given_names(language: str) -> list[str]:
    """Some 700 names of each language, whether the project knows them or not."""
    file = Path(__file__).with_name(f"given_names.{language}.txt")
    return file.read_text(encoding="utf-8").split()


WORDS: dict[str, Callable[[int], str]] = {"en": in_english, "pt": in_portuguese}
FIGURES: dict[str, Callable[[int], str]] = {
    "en": lambda number: f"{number:,}",
    "pt": lambda number: f"{number:,}".replace(",", "."),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A source and what its translation has to have: any of some texts."""

    source: str
    wanted: frozenset[str]

    def is_right(self, said: str) -> bool:
        plain = re.sub(r"(?<=\d)[.,](?=\d{3})", "", said)
        plain = " ".join(re.sub(r"[-,]", " ", plain).lower().split())
        texts = {plain, plain.replace(" and ", " ")}
        return any(
            re.search(rf"(?<!\w){re.escape(want.lower())}(?!\w)", text) is not None
            for want in self.wanted
            for text in texts
        )


def number_cases(numbers: Iterable[int], pair: LanguagePair, *, spoken: bool) -> list[Case]:
    """Sentences with numbers, in words or in figures."""
    write = (WORDS if spoken else FIGURES)[pair.source]
    cases: list[Case] = []
    for number in numbers:
        words = WORDS[pair.target](number).replace(" and ", " ")
        feminine = words.replace("entos", "entas").replace("dois", "duas")
        wanted = {str(number), words, feminine, re.sub(r"\bum$", "uma", feminine)}
        for sentence in NUMBER_SENTENCES[pair.source]:
            text = sentence.format(write(number))
            cases.append(Case(text[0].upper() + text[1:], frozenset(wanted)))
    return cases


def name_cases(names: Iterable[str], pair: LanguagePair) -> list[Case]:
    """Sentences with given names, which stay as they are."""
    return [
        Case(sentence.format(name), frozenset([name]))
        for name in names
        for sentence in NAME_SENTENCES[pair.source]
    ]


def measured(
    evaluation: Evaluation, what: str, cases: Sequence[Case], shown: int
) -> dict[str, object]:
    """How many of some cases are right, whole and live."""
    sentences = [Sentence(index, case.source, "-") for index, case in enumerate(cases)]
    slug = re.sub(r"\W+", "-", what)
    whole = evaluation.whole(slug, sentences)
    live = evaluation.sentences(f"{slug}.balanced", sentences, read_policy("balanced"), End.REST)
    row: dict[str, object] = {"what": what, "texts": len(cases)}
    for name, done in (("whole", whole), ("live", live)):
        wrong = [i for i, case in zip(done, cases, strict=True) if not case.is_right(i.prediction)]
        row[f"{name} wrong"] = len(wrong)
        for each in wrong[:shown]:
            print(f"  {name} | {each.source} | {each.prediction}")
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    parser.add_argument("--numbers", type=int, default=25, help="of each size")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="print so many that are wrong of each")
    parser.add_argument("--output", type=Path, default=DEFAULT_RESULT)
    told = parser.parse_args()
    draw = random.Random(told.seed)  # noqa: S311  (the same numbers each time)
    numbers = {
        size: [draw.randint(*bounds) for _ in range(told.numbers)] for size, bounds in SIZES.items()
    }
    rows: list[dict[str, object]] = []
    for pair in PAIRS:
        evaluation = Evaluation(f"numbers-{told.seed}", pair, precision=told.precision)
        for size, drawn in numbers.items():
            for form in ("words", "figures"):
                cases = number_cases(drawn, pair, spoken=form == "words")
                row = measured(evaluation, f"{size}, {form}", cases, told.show)
                rows.append({"pair": str(pair)} | row)
        cases = name_cases(given_names(pair.source), pair)
        rows.append({"pair": str(pair)} | measured(evaluation, "names", cases, told.show))
    print(table(rows))
    save(told.output, {"seed": told.seed, "rows": rows}, Measured.now(told.precision))
    bars = (MAX_WRONG_NAMES if row["what"] == "names" else MAX_WRONG_NUMBERS for row in rows)
    return 0 if all(_share(row) <= bar for row, bar in zip(rows, bars, strict=True)) else 1


def _share(row: dict[str, object]) -> float:
    """The greater share of what is wrong, whole or live."""
    wrong = max(int(str(row["whole wrong"])), int(str(row["live wrong"])))
    return wrong / int(str(row["texts"]))


if __name__ == "__main__":
    sys.exit(main())
