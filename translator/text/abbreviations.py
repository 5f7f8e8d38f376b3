"""Tells a full stop that ends a sentence from one that marks an abbreviation.

This corrects the lists of ``sentencex``: they have words that end sentences every day
("Call me.", "Está bien."), and lack some that never do ("Av. Brasil", "approx. five").
"""

import unicodedata
from enum import Enum, auto

__all__ = ["Dot", "dot_after"]


class Dot(Enum):
    """What a full stop after a word means when another word follows."""

    ABBREVIATES = auto()
    """It belongs to an abbreviation: the sentence goes on."""
    ENDS = auto()
    """It ends a sentence."""
    UNKNOWN = auto()
    """What ``sentencex`` says."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Words in lower case that are abbreviations too; those in capitals are names and nouns. Chosen from
# the lists of sentencex by how frequent each is as a word.
_WORDS = {
    "en": _set(
        "al arc ark art bros con etc exec fed fig hon id ill ken la may me min miss no ok ore pa"
        " plz ref rep reps sec Al Art Bart Cal Ida Ken May Miss Mo No Ok"
    ),
    "pt": _set("ap apto con etc ex fim mar mm out set dez Ok"),
    "es": _set(
        "ante anti auto bi bien bis cm co com con contra cv da de des di dis doc en entre etc ex"
        " extra homo in inter kg km macro mar mega mg micro min mini mm mono multi neo no nos para"
        " poli pos post pre pro pseudo re retro semi sobre sub super trans tras tri ultra un uni"
        " vice vid No"
    ),
    "fr": _set("art ca etc ex mm sec vol"),
    "de": _set("etc ken mag mich min mm ok usf usw Art Ass Bart Ida Jan Ken Ok"),
}
# Of these, what a number may follow.
_NUMBERED = _set("al ap apto art fig jan mar may min no ref sec out set dez vol")
# What has numbers: after it "no." is one too, also before a number with letters ("room no. B4").
_NUMBERED_THINGS = {
    "en": _set(
        "account apartment article batch bill box building bus case catalogue chapter check"
        " contract document exhibit figure file flat flight form gate house id invoice issue item"
        " license line lot model order page parcel part passport patent permit phone plate platform"
        " policy product purchase receipt reference registration room route seat section serial"
        " sheet shipment table task tax telephone ticket track tracking train unit version volume"
    )
}
# Abbreviations that sentencex lacks, in lower case.
_ABBREVIATIONS = {
    "en": _set("approx ch chap eds est excl fl incl mx resp tel vol vols"),
    "pt": _set(
        "abr adj ago al alm apart aprox arq av avs bl brig cap cel cf cia cj coord d depto des ed"
        " edif eds eng enga esq est estr exa exma exmo fev fl fls fr gen gov ilma ilmo jan jd jr"
        " jul jun lda lgo ltda maj máx mín mons n nov núm obs org orgs p pe pres profa prof pág"
        " págs pp pça qd r rod s seg sgt sta sto séc tam tel ten trav v vl vol vols vs"
    ),
    "es": _set("aprox dña fdez fam gral hno máx mín tlf vda"),
    "fr": _set("bd déc dr févr janv juil me mgr mlle mm mme no nov oct pr sept st ste tél"),
    "de": _set(
        "abb abs allg bd bspw dr exkl frl fr geb gest hr inkl insb jh jhd kap max nr prof st str"
        " tel u vgl z zzgl"
    ),
    # Its list has two thousand acronyms and words; these are what a full stop abbreviates.
    "it": _set(
        "all apr arch art avv ca cap cav cell cfr cit co col comm corr dic dip dir dist dott dr"
        " ed egr es est feb fig fr gen geom gent giu ill ing int lett lug mag max min mons nov"
        " num on op ott pag pagg par part pres prof prov rag reg rev sec segr sen sett sig sign"
        " spett sr st str tel ten vic vol vs"
    ),
}
# Units, of which the full stop ends a sentence where a capital follows.
_UNITS = {
    "en": _set(
        "cm cu doz ea ext fl ft gal hr hrs kg km lb lbs max min mins ml mm mo mos oz pkg pkgs pt"
        " pts qt sec secs sq tbs tbsp tbsps tsp tsps wk wks yd yds yr yrs"
    ),
    "pt": _set("c cm col colh kg km max mín máx min ml mm pct pcts pt pts seg tab unid xíc"),
}
# Days, after which an hour or what else happens then follows.
_DAYS = {"pt": _set("dom qua qui sab seg sex sáb")}
# A day before a figure, else mostly a verb.
_DATED_DAYS = {"pt": _set("ter")}
# In capitals these are not acronyms, after which a full stop would end a sentence.
_CAPITAL_TITLES = _set("dr dra dras drs jr mm mr mrs ms nos sr sra sras srs st sta ste sto")
_ORDINALS = _set("bs cs da de et fi hr hu is lb lv nb nn no sk sl sr tr")


def dot_after(language: str, word: str, former: str, letter: str, *, capitals: bool) -> Dot:
    """Say what the full stop after ``word`` means.

    Args:
        language: BCP-47, without region.
        word: Without marks around it.
        former: The word before it in the same segment, or "".
        letter: The first letter or digit of the next word.
        capitals: Whether all of the text is in capitals.
    """
    if len(word) == 1 and word.isupper():
        # An initial; but "as tall as I." ends, and "É." is an answer.
        is_pronoun = language == "en" and word == "I" and (former.islower() or capitals)
        is_answer = not former and unicodedata.decomposition(word) != ""
        # "35° W."
        is_direction = former.endswith("°")
        return Dot.ENDS if is_pronoun or is_answer or is_direction else Dot.ABBREVIATES
    if capitals:
        word = word.lower()
    low = word.lower()
    is_roman = word.isupper() and set(word) <= set("IVXLCDM")
    if language in _ORDINALS and (is_roman or (word.isdigit() and len(word) <= 2)):
        return Dot.ABBREVIATES
    if low == "no" and former.lower() in _NUMBERED_THINGS.get(language, ()):
        return Dot.ABBREVIATES
    if low in _ABBREVIATIONS.get(language, ()) and not word.isupper():
        return Dot.ABBREVIATES
    if not letter.isupper() and low in _DAYS.get(language, ()):
        return Dot.ABBREVIATES
    if letter.isdigit() and low in _DATED_DAYS.get(language, ()):
        return Dot.ABBREVIATES
    if letter.islower() and (low == "etc" or low in _UNITS.get(language, ())):
        return Dot.ABBREVIATES
    if letter.islower() or not word.isalpha() or (letter.isdigit() and low in _NUMBERED):
        return Dot.UNKNOWN
    words = _WORDS.get(language, frozenset())
    if word.isupper():
        ends = low not in _CAPITAL_TITLES and not (is_roman and not former)
    elif language == "it":
        ends = True
    else:
        ends = word in words or (not former and low in words and low not in _NUMBERED)
    return Dot.ENDS if ends else Dot.UNKNOWN
