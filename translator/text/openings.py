"""What people say before a sentence of their own: "Nice to meet you, I'm Paula."

A small model knows it no better there than alone, and made "Good to meet him" of this. So its
translation is that of the phrase, and the model goes on after it. Pure text.
"""

import re
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from translator.text.phrases import Phrases
from translator.text.rewriting import Edit
from translator.text.vocatives import SAID_TO_SOMEBODY, find_vocative

__all__ = [
    "NO_OPENING",
    "Opening",
    "after_opening",
    "find_opening",
    "translated_opening",
]

_COMMA, _FULL_STOP = ",", "."
# Beside what is said to somebody. With a word that may also begin a clause ("Great care …") only
# the comma tells, and "Right, left and center" is a list.
_SAID = {
    "en": """
        absolutely|all right|alright|awesome|bless you|cheers|come on|don't worry|fair enough
        give me a second|god bless you|good heavens|great|guess what|hang on|hang on a second
        have fun|here you are|here you go|hold on|hold on a second|i don't know|i see|i think so
        i understand|it's a pleasure to meet you|just a minute|just a moment|just a second
        keep it up|let me see|let's see|make yourself at home|my apologies|my bad|my goodness
        my pleasure|never mind|nice meeting you|no|no idea|no rush|no way|not at all|not really
        not yet|of course not|oh dear|oh my god|oh no|ok|okay|one moment|one moment please
        one second|perfect|pleased to meet you|see you around|see you next time|see you on friday
        see you then|see you tonight|shame on you|sleep well|sounds good|sounds great|sure
        sure thing|sweet dreams|thank god|thank goodness|thanks anyway|thanks for asking
        that's fine|that's great|that's ok|that's okay|that's right|that's true|there you go
        time's up|to be honest|understood|wait|wait a minute|wait a second|well|what a pity
        what a shame|whatever|wow|yeah|yes|yes of course|you're kidding|you're lucky
        you're right|that's all|no, that's all|i'm sorry to hear that|ladies and gentlemen
        dear colleagues|dear friends""",
    "pt": """
        ai|ainda não|aqui está|até a semana que vem|até amanhã|até lá|beleza|bem|bem lembrado
        bem-vindo de volta|boa viagem|bom apetite|bom descanso|calma|calma aí|claro que não
        claro que sim|combinado|de jeito nenhum|deixa comigo|deixa para lá|deixa pra lá
        desculpa aí|desculpe a demora|desculpe interromper|desculpe o atraso|durma bem|eita
        entendi|espera|espera aí|espere|está bem|está bom|está certo|está tudo bem|eu concordo
        eu entendo|eu não sei|fala sério|fica tranquila|fica tranquilo|fica à vontade
        foi um prazer|força|graças a deus|infelizmente não|isso|juro|já volto|legal|meu deus
        meu deus do céu|muito bem|nada disso|nem pensar|nossa|nossa senhora|não|não esquenta
        não faz mal|não se preocupe|não sei|não tem de quê|não tem problema|obrigada de novo
        obrigada por perguntar|obrigado de novo|obrigado por perguntar|ok|olha|olha só|opa|peraí
        perfeito|pode deixar|pode ser|pois é|por enquanto não|por nada|poxa|prazer em te conhecer
        pronto|puxa|puxa vida|que bom|que droga|que pena|que saudade|se deus quiser
        sei lá|seja bem-vindo|sim|sinto muito|sinto muito por isso|não, era só isso
        era só isso|só um instante|só um minuto|só um momento|só um segundo|tanto faz|tem razão
        tudo certo|tá|tá bom|tá certo|tô fora|um instante
        um minuto|um momento|um segundo|vai dar certo|vamos lá|você tem razão|é verdade
        ótimo|senhoras e senhores|caros colegas|queridos amigos""",
}
# Before a clause these are said otherwise, or hide it: "Prazer, eu sou o Rui.".
_OTHERWISE = frozenset(["please", "por favor", "prazer", "muito prazer"])
# Whom many are said to, without a comma too.
_GREETINGS = {
    "en": (
        "good morning|good afternoon|good evening|hello|hi|hey|thank you|thanks|welcome|sorry|okay"
        "|ok|all right|bye|goodbye",
        "everyone|everybody|all|guys|folks|team",
    ),
    "pt": (
        "bom dia|boa tarde|boa noite|oi|olá|ei|obrigado|obrigada|muito obrigado|muito obrigada"
        "|desculpa|desculpem|tchau|valeu",
        "a todos|pessoal|gente|galera|turma",
    ),
}


def _spoken(language: str) -> Iterator[str]:
    yield from SAID_TO_SOMEBODY[language] - _OTHERWISE
    for line in _SAID[language].replace("|", "\n").splitlines():
        if line.strip():
            yield line.strip()
    greetings, everyone = (each.split("|") for each in _GREETINGS[language])
    for greeting, all_of_them, comma in product(greetings, everyone, ("", _COMMA)):
        yield f"{greeting}{comma} {all_of_them}"


_OPENINGS = {language: frozenset(_spoken(language)) for language in _SAID}
# No longer one has a name in it.
_LONGEST = 80
_THAT_WAS = re.compile(r",\s+(?P<that>that)\swas\b", re.IGNORECASE)
_EVERYONE = {
    language: re.compile(rf",?\s+({everyone})\Z", re.IGNORECASE)
    for language, (_, everyone) in _GREETINGS.items()
}
# What any of them may still become.
_BEGUN = {
    language: frozenset(each[:n] for each in said for n in range(1, len(each) + 1))
    for language, said in _OPENINGS.items()
}


class Opening(NamedTuple):
    """What a text opens with.

    Attributes:
        phrase: It, as the text has it, without the comma; "" if there is none.
        is_open: Whether more text may make another of it.
    """

    phrase: str = ""
    is_open: bool = False


NO_OPENING = Opening()


def find_opening(text: str, language: str) -> Opening:
    """What a text opens with, up to a comma after which it goes on.

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code; only its language counts.
    """
    language = language.split("-")[0].lower()
    known = _OPENINGS.get(language)
    if known is None:
        return NO_OPENING
    start = text[:_LONGEST]
    found = ""
    for comma in (at for at, character in enumerate(start) if character == _COMMA):
        phrase = start[:comma]
        is_said = _key(phrase) in known
        if is_said or find_vocative(phrase + _FULL_STOP, language) is not None:
            found = phrase
    return Opening(found, len(text) == len(start) and _key(text) in _BEGUN[language])


def after_opening(text: str, language: str) -> Iterator[Edit]:
    """What a model takes for a relative clause after an opening: "Thank you, that was great."."""
    that = _THAT_WAS.search(text) if language.split("-")[0].lower() == "en" else None
    if that is not None and find_opening(text, "en").phrase == text[: that.start()]:
        yield Edit(that.start("that"), that.end("that"), "it")


def translated_opening(phrase: str, phrases: Phrases, language: str) -> str | None:
    """The translation of what a text opens with, with its comma; None if it is no phrase.

    Args:
        phrase: It, in one of its forms; see ``Opening``.
        phrases: Those of the pair.
        language: The text's BCP-47 code; only its language counts.
    """
    found = phrases.find_opening(phrase)
    if found is not None:
        return found
    language = language.split("-")[0].lower()
    parted = _EVERYONE[language].sub(r", \1", phrase) + _FULL_STOP
    vocative = find_vocative(parted, language)
    said = None if vocative is None else phrases.find(vocative.phrase)
    if vocative is None or said is None:
        return None
    return vocative.with_phrase(said, phrases.language).rstrip(_FULL_STOP) + _COMMA


def _key(said: str) -> str:
    return " ".join(said.replace("’", "'").split()).lower()
