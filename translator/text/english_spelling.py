"""English as it is spelled in the United States, and as it is in Britain.

Models are trained on both. Only spelling counts here: "colour" for "color", not "lift" for
"elevator". Words that have two spellings on one side ("judgment"), or a meaning to each spelling
("program", "check", "tire"), stay. In Britain "-ise" is taken for "-ize".
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from translator.text.case import in_case_of
from translator.text.respelling import Respelling
from translator.text.rewriting import Edit
from translator.text.words import begins_sentence, lower_words

__all__ = ["spelling_of_region"]

# Words of one spelling each. A line with > counts on the way to Britain only, one with < on the way
# to America; behind a colon are words of a Portuguese source, of which one is needed.
_WORDS = """
aging = ageing
ax > axe
check > cheque : cheque
checks > cheques : cheques
check < cheque
checks < cheques
curb < kerb
curbs < kerbs
defense = defence
defenseless = defenceless
defenses = defences
distill = distil
drafty = draughty
enroll = enrol
enrolls = enrols
fulfill = fulfil
fulfills = fulfils
gray = grey
grayish = greyish
grays = greys
instill = instil
license < licence
licenses < licences
maneuver = manoeuvre
maneuvered = manoeuvred
maneuvering = manoeuvring
maneuvers = manoeuvres
math = maths
meter > metre : metro
meters > metres : metros
mold = mould
molds = moulds
moldy = mouldy
mom = mum
mommy > mummy
moms = mums
offense = offence
offenses = offences
omelet > omelette
omelets > omelettes
plow = plough
plowed = ploughed
plowing = ploughing
plows = ploughs
practice < practise
practiced = practised
practices < practises
practicing = practising
pretense = pretence
program < programme
programs < programmes
specialties = specialities
specialty = speciality
tire > tyre : pneu
tires > tyres : pneus
tire < tyre
tires < tyres
"""
# Beginnings of words.
_BEGINNINGS = """
airplane = aeroplane
aluminum = aluminium
anemi = anaemi
anesthe = anaesthe
archeolog > archaeolog
artifact = artefact
carburetor = carburettor
cozy = cosy
diarrhea = diarrhoea
enrollment = enrolment
esophag = oesophag
estrogen = oestrogen
fulfillment = fulfilment
gynecolog = gynaecolog
hemoglobin = haemoglobin
hemorrh = haemorrh
installment = instalment
jewelry = jewellery
leukemi = leukaemi
licorice = liquorice
mustache = moustache
orthopedic = orthopaedic
pajama = pyjama
pediatri = paediatri
skeptic = sceptic
skillful = skilful
smolder = smoulder
sulfur = sulphur
willful = wilful
"""
# Stems, each before the ending that it has its name from.
_OUR = (
    "(?:un|dis|mis|re)?(?:arm|behavi|cand|clam|col|demean|dol|enam|endeav|fav|ferv|flav|harb|hon"
    "|hum|lab|neighb|od|parl|ranc|rum|sav|savi|splend|succ|tum|val|vap|vig)"
)
_AFTER_OUR = (
    "(?=(?:s|ed|ing|ings|er|ers|ful|fully|less|able|ably|ite|ites|itism|hood|hoods|ly|al|ally|y"
    "|ies|ism)?$)"
)
_RE = (
    "(?:(?:kilo|centi|milli|nano|micro|deci)met|cent|epicent|theat|amphitheat|lit|fib|calib|sab"
    "|somb|spect|lust|meag|sepulch)"
)
_L = (
    "(?:un)?(?:cance|channe|chise|counse|dia|due|ename|equa|fue|funne|grove|initia|jewe|labe|leve"
    "|libe|marsha|marve|mode|pane|peda|penci|quarre|refue|relabe|reve|riva|shove|shrive|signa"
    "|snorke|spira|swive|tota|towe|trave|tunne|unrave|yode)l"
)
_AFTER_L = "(?=(?:ed|ing|ings|er|ers|or|ors|ous|ously)$)"
_LYSE = "((?:psycho|para|ana|cata|hydro|electro)ly)"
_AFTER_IZE = "(?=(?:e|es|ed|ing|er|ers|able)$)"
_AFTER_IZATION = "(?=ations?$|ational$)"
# No -ize: "size".
_SIZE = "(?:re|down|up|over|mid|out|cap)?siz|priz|(?:re)?seiz|assiz|baiz|maiz"
# Those with -ise on both sides, and words that only look so: "irises".
_SURPRISE = (
    "|".join(f".*{end}" for end in ("vis", "pris", "[^i]cis", "[aou]is", "wis", "rtis", "chis"))
    + "|(?:up|sun|moon)?ris|aris|.*promis|premis|surmis|demis|remis|merchandis"
    "|paradis|treatis|chastis|practis|mortis|despis|anis|valis|chemis|ceris|cris|iris|penis"
    "|trellis|.*polis"
)

_TO_BRITAIN = (
    (f"^(?!humoral)({_OUR})or{_AFTER_OUR}", r"\1our"),
    (f"^({_RE})er(?=s?$)", r"\1re"),
    (r"^((?:de)?cent)er(?=ed$)", r"\1r"),
    (r"^((?:de)?cent)ering$", r"\1ring"),
    (f"^({_L}){_AFTER_L}", r"\1l"),
    (r"^(ana|cata)log(?=s?$)", r"\1logue"),
    (r"^catalog(?=ed$|ing$)", "catalogu"),
    (rf"^(?!(?:{_SIZE}){_AFTER_IZE})(\w{{3,}})iz{_AFTER_IZE}", r"\1is"),
    (rf"^(\w{{3,}})iz{_AFTER_IZATION}", r"\1is"),
    (f"^{_LYSE}z(?=e|ing)", r"\1s"),
)
_TO_AMERICA = (
    (f"^({_OUR})our{_AFTER_OUR}", r"\1or"),
    (f"^({_RE}|met)re(?=s?$)", r"\1er"),
    (r"^((?:de)?cent)r(?=ed$)", r"\1er"),
    (r"^((?:de)?cent)ring$", r"\1ering"),
    (f"^({_L})l{_AFTER_L}", r"\1"),
    (r"^(ana|cata)logue(?=s?$)", r"\1log"),
    (r"^catalogu(?=ed$|ing$)", "catalog"),
    (rf"^(?!(?:{_SURPRISE}){_AFTER_IZE})(\w{{3,}})is{_AFTER_IZE}", r"\1iz"),
    (rf"^(?!improvis|televis)(\w{{3,}})is{_AFTER_IZATION}", r"\1iz"),
    (f"^{_LYSE}s(?=e$|ed$|ing$|ers?$)", r"\1z"),
)
# Of these the part of speech tells the British spelling.
_PRACTISE = re.compile(
    r"\b(?:to|I|we|you|they|must|should|can|will|would|could|let['’]s)\s+(practice)\b", re.I
)
_LICENCE = re.compile(
    r"\b(?:an?|the|my|your|his|her|our|their|this|that|no|any|valid|new|driver['’]?s|driving"
    r"|software|under)\s+(licenses?)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")


def _lines(table: str, way: str) -> Iterator[tuple[str, str, frozenset[str]]]:
    for line in table.strip().splitlines():
        words, _, cues = line.partition(" : ")
        american, sign, british = words.split()
        if sign in ("=", way):
            ours, theirs = (american, british) if way == ">" else (british, american)
            yield ours, theirs, frozenset(cues.split())


_WAYS = {"GB": ">", "US": "<"}
_KNOWN = {
    region: {word: (said, cues) for word, said, cues in _lines(_WORDS, way)}
    for region, way in _WAYS.items()
}
_SPELLING = {
    region: Respelling(
        [*((f"^{word}", said) for word, said, _ in _lines(_BEGINNINGS, _WAYS[region])), *parts]
    )
    for region, parts in (("GB", _TO_BRITAIN), ("US", _TO_AMERICA))
}


@lru_cache(maxsize=16_384)
def _may_change(word: str, region: str) -> bool:
    low = word.lower()
    return low in _KNOWN[region] or _SPELLING[region].spelled(low) != low


def spelling_of_region(region: str, text: str, source: str, start: int = 0) -> Iterator[Edit]:
    """Find words that a region spells otherwise.

    Args:
        region: "US" or "GB".
        text: Some English.
        source: What it translates.
        start: Where what may change begins.
    """
    known = _KNOWN[region]
    changing = {word for word in set(_WORD.findall(text)) if _may_change(word, region)}
    cues = frozenset(lower_words(source)) if changing else frozenset()
    for found in _WORD.finditer(text, start) if changing else ():
        word = found[0]
        low = word.lower()
        if word not in changing:
            continue
        is_first = begins_sentence(text, found.start())
        if word[0].isupper() and (low in cues or not (is_first or word.isupper())):
            # A name: "Pearl Harbor", "the Labour Party".
            continue
        said, needed = known.get(low) or (_SPELLING[region].spelled(low), None)
        if said != low and (not needed or needed & cues):
            yield Edit(*found.span(), in_case_of(word, said))
    if region == "GB" and "practice" in text:
        for found in _PRACTISE.finditer(text):
            yield Edit(*found.span(1), "practise")
    if region == "GB" and "license" in text:
        for found in _LICENCE.finditer(text):
            yield Edit(*found.span(1), found[1].replace("ns", "nc"))
