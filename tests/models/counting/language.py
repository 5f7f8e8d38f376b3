"""Numbers in words, English and some other languages: pairs whose translations are exact."""

from random import Random

from num2words import num2words

# What the model of several languages counts in.
TARGETS = ("es", "fr", "it", "pt")

_ONES = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen
""".split()
_TENS = """
    twenty thirty forty fifty sixty seventy eighty ninety
""".split()
_UM = """
    zero um dois três quatro cinco seis sete oito nove dez onze doze treze quatorze quinze
    dezesseis dezessete dezoito dezenove
""".split()
_VINTE = """
    vinte trinta quarenta cinquenta sessenta setenta oitenta noventa
""".split()
_CEM = """
    cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos
    novecentos
""".split()


def english(number: int) -> str:
    """``201_042``: two hundred and one thousand and forty two."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10 - 2] + (f" {_ONES[number % 10]}" if number % 10 else "")
    unit, name = (1000, "thousand") if number >= 1000 else (100, "hundred")
    head, rest = f"{english(number // unit)} {name}", number % unit
    if not rest:
        return head
    return f"{head} and {english(rest)}" if rest < 100 else f"{head} {english(rest)}"


def portuguese(number: int) -> str:
    """``201_042``: duzentos e um mil e quarenta e dois."""
    if number < 20:
        return _UM[number]
    if number < 100:
        return _VINTE[number // 10 - 2] + (f" e {_UM[number % 10]}" if number % 10 else "")
    if number == 100:
        return "cem"
    if number < 1000:
        return _CEM[number // 100 - 1] + (f" e {portuguese(number % 100)}" if number % 100 else "")
    head = "mil" if number < 2000 else f"{portuguese(number // 1000)} mil"
    rest = number % 1000
    if not rest:
        return head
    return (
        f"{head} e {portuguese(rest)}"
        if rest < 100 or not rest % 100
        else f"{head} {portuguese(rest)}"
    )


def spoken(number: int, language: str) -> str:
    """A number in one of ``TARGETS``."""
    return portuguese(number) if language == "pt" else str(num2words(number, lang=language))


def value(words: str) -> int:
    """The number that English words, or the first of them, stand for."""
    total = part = 0
    for word in words.split():
        if word in _ONES:
            part += _ONES.index(word)
        elif word in _TENS:
            part += 10 * (_TENS.index(word) + 2)
        elif word == "hundred":
            part *= 100
        elif word == "thousand":
            total, part = 1000 * part, 0
    return total + part


def is_held_out(number: int) -> bool:
    """Whether the model never sees a number in training: every 50th or so."""
    return number >= 100 and number * 2_654_435_761 % 2**32 < 2**32 // 50


def any_number(random: Random) -> int:
    """A number of one to six digits, each length as often as any other."""
    return random.randrange(10 ** random.randint(1, 6))


def translate(source: str, language: str = "pt") -> str:
    """The translation of numbers between commas, of a sentence or of the beginning of one."""
    text = source.strip()
    end = "." if text.endswith(".") else ""
    numbers = [part.strip() for part in text.removesuffix(".").split(",")]
    return ", ".join(spoken(value(n), language) if n else "" for n in numbers).strip() + end


def sentence(random: Random, most: int = 4) -> str:
    """One to ``most`` numbers that may be trained with."""
    numbers: list[int] = []
    for _ in range(random.randint(1, most)):
        while is_held_out(number := any_number(random)):
            pass
        numbers.append(number)
    return ", ".join(english(number) for number in numbers) + "."
