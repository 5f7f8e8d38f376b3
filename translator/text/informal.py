"""Short forms of speech and chat as the words that they stand for: "pls" is "please".

Small models know few of them, and copy the others: "Gimme um minuto", "Qdo vc arrives?". What says
nothing is left out ("um", "uh"); the embedded model took "um" for the number one. Pure text, linear
in its length. Words that may also be others, such as *cos* and *q*, stay.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from operator import eq

from translator.text.rewriting import Edit, in_order, rewrite
from translator.text.words import begins_sentence, lower_words

__all__ = ["informal"]

_EN = """
gimme = give me
lemme = let me
dunno = don't know
idk = I don't know
sorta = kinda
lotta = lot of
lotsa = lots of
outta = out of
hafta = have to
tryna = trying to
imma = I'm going to
i'ma = I'm going to
whatcha = what are you
watcha = what are you
whaddya = what do you
gotcha = understood
betcha = bet you
dontcha = don't you
innit = isn't it
coulda = could have
shoulda = should have
woulda = would have
mighta = might have
musta = must have
c'mon = come on
'cause = because
cuz = because
coz = because
'em = them
d'you = do you
y'all = you all
i ain't got = I haven't got
ain't got = haven't got
i ain't = I'm not
we ain't = we aren't
you ain't = you aren't
they ain't = they aren't
ain't = isn't
see ya = see you
love ya = love you
thank ya = thank you
do ya = do you
did ya = did you
r u = are you
see u = see you
thank u = thank you
love u = love you
miss u = miss you
do u = do you
did u = did you
can u = can you
could u = could you
will u = will you
would u = would you
are u = are you
u r = you are
u are = you are
u can = you can
u have = you have
nah = no
yup = yes
uh-huh = yes
thx = thanks
thnx = thanks
tnx = thanks
pls = please
plz = please
tmrw = tomorrow
tmr = tomorrow
2moro = tomorrow
2morrow = tomorrow
2day = today
2nite = tonight
ppl = people
btw = by the way
imo = in my opinion
imho = in my opinion
lmk = let me know
brb = I'll be right back
omw = on my way
afaik = as far as I know
b4 = before
gr8 = great
l8r = later
bday = birthday
b-day = birthday
appt = appointment
mtg = meeting
mtgs = meetings
mgmt = management
msg = message
msgs = messages
wknd = weekend
qty = quantity
pcs = pieces
pkgs = packages
asst = assorted
asstd = assorted
w/ = with
w/o = without
b/c = because
"""

_PT = """
vcs = vocês
tb = também
tbm = também
tbem = também
pq = porque
qdo = quando
qnd = quando
qto = quanto
qtos = quantos
qtas = quantas
hj = hoje
amh = amanhã
td = tudo
tds = todos
blz = tudo bem
msm = mesmo
mto = muito
mta = muita
mtos = muitos
mtas = muitas
obg = obrigado
obgd = obrigado
brigado = obrigado
brigada = obrigada
pfv = por favor
pfvr = por favor
vlw = obrigado
flw = até logo
fds = fim de semana
cmg = comigo
ctg = contigo
ctz = certeza
dps = depois
agr = agora
bjs = beijos
bjos = beijos
sdds = saudades
aki = aqui
naum = não
ñ = não
neh = né
uhum = sim
aham = sim
p/ = para
c/ = com
s/ = sem
tava = estava
tavam = estavam
tamo = estamos
tamo junto = estamos juntos
tmj = estamos juntos
tamos = estamos
peraí = espera aí
pera aí = espera aí
se faz favor = por favor
tenho de ir andando = tenho que ir
daqui a bocado = daqui a pouco
há bocado = há pouco
pçs = peças
pcs = peças
unids = unidades
de meia em meia hora = a cada meia hora
bué de = um monte de
valeu pela = obrigado pela
valeu pelo = obrigado pelo
valeu por = obrigado por
estou com dor de = tenho dor de
tô com dor de = tenho dor de
está com dor de = tem dor de
tá com dor de = tem dor de
estão com dor de = têm dor de
estava com dor de = tinha dor de
tô a fim de = estou com vontade de
tá a fim de = está com vontade de
"""


def _filler_pattern(filler: str) -> re.Pattern[str]:
    """What says nothing, also several times, with the commas around it."""
    end = r"(?!\w|['’.-]\w|-)"
    run = rf"(?:{filler}){end}(?:,?\s(?:{filler}){end})*"
    return re.compile(rf"(?:, ?|(?<![\w'’.-])){run},?", re.IGNORECASE)


_FILLERS = {
    "en": _filler_pattern("u+m+|u+h+m*|erm+"),
    "pt": _filler_pattern("h+u+m+|ã+h+n*|h+ã+"),
}
# Small words that speakers say again: "the the", "it it's". Others may be meant ("very very").
_REPEATED = {
    "en": "i|the|a|an|my|your|our|we|they|he|she|it|to|of|in|on|at|and|but|or|if|for|with",
    "pt": "eu|o|a|os|as|um|uma|de|do|da|em|no|na|com|que|e|ele|ela|mas|meu|minha",
}
_AGAIN = {
    language: re.compile(
        rf"(?<![\w'’-])(?P<word>{words})(?P<again>(?:,?\s(?P=word)(?![\w'’-]))+)"
        rf"|(?<![\w'’-])(?P<before>(?P<stem>{words})\s)(?=(?P=stem)['’])",
        re.IGNORECASE,
    )
    for language, words in _REPEATED.items()
}
# After "Um": Um Kulthum was a singer, and "Um I think" is none.
_NAME = re.compile(r"\s(?!I\b)[A-ZÀ-Þ]")
_FILLER_WORDS = {
    "en": frozenset(["um", "umm", "ummm", "uh", "uhh", "uhm", "erm"]),
    "pt": frozenset(["hum", "humm", "hã", "ãh", "ãhn"]),
}
# "goin'", "nothin'"; not "'begin'", in quotes.
_DROPPED_G = re.compile(r"(?<![\w'’])[A-Za-z]{2,}in(?P<mark>['’])(?!\w)")
_WORD = re.compile(r"['’]?\w+(?:['’-]\w+)*(?:/(?:[oc]\b|(?=\s)))?")
# Shorter ones in capitals are names: TB, IMO, MSM.
_MIN_CAPITALS = 4

_Forms = dict[str, list[tuple[tuple[str, ...], str]]]


def _forms(lines: str) -> _Forms:
    """By its first word, each form's words and what it stands for; the longest first."""
    forms: _Forms = {}
    for line in lines.strip().splitlines():
        form, _, said = line.partition(" = ")
        words = tuple(match[0] for match in _WORD.finditer(form + " "))
        forms.setdefault(words[0], []).append((words, said))
    for those in forms.values():
        those.sort(key=lambda each: -len(each[0]))
    return forms


_FORMS: dict[str, _Forms] = {"en": _forms(_EN), "pt": _forms(_PT)}
# Requests that begin with "me", as Brazilians speak: a model takes "Me traz um café" for "It brings
# me a coffee". With what a question is, and a command.
_REQUESTS = {
    verb: (infinitive, command)
    for verb, infinitive, command in (
        ("ajuda", "ajudar", "ajude"),
        ("avisa", "avisar", "avise"),
        ("busca", "buscar", "busque"),
        ("chama", "chamar", "chame"),
        ("conta", "contar", "conte"),
        ("deixa", "deixar", "deixe"),
        ("dá", "dar", "dê"),
        ("empresta", "emprestar", "empreste"),
        ("envia", "enviar", "envie"),
        ("espera", "esperar", "espere"),
        ("explica", "explicar", "explique"),
        ("fala", "dizer", "diga"),
        ("leva", "levar", "leve"),
        ("liga", "ligar", "ligue"),
        ("manda", "mandar", "mande"),
        ("mostra", "mostrar", "mostre"),
        ("passa", "passar", "passe"),
        ("traz", "trazer", "traga"),
        ("vê", "dar", "dê"),
    )
}
_REQUEST = re.compile(
    rf"(?:^|(?<=[.!?…]\s))me\s(?P<verb>{'|'.join(_REQUESTS)})\b(?!-)"
    # "It scares me", "it makes me happy", "that leads me to believe".
    r"(?!\s(?:medo|vontade|pena|raiva|nojo|sono|sede|fome|alegria|prazer|orgulho|a\screr|a\spensar"
    r"|a\satenção|atenção|de\s|que|feliz|triste|nervos|irritad|louc|com\s))",
    re.IGNORECASE,
)
_MARK = re.compile(r"[.!?…]")
# "Friday @ 6:30".
_AT = re.compile(r"(?<=\s)@(?=\s[$€£]?\d)")
_AND = re.compile(r"(?:(?<=\b(?:Mr|Ms|Dr)\.\s)|(?<=\b(?:Mr|Ms|Dr)\s))&(?=\s(?:Mrs?|Ms|Dr)\b)")
# Parts of forms that are words of all texts.
_COMMON = frozenset(
    [
        *["a", "aí", "all", "are", "can", "com", "could", "de", "did", "do", "em", "estava"],
        *["estou", "está", "estão", "got", "have", "hora", "i", "love", "meia", "miss", "of"],
        *["pela", "pelo", "por", "se", "see", "t", "thank", "they", "tá", "tô", "we", "will"],
        *["would", "you"],
    ]
)


def _rare_parts(forms: _Forms) -> frozenset[str]:
    """Of each form a part that few texts have; a text without any has no form."""
    parts = [lower_words(" ".join(words)) for those in forms.values() for words, _ in those]
    return frozenset(max(each, key=lambda part: (part not in _COMMON, len(part))) for each in parts)


_RARE = {
    language: _rare_parts(forms) | _FILLER_WORDS[language] for language, forms in _FORMS.items()
}


def informal(text: str, language: str, words: Sequence[str] | None = None) -> Iterator[Edit]:
    """Find short forms and fillers, with what to say for each.

    Args:
        text: A segment, or as much of it as has come.
        language: Its BCP-47 code; only its language counts.
        words: ``lower_words(text)``, if that is known.
    """
    language = language.split("-")[0].lower()
    forms = _FORMS.get(language)
    if forms is None:
        return
    # Each growing text is asked again and again.
    parts = lower_words(text) if words is None else words
    is_repeated = any(map(eq, parts, islice(parts, 1, None)))
    is_dropped = "in'" in text or "in’" in text
    is_sure = "@ " in text or "& " in text if language == "en" else "me" in parts
    if not (is_repeated or is_dropped or is_sure) and _RARE[language].isdisjoint(parts):
        return
    edits = [*_short_forms(text, forms), *_fillers(text, language, parts)]
    if language == "en":
        edits += _dropped_letters(text)
        edits += _signs(text)
    else:
        edits += _requests(text)
    if is_repeated:
        edits += _repeated(text, language)
    yield from in_order(edits)


def _short_forms(text: str, forms: _Forms) -> Iterator[Edit]:
    places = [match.span() for match in _WORD.finditer(text)]
    words = [text[start:end].lower().replace("’", "'") for start, end in places]
    for number, word in enumerate(words):
        for form, said in forms.get(word, ()):
            last = number + len(form)
            if tuple(words[number:last]) == form:
                edit = _edit(text, places[number:last], said)
                if edit is not None:
                    yield edit
                break


def _edit(text: str, places: list[tuple[int, int]], said: str) -> Edit | None:
    (start, _), (_, end) = places[0], places[-1]
    form = text[start:end]
    if any(text[a:b].strip() for (_, a), (b, _) in pairwise(places)):
        return None
    # A quote or a unit: "'cause'", "2 tb".
    before = text[max(0, start - 2) : start].rstrip(" ")[-1:] if len(places) == 1 else ""
    if text[end : end + 1] in {"'", "’"} or (before.isdigit() and form.lower() == "tb"):
        return None
    if form.isupper() and len(form) > 1 and form[-1] != "/":
        return Edit(start, end, said.upper()) if len(form) >= _MIN_CAPITALS else None
    if said == "porque" and begins_sentence(text, start):
        said = "por que"
    is_capital = form.lstrip("'’")[0].isupper()
    return Edit(start, end, _capitalised(said) if is_capital else said)


def _dropped_letters(text: str) -> Iterator[Edit]:
    for match in _DROPPED_G.finditer(text):
        yield Edit(*match.span("mark"), "g")


def _signs(text: str) -> Iterator[Edit]:
    yield from (Edit(*match.span(), "at") for match in _AT.finditer(text))
    yield from (Edit(*match.span(), "and") for match in _AND.finditer(text))


def _requests(text: str) -> Iterator[Edit]:
    for match in _REQUEST.finditer(text):
        infinitive, command = _REQUESTS[match["verb"].lower()]
        mark = _MARK.search(text, match.end())
        said = f"pode me {infinitive}" if mark and mark[0] == "?" else f"{command}-me"
        yield Edit(*match.span(), _capitalised(said) if match[0][0].isupper() else said)


def _repeated(text: str, language: str) -> Iterator[Edit]:
    for match in _AGAIN[language].finditer(text):
        yield Edit(*match.span("again" if match["again"] else "before"), "")


def _fillers(text: str, language: str, parts: Sequence[str]) -> Iterator[Edit]:
    if _FILLER_WORDS[language].isdisjoint(parts):
        return
    pattern = _FILLERS[language]
    found = list(pattern.finditer(text))
    said = rewrite(text, [Edit(*match.span(), "") for match in found]).text
    if not any(map(str.isalpha, said)):
        return
    for match in found:
        start, end = match.span()
        filler = match[0].lstrip(", ")
        if filler[0].isupper() and "," not in match[0] and _NAME.match(text, end):
            continue
        after_space = start > 0 and text[start - 1].isspace()
        if text[end : end + 1].isspace() and (not start or after_space):
            end += 1
        elif after_space and end < len(text) and not text[end].isspace():
            start -= 1
        begins = filler[0].isupper() and begins_sentence(text, start)
        following = text[end : end + 1].upper() if begins else ""
        # "The door, uh the gate": one comma is the sentence's.
        goes_on = text[match.end() : match.end() + 2].strip().isalnum()
        comma = "," if goes_on and match[0][0] == "," != match[0][-1] else ""
        yield Edit(start, end + len(following), comma + following)


def _capitalised(said: str) -> str:
    return said[0].upper() + said[1:]
