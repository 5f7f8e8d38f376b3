"""Asks a model which code words it copies: see ``text/code_words.py``.

Each family stands in sentences that need no knowledge, one, two and four words at a time, as
placeholders and names of products do. A sentence counts if each word is in its translation once.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from translator.engine.engine import Engine
from translator.engine.request import Request
from translator.errors import ConfigError
from translator.languages.pair import LanguagePair
from translator.languages.tags import language
from translator.models.base import Seq2SeqModel
from translator.text.code_words import DEFAULT_CODE_WORDS, FAMILIES, CodeWords
from translator.text.detokenizer import detokenize
from translator.text.tokens import Tokenizer

__all__ = ["NUM_FAMILIES", "best_code_words", "carriers_for", "probe_code_words"]

NUM_FAMILIES = len(FAMILIES)
# The default is the best one for the words around it, so another has to be clearly better.
_MARGIN = 0.02
# By the number of code words in a sentence: how many sentences at most.
_SENTENCES = {1: 100, 2: 60, 4: 40}
# In "{}" a code word stands, in "<>" one of the things of the language.
_CARRIERS: Mapping[str, tuple[str, Mapping[int, tuple[str, ...]]]] = {
    "en": (
        "shirt lamp bottle jacket phone table bag chair watch box key ticket",
        {
            1: (
                "The <> from {} arrives tomorrow.",
                "Please enter {} to open the <>.",
                "You have {} new messages about the <>.",
                "{} is the best <> of this year.",
                "We sent the <> to {} yesterday.",
                "Sign in with {} to buy this <>.",
                "Our <> costs less than {}.",
                "Did {} like the new <>?",
                "The <> was made by {}, and it lasts.",
            ),
            2: (
                "Your <> from {} will be sent to {} today.",
                "{} gave the <> to {} after lunch.",
                "Page {} of {} shows the <>.",
                "Choose {} or {} for your <>.",
                "The <> costs {} instead of {}.",
            ),
            4: (
                "{} and {} bought the <> that {} had sold to {}.",
                "Hello {}, your <> {} was sent on {} to {}.",
                "The <> is there in {}, {}, {} and {}.",
                "From {} to {} the <> costs {}, and later {}.",
            ),
        },
    ),
    "pt": (
        "camisa caneca garrafa jaqueta cadeira mesa bolsa caixa chave carteira mochila porta",
        {
            1: (
                "A <> de {} chega amanhã.",
                "Digite {} para abrir a <>.",
                "Você tem {} mensagens novas sobre a <>.",
                "{} é a melhor <> deste ano.",
                "Enviamos a <> para {} ontem.",
                "Entre com {} para comprar esta <>.",
                "A nossa <> custa menos que {}.",
                "{} gostou da <> nova?",
                "A <> foi feita por {} e dura muito.",
            ),
            2: (
                "A sua <> de {} será enviada para {} hoje.",
                "{} deu a <> a {} depois do almoço.",
                "A página {} de {} mostra a <>.",
                "Escolha {} ou {} para a sua <>.",
                "A <> custa {} em vez de {}.",
            ),
            4: (
                "{} e {} compraram a <> que {} tinha vendido a {}.",
                "Olá {}, a sua <> {} foi enviada em {} para {}.",
                "Há a <> em {}, {}, {} e {}.",
                "De {} a {} a <> custa {}, e depois {}.",
            ),
        },
    ),
    "es": (
        "camisa taza botella chaqueta silla mesa bolsa caja llave cartera mochila puerta",
        {
            1: (
                "La <> de {} llega mañana.",
                "Escriba {} para abrir la <>.",
                "Tiene {} mensajes nuevos sobre la <>.",
                "Enviamos la <> a {} ayer.",
                "Nuestra <> cuesta menos que {}.",
                "¿Le gustó a {} la <> nueva?",
                "La <> fue hecha por {} y dura mucho.",
            ),
            2: (
                "Su <> de {} será enviada a {} hoy.",
                "{} le dio la <> a {} después de comer.",
                "La página {} de {} muestra la <>.",
                "Elija {} o {} para su <>.",
            ),
            4: (
                "{} y {} compraron la <> que {} había vendido a {}.",
                "Hola {}, su <> {} fue enviada el {} a {}.",
                "La <> está en {}, {}, {} y {}.",
            ),
        },
    ),
    "fr": (
        "chemise lampe bouteille veste chaise table boîte clé montre porte tasse bague",
        {
            1: (
                "La <> de {} arrive demain.",
                "Entrez {} pour ouvrir la <>.",
                "Vous avez {} nouveaux messages sur la <>.",
                "Nous avons envoyé la <> à {} hier.",
                "Notre <> coûte moins que {}.",
                "La <> a été faite par {} et elle dure.",
            ),
            2: (
                "Votre <> de {} sera envoyée à {} aujourd'hui.",
                "{} a donné la <> à {} après le repas.",
                "La page {} sur {} montre la <>.",
                "Choisissez {} ou {} pour votre <>.",
            ),
            4: (
                "{} et {} ont acheté la <> que {} avait vendue à {}.",
                "Bonjour {}, votre <> {} a été envoyée le {} à {}.",
                "La <> est là en {}, {}, {} et {}.",
            ),
        },
    ),
    "de": (
        "Lampe Flasche Jacke Tasche Uhr Kiste Karte Tasse Hose Decke Mütze Schale",
        {
            1: (
                "Die <> von {} kommt morgen an.",
                "Geben Sie {} ein, um die <> zu öffnen.",
                "Sie haben {} neue Nachrichten über die <>.",
                "Wir haben die <> gestern an {} geschickt.",
                "Unsere <> kostet weniger als {}.",
                "Die <> wurde von {} gemacht und hält lange.",
            ),
            2: (
                "Ihre <> von {} wird heute an {} geschickt.",
                "{} gab die <> nach dem Essen an {}.",
                "Seite {} von {} zeigt die <>.",
                "Wählen Sie {} oder {} für Ihre <>.",
            ),
            4: (
                "{} und {} kauften die <>, die {} an {} verkauft hatte.",
                "Hallo {}, Ihre <> {} wurde am {} an {} geschickt.",
                "Die <> gibt es in {}, {}, {} und {}.",
            ),
        },
    ),
    "it": (
        "camicia lampada bottiglia giacca sedia borsa scatola chiave tazza porta gonna collana",
        {
            1: (
                "La <> di {} arriva domani.",
                "Inserisci {} per aprire la <>.",
                "Hai {} nuovi messaggi sulla <>.",
                "Abbiamo spedito la <> a {} ieri.",
                "La nostra <> costa meno di {}.",
                "La <> è stata fatta da {} e dura a lungo.",
            ),
            2: (
                "La tua <> di {} sarà spedita a {} oggi.",
                "{} ha dato la <> a {} dopo pranzo.",
                "La pagina {} di {} mostra la <>.",
                "Scegli {} o {} per la tua <>.",
            ),
            4: (
                "{} e {} hanno comprato la <> che {} aveva venduto a {}.",
                "Ciao {}, la tua <> {} è stata spedita il {} a {}.",
                "La <> si trova in {}, {}, {} e {}.",
            ),
        },
    ),
}


def carriers_for(source: str) -> dict[int, list[str]]:
    """Sentences with a "{}" for each code word, by how many they have.

    Args:
        source: BCP-47 code of their language.

    Raises:
        ConfigError: There are none in this language.
    """
    found = _CARRIERS.get(language(source))
    if found is None:
        raise ConfigError(
            f"there are no sentences in {source} to ask a model with; "
            f"there are some in {', '.join(_CARRIERS)}"
        )
    things, templates = found[0].split(), found[1]
    return {
        count: [
            template.replace("<>", thing)
            for template, thing in islice(_combined(templates[count], things), number)
        ]
        for count, number in _SENTENCES.items()
    }


def _combined(templates: Sequence[str], things: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every template with each of the things, once; first each template with another one."""
    for turn in range(len(things)):
        for place, template in enumerate(templates):
            yield template, things[(turn + place) % len(things)]


def probe_code_words(
    model: Seq2SeqModel,
    pair: LanguagePair,
    *,
    on_progress: Callable[[int], None] = lambda _: None,
    within_s: float = math.inf,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, float]:
    """The share of sentences in which each family came back: the mean over 1, 2 and 4 at a time.

    Args:
        model: The model.
        pair: One of its pairs.
        on_progress: Called with the number of families that are through.
        within_s: How long it may take, in seconds.
        clock: Seconds, monotonic.

    Raises:
        ConfigError: There are no sentences in the pair's source language.
        TimeoutError: It takes longer than ``within_s``.
    """
    carriers = carriers_for(pair.source)
    ends_s = clock() + within_s

    def check() -> None:
        if clock() > ends_s:
            raise TimeoutError(f"asking it takes longer than {within_s:g} s")

    tokenizer = model.tokenizer(pair)
    engine = Engine({model.info.name: model})
    shares: dict[str, float] = {}
    for number, family in enumerate(FAMILIES.values(), 1):
        kept = [
            sum(_kept(engine, model, tokenizer, family, count, texts, check)) / len(texts)
            for count, texts in carriers.items()
        ]
        shares[family.name] = sum(kept) / len(kept)
        on_progress(number)
    return shares


def best_code_words(shares: Mapping[str, float]) -> CodeWords:
    """The family to take: the default, unless another is clearly better."""
    best = max(shares, key=lambda name: shares[name])
    is_better = shares[best] > shares[DEFAULT_CODE_WORDS.name] + _MARGIN
    return FAMILIES[best] if is_better else DEFAULT_CODE_WORDS


def _kept(
    engine: Engine,
    model: Seq2SeqModel,
    tokenizer: Tokenizer,
    family: CodeWords,
    count: int,
    texts: Sequence[str],
    check: Callable[[], None],
) -> Iterator[bool]:
    words = [family.word(number) for number in range(1, count + 1)]
    for number, text in enumerate(texts):
        source = tokenizer.encode_source(text.format(*words)).tokens
        prefix = tokenizer.target_start
        request = Request((str(number), ""), number, model.info.name, source, target_prefix=prefix)
        engine.submit(request)
    wanted = sorted(map(family.key, words))
    for outcome in engine.run():
        check()
        said = () if outcome.hypothesis is None else outcome.hypothesis.tokens
        target = detokenize(tokenizer, said).text
        yield sorted(key for _, _, key in family.find(target, count)) == wanted
