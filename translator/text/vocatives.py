"""Whom a phrase is said to: "Thank you, Kevin." is the phrase "Thank you." and a name.

A small model knows what people say most often worst, and with a name beside it no better: it made
"Thank you for submitting an edit" of this. Pure text.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from translator.text.given_names import is_given_name
from translator.text.phrases import MARKS
from translator.text.rewriting import Edit
from translator.text.sentence_form import with_first_small
from translator.text.words import begins_sentence, lower_words

__all__ = ["SAID_TO_SOMEBODY", "Vocative", "find_vocative", "vocative_commas"]

# What is said to somebody, as a rule. After others, such as "Yes", a word with a capital may be
# anything.
_SAID = {
    "en": """
        thank you|thanks|thank you very much|thank you so much|thanks a lot|thanks so much|
        many thanks|thanks again|thank you again|no, thank you|yes, please|good morning|
        good afternoon|good evening|good night|hi|hello|hey|hi there|hello again|
        welcome|welcome back|welcome aboard|goodbye|bye|bye bye|see you|see you later|
        see you soon|see you tomorrow|see you next week|see you on monday|congratulations|
        congrats|well done|good job|great job|nice work|great work|nice job|good work|
        happy birthday|sorry|i'm sorry|i'm so sorry|excuse me|please|come in|go ahead|
        go on|you're welcome|no problem|no worries|how are you|how are you doing|
        nice to meet you|good to see you|nice to see you|take care|over to you|good luck|
        i agree|exactly|of course|good point|good question|great question|great idea|
        good idea|you're muted|you're on mute|you are on mute|can you hear me|
        can you hear us|can you see my screen|best regards|kind regards|regards|sincerely|
        yours sincerely|merry christmas|happy new year|have a nice day|have a good day|
        have a good weekend|have a nice weekend|what do you think|any questions|
        are you there|your turn""",
    "pt": """
        obrigado|obrigada|muito obrigado|muito obrigada|não, obrigado|não, obrigada|
        sim, por favor|valeu|brigado|brigada|obrigado mesmo|obrigada mesmo|bom dia|
        boa tarde|boa noite|oi|olá|ei|opa|e aí|tchau|até logo|até mais|até amanhã|
        até breve|até já|até a próxima|até segunda|até sexta|parabéns|feliz aniversário|
        desculpe|desculpa|me desculpe|me desculpa|com licença|por favor|bem-vindo|
        bem-vinda|bem-vindos|seja bem-vindo|seja bem-vinda|de nada|não há de quê|imagina|
        tudo bem|tudo bom|como vai|como você está|como está|prazer|muito prazer|
        prazer em conhecê-lo|prazer em conhecê-la|boa sorte|concordo|exatamente|isso mesmo|
        claro|com certeza|sem problema|sem problemas|fique à vontade|pode falar|
        pode continuar|boa pergunta|boa ideia|bom trabalho|ótimo trabalho|bom ponto|
        você está no mudo|você está mutado|você está mutada|está me ouvindo|você me ouve|
        atenciosamente|cordialmente|abraços|um abraço|abraço|feliz natal|feliz ano novo|
        bom fim de semana|tenha um bom dia|o que você acha|o que acha|alguma dúvida""",
}
# By language, in small letters.
SAID_TO_SOMEBODY = {
    language: frozenset(" ".join(each.split()) for each in said.split("|"))
    for language, said in _SAID.items()
}
# Titles as the other language has them.
_TITLES = {
    "en": {"mr": "Sr.", "mrs": "Sra.", "ms": "Sra.", "dr": "Dr.", "prof": "Prof."},
    "pt": {"sr": "Mr.", "sra": "Ms.", "dr": "Dr.", "dra": "Dr.", "prof": "Prof.", "profa": "Prof."},
}
# Who has no name: "Thank you, sir."
_NOUNS = {
    "en": """
        sir = senhor|ma'am = senhora|madam = senhora|doctor = doutor|professor = professor
        teacher = professor|everyone = pessoal|everybody = pessoal|all = pessoal
        guys = pessoal|folks = pessoal|team = pessoal|y'all = pessoal|friends = amigos
        my friend = meu amigo|my friends = meus amigos|colleagues = colegas
        dear colleagues = caros colegas|kids = crianças|mom = mãe|mum = mãe|mommy = mamãe
        dad = pai|daddy = papai|grandma = vovó|grandpa = vovô|dear = querido
        darling = querida|honey = querida|sweetheart = querida|love = amor|boss = chefe
        coach = treinador|operator = operador|captain = capitão|officer = policial
        minister = ministro|mr. president = senhor presidente
        madam president = senhora presidente|mr. chairman = senhor presidente
        madam chair = senhora presidente|mr. chair = senhor presidente
        mr. speaker = senhor presidente|mr. mayor = senhor prefeito|your honor = excelência
        ladies and gentlemen = senhoras e senhores|buddy = amigo|mate = amigo|man = cara
        bro = cara|son = filho|father = padre|pastor = pastor|sister = irmã|brother = irmão""",
    "pt": """
        senhor = sir|senhora = ma'am|moço = sir|moça = miss|doutor = doctor|doutora = doctor
        professor = professor|professora = professor|pessoal = everyone|gente = everyone
        galera = everyone|turma = everyone|todos = everyone|a todos = everyone
        amigos = friends|amigo = my friend|amiga = my friend|meu amigo = my friend
        minha amiga = my friend|meus amigos = my friends|colegas = colleagues
        caros colegas = dear colleagues|crianças = children|mãe = Mom|mamãe = Mommy|pai = Dad
        papai = Daddy|vovó = Grandma|vó = Grandma|vovô = Grandpa|vô = Grandpa|querido = dear
        querida = dear|amor = love|chefe = boss|treinador = coach|capitão = captain
        ministro = minister|ministra = minister|senhor presidente = Mr. President
        senhora presidente = Madam President|senhor prefeito = Mr. Mayor
        excelência = Your Honor|senhoras e senhores = ladies and gentlemen|cara = man
        mano = bro|filho = son|filha = my dear|padre = Father|pastor = pastor|irmã = sister
        irmão = brother|seu policial = officer""",
}
_CALLED = {
    language: dict(
        line.strip().split(" = ") for line in nouns.replace("\n", "|").split("|") if line.strip()
    )
    for language, nouns in _NOUNS.items()
}
# Who speaks on a stage, or on the air, greets a place; none that is a name of people as well.
_PLACES = """
    london = Londres|lisbon = Lisboa|new york = Nova York|rome = Roma|tokyo = Tóquio
    brazil = Brasil|germany = Alemanha|spain = Espanha|italy = Itália|england = Inglaterra
    berlin = Berlim|venice = Veneza|naples = Nápoles|seville = Sevilha|athens = Atenas
    moscow = Moscou|beijing = Pequim|mexico = México|mexico city = Cidade do México
    mozambique = Moçambique|cape verde = Cabo Verde|japan = Japão|europe = Europa
    brussels = Bruxelas"""
_PAIRS = [
    line.strip().split(" = ") for line in _PLACES.replace("\n", "|").split("|") if line.strip()
]
_PLACED = {
    "en": dict(_PAIRS),
    "pt": {there.lower(): here.title() for here, there in _PAIRS},
}
# "I'm Paula" is no name.
_WORD = r"(?!I(?:['’]|\b))[A-ZÀ-ÖØ-Þ][^\W\d_]*(?:[’'-][^\W\d_]+)*"
_NAME = (
    r"(?:(?P<title>(?:Mrs?|Ms|Dra?|Profa?|Sra?)\b)\.?\s)?"
    rf"(?P<name>{_WORD}(?:\s(?:d[aeo]s?\s)?{_WORD}){{0,2}})"
)
_MARK = rf"(?P<mark>[{re.escape(MARKS)}]*)"


def _patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """With the name, or who is meant, after the phrase and before it."""
    nouns = "|".join(sorted(map(re.escape, _CALLED[language]), key=len, reverse=True))
    name = rf"(?:(?P<noun>(?i:{nouns}))|{_NAME})"
    said = r"(?P<said>[^.!?…]{2,40})"
    return (
        re.compile(rf"{said},(?P<gap>\s+){name}{_MARK}"),
        re.compile(rf"{name},(?P<gap>\s+){said}{_MARK}"),
    )


_PATTERNS = {language: _patterns(language) for language in _SAID}


class Vocative(NamedTuple):
    """A phrase, and whom it is said to.

    Attributes:
        phrase: The phrase with the mark at the end.
        name: Who is meant, as the other language has it.
        gap: The white space between the two.
        is_first: Whether the name goes before the phrase.
    """

    phrase: str
    name: str
    gap: str
    is_first: bool

    def with_phrase(self, said: str, language: str) -> str:
        """The name beside the phrase's translation into a language."""
        if self.is_first:
            return f"{self.name},{self.gap}{with_first_small(said, language)}"
        words = said.rstrip(MARKS)
        return f"{words},{self.gap}{self.name}{said[len(words) :]}"


def find_vocative(text: str, language: str) -> Vocative | None:
    """Part a text into what is said and to whom; None if it is not such a text.

    Args:
        text: A segment.
        language: Its BCP-47 code; only its language counts.
    """
    language = language.split("-")[0].lower()
    known = SAID_TO_SOMEBODY.get(language)
    if known is None or "," not in text or text.isupper():
        return None
    last, first = _PATTERNS[language]
    for pattern in (last, first):
        found = pattern.fullmatch(text.strip())
        if found is None or _key(found["said"]) not in known:
            continue
        if pattern is first and not (found["noun"] or is_given_name(found["name"], language)):
            # "Great, thank you."
            continue
        said = found["said"]
        name = _named(found, language)
        if pattern is first:
            said = said[0].upper() + said[1:]
            name = name[0].upper() + name[1:]
        return Vocative(said + found["mark"], name, found["gap"], pattern is first)
    return None


# What a name follows without a comma in fast typing and recognised speech.
_GREETINGS = {
    "en": r"thank you(?: so much| very much)?|thanks(?: a lot| again)?|many thanks|hi|hello|hey"
    r"|good (?:morning|afternoon|evening|night)|welcome(?: back)?|sorry|bye|congratulations|okay|ok"
    r"|well done|good job|great job|see you(?: later| soon| tomorrow)?",
    "pt": r"(?:muito )?obrigad[oa]|valeu|oi|olá|bom dia|boa (?:tarde|noite)|bem-vind[oa]|desculpa"
    r"|desculpe|tchau|parabéns|até (?:logo|mais|amanhã)|boa",
}
_THANKS = frozenset(["thanks", "obrigado", "obrigada", "valeu"])
# After these any word with a capital is a name; after others, such as "see you", a known one.
_TO_ANYBODY = re.compile(
    r"thank|many thanks|hi|hello|hey|good (?:m|a|e|n)|(?:muito )?obrigad|valeu|oi|olá|bom dia"
    r"|boa (?:t|n)",
    re.IGNORECASE,
)
_HINTS = {
    "en": frozenset(["thank", "thanks", "hi", "hello", "hey", "good", "welcome", "sorry", "bye"])
    | {"congratulations", "okay", "ok", "well", "great", "see"},
    "pt": frozenset(["obrigado", "obrigada", "valeu", "oi", "olá", "bom", "boa", "bem", "desculpa"])
    | {"desculpe", "tchau", "parabéns", "até"},
}
_UNPARTED = {
    language: re.compile(
        rf"(?<![\w’'-])(?P<said>(?i:{said}))(?P<comma>,?)(?P<gap>\s)"
        rf"(?P<name>(?:{_WORD}|[^\W\d_]+))(?=(?P<after>\s[^\W\d_]*[a-zà-ÿ]|[,.!?…]|\s*\Z))"
    )
    for language, said in _GREETINGS.items()
}


def vocative_commas(text: str, language: str, words: Sequence[str] | None = None) -> Iterator[Edit]:
    """Put the commas around a name that is greeted or thanked: "Thank you Paul for this".

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code; only its language counts.
        words: ``lower_words(text)``, if that is known.
    """
    language = language.split("-")[0].lower()
    pattern = _UNPARTED.get(language)
    if pattern is None:
        return
    if _HINTS[language].isdisjoint(lower_words(text) if words is None else words):
        return
    for found in pattern.finditer(text):
        name = found["name"]
        if not begins_sentence(text, found.start()):
            continue
        if not is_given_name(name, language):
            # "Thanks Kiran, …", but "Hello Kitty backpack".
            is_thanked = found["said"].lower() in _THANKS and found["after"] == ","
            is_title = found["said"].istitle() and not is_thanked
            is_word = name == "I" or name[0].islower() or _TO_ANYBODY.match(found["said"]) is None
            if is_title or is_word:
                continue
        if not found["comma"]:
            yield Edit(found.end("said"), found.end("said"), ",")
        if name[0].islower():
            yield Edit(found.start("name"), found.end("name"), name.title())
        if found["after"][:1].isspace() and found["after"].strip():
            yield Edit(found.end("name"), found.end("name"), ",")


def _named(found: re.Match[str], language: str) -> str:
    """Who is meant, in the other language."""
    if found["noun"]:
        return _CALLED[language][_key(found["noun"])]
    if not found["title"] and _key(found["name"]) in _PLACED[language]:
        return _PLACED[language][_key(found["name"])]
    title = _TITLES[language].get((found["title"] or "").lower(), "")
    return f"{title} {found['name']}".strip()


def _key(said: str) -> str:
    return " ".join(said.replace("’", "'").split()).lower()
