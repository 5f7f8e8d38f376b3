"""Which words belong together, so that no line ends between them where a better place is near.

Subtitle guides ask not to part an article or adjective from its noun, a first name from the last
one, a verb from its auxiliary or pronoun, a preposition from what follows. Without a parser that is
told by the word that would end the line: closed classes of words, numbers, and names. The viewers'
pages have the same tables (``captions/pages/binding.js``); a test compares them.
"""

import re

__all__ = ["BINDING_WORDS", "TITLES", "binds", "may_bind"]

# By language: words that no line should end with.
BINDING_WORDS: dict[str, str] = {
    "de": "der die das den dem des ein eine einen einem einer eines kein keine keinen mein "
    "meine dein deine sein seine ihr ihre unser unsere dieser diese dieses diesen diesem "
    "jeder jede jedes in im an am auf aus bei beim mit nach seit von vom zu zum zur für "
    "durch gegen ohne um über unter vor hinter neben zwischen wegen und oder aber dass "
    "weil wenn ob als wie ist sind war waren wird werden wurde wurden hat haben hatte "
    "hatten kann können muss müssen soll will wir ich du er sie es sehr nicht",
    "en": "a an the this that these those my your his her its our their some any no each every "
    "both another such of in on at to for from by with about into over under between "
    "through during without against and or but nor so if that because when while as than "
    "which who whose is are was were be been being am has have had do does did will would "
    "can could shall should may might must not i you he she it we they very too more most "
    "i'm you're we're they're it's don't can't",
    "es": "el la los las lo un una unos unas mi tu su mis tus sus nuestro nuestra nuestros "
    "nuestras este esta estos estas ese esa esos esas aquel aquella cada algún alguna "
    "ningún ninguna de del a al en con por para sin sobre entre desde hasta hacia según y "
    "e o u pero ni que si porque cuando como aunque es son era eran fue fueron ser está "
    "están estaba ha han había he hemos haber va van vamos puede pueden debe deben no muy "
    "más tan me te se nos le les",
    "fr": "le la les l' un une des du de d' au aux mon ma mes ton ta tes son sa ses notre nos "
    "votre vos leur leurs ce cet cette ces chaque quelques plusieurs aucun aucune à en "
    "dans sur sous avec sans pour par entre vers chez depuis pendant et ou mais ni que "
    "qu' qui si parce quand comme est sont était étaient sera seront être a ont avait "
    "avaient aura avoir ai as avons avez va vont peut peuvent doit doivent ne n' pas très "
    "plus je tu il elle on nous vous ils elles me te se",
    "it": "il lo la i gli le l' un uno una un' del dello della dei degli delle di a al allo "
    "alla ai agli alle da dal dalla in nel nella nei nelle con su sul sulla per tra fra e "
    "o ma né che se perché quando come mio mia miei mie tuo tua suo sua suoi sue nostro "
    "nostra questo questa questi queste quel quella ogni è sono era erano sarà essere ha "
    "hanno aveva avere ho abbiamo può possono deve devono non molto più mi ti si ci vi",
    "nl": "de het een mijn jouw je zijn haar ons onze hun dit dat deze die elke elk geen van in "
    "op aan te naar voor met bij uit over onder tussen door zonder tegen en of maar want "
    "dat omdat als toen is was waren wordt worden werd heeft hebben had hadden kan kunnen "
    "moet moeten zal zullen niet zeer heel ik jij hij zij wij we ze",
    "pt": "o a os as um uma uns umas meu minha meus minhas teu tua seu sua seus suas nosso "
    "nossa nossos nossas este esta estes estas esse essa esses essas aquele aquela cada "
    "algum alguma nenhum nenhuma de do da dos das em no na nos nas num numa a ao à aos às "
    "por pelo pela pelos pelas para com sem sobre entre desde até sob e ou mas nem que se "
    "porque quando como embora é são era eram foi foram ser está estão estava estavam tem "
    "têm tinha tinham vai vão vamos pode podem deve devem havia há não muito mais tão eu "
    "ele ela nós eles elas você me te lhe",
}
# Before a name; the full stop is no end of a sentence.
TITLES = "dr. dra. mr. mrs. ms. prof. sr. sra. srta. st. sta. mme. m. herr frau"

_SETS = {language: frozenset(words.split()) for language, words in BINDING_WORDS.items()}
_TITLES = frozenset(TITLES.split())
_CLOSING = ".,;:!?…\"'”’»)]"
_OPENING = "\"'“‘«([¿¡"
_NUMBER = re.compile(r"[$£€]?[0-9]+(?:[.,][0-9]+)*")
_DASH = re.compile(r"[-–—]")


def binds(before: str, after: str, language: str = "") -> bool:
    """Whether no line should end between two words of a text.

    Args:
        before: The word that would end the line, with its punctuation.
        after: The word that would begin the next one.
        language: BCP-47; only numbers, names and dashes bind in a language that is not known.
    """
    if not may_bind(before, language):
        return False
    after = after.lstrip(_OPENING)
    if _is_name(before, language) and not _is_listed(before, language):
        return _is_name(after.rstrip(_CLOSING), language)
    if _NUMBER.fullmatch(before):
        return after[:1].isalpha()
    return bool(after)


def may_bind(word: str, language: str = "") -> bool:
    """Whether the word may belong to the one that follows, whichever that is."""
    word = word.lstrip(_OPENING)
    return bool(
        _is_listed(word, language)
        or _NUMBER.fullmatch(word)
        or _DASH.fullmatch(word)
        or _is_name(word, language)
    )


def _is_listed(word: str, language: str) -> bool:
    word = word.lstrip(_OPENING).lower().replace("’", "'")
    return word in _TITLES or word in _SETS.get(language.split("-")[0].lower(), ())


def _is_name(word: str, language: str) -> bool:
    """Whether a word looks like a name; in German every noun does."""
    word = word.lstrip(_OPENING)
    return (
        language.split("-")[0].lower() != "de"
        and word[:1].isupper()
        and word.isalpha()
        and not word.isupper()
    )
