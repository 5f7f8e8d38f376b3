"""What people say every day, through real sessions with the embedded models.

The end of a segment is told as real sources tell it: after its last word has been answered.
"""

import pytest

from tests.models.everyday import Everyday
from translator.languages.pair import LanguagePair
from translator.models.marian.recurrent import RecurrentModel
from translator.policy.registry import Latency
from translator.session.hypothesis import known_phrase
from translator.session.model_source import ModelSource
from translator.text.phrases import SLOT

pytestmark = pytest.mark.model

EN_PT, PT_EN = LanguagePair("en", "pt"), LanguagePair("pt", "en")
SHORT = {
    EN_PT: (
        "hello", "goodbye", "police", "help", "report", "fire", "thanks", "tomorrow", "Good night",
        "watch out", "See you.", "Of course!", "a glass of water", "we have bought a very nice",
    ),
    PT_EN: (
        "olá", "obrigado", "Lisboa", "socorro", "amanhã", "Boa noite", "Até logo.", "Com certeza!",
        "um copo de água", "nós compramos uma casa muito",
    ),
}  # fmt: skip


def both_ways(model: RecurrentModel, pair: LanguagePair, text: str) -> tuple[str, str]:
    """What becomes of one segment word by word, and at once."""
    stream = Everyday(model, pair)
    stream.say(text)
    stream.end("half-close")
    return stream.closed[0], stream.whole(text)


@pytest.mark.parametrize("pair", [EN_PT, PT_EN], ids=str)
@pytest.mark.parametrize("end", ["half-close", "flush", "end_of_segment", "rest", "speaker"])
def test_a_short_utterance_is_what_the_whole_is(
    embedded: dict[LanguagePair, RecurrentModel], pair: LanguagePair, end: str
) -> None:
    for text in SHORT[pair]:
        if end == "speaker" and len(text.split()) > 4:
            # It is interrupted: the model is not told that the sentence ends.
            continue
        stream = Everyday(embedded[pair], pair)
        stream.say(text, speaker="A")
        stream.end(end)
        whole = stream.whole(text)
        # Where the server ended it, it may go on, so its invented full stop is left out.
        assert stream.closed[0].rstrip(".") == whole.rstrip("."), text
        assert stream.closed[0], text


@pytest.mark.parametrize("latency", Latency)
def test_the_next_word_ends_a_sentence_as_the_half_close_does(
    embedded: dict[LanguagePair, RecurrentModel], latency: Latency
) -> None:
    sentences = ["Olá.", "Vocês gostam de música?", "O trem sai às nove.", "Sim, claro."]
    stream = Everyday(embedded[PT_EN], PT_EN, latency)
    for sentence in sentences:
        stream.say(sentence)
    stream.end("half-close")
    assert len(stream.closed) == len(sentences)
    for text, sentence in zip(stream.closed, sentences, strict=True):
        assert text
        # What was committed before the end may be worded otherwise, but the end is all there.
        assert text.split()[-1] == stream.whole(sentence).split()[-1], sentence


def test_the_news_at_the_end_is_shown_while_the_speaker_is_silent(
    embedded: dict[LanguagePair, RecurrentModel],
) -> None:
    stream = Everyday(embedded[EN_PT], EN_PT)
    stream.say("The meeting costs 350 euros.")
    assert "350" in stream.shown
    assert stream.closed == []
    stream.rest(1.0)
    assert stream.closed == [stream.whole("The meeting costs 350 euros.")]


@pytest.mark.parametrize(
    ("pair", "text", "words"),
    [
        (EN_PT, "Please send the file(s) before the meeting on Friday.", ["o(s) arquivo(s)"]),
        (EN_PT, "The selected item(s) are in the box(es).", ["item(ns) selecionado(s)"]),
        (PT_EN, "Envie o(s) arquivo(s) antes da reunião de sexta-feira.", ["file(s)"]),
    ],
)
def test_an_ending_in_brackets_is_there_live_and_whole(
    embedded: dict[LanguagePair, RecurrentModel], pair: LanguagePair, text: str, words: list[str]
) -> None:
    for said in both_ways(embedded[pair], pair, text):
        assert all(word in said for word in words), said
        assert said.count("(") == said.count(")")


def test_a_sentence_in_one_piece_is_shown_at_once(
    embedded: dict[LanguagePair, RecurrentModel],
) -> None:
    stream = Everyday(embedded[EN_PT], EN_PT)
    stream.driver.say("The room is on the second floor.")
    assert stream.shown == stream.whole("The room is on the second floor.")


def test_a_pause_to_think_does_not_cut_the_sentence(
    embedded: dict[LanguagePair, RecurrentModel],
) -> None:
    stream = Everyday(embedded[EN_PT], EN_PT)
    for part in ("I would like to", "thank all of you for", "the help."):
        stream.say(part)
        stream.pause(1.1)
    stream.end("half-close")
    assert len(stream.closed) == 1
    assert stream.closed[0].startswith("Eu gostaria de agradecer")


def test_a_slow_speaker_is_no_rubble(embedded: dict[LanguagePair, RecurrentModel]) -> None:
    stream = Everyday(embedded[EN_PT], EN_PT)
    for word in ["We", "are", "happy", "to", "see", "so", "many", "people", "here", "today."]:
        stream.say(word)
        stream.pause(1.05)
    stream.end("half-close")
    assert len(stream.closed) == 1


def test_who_is_interrupted_goes_on_with_the_context(
    embedded: dict[LanguagePair, RecurrentModel],
) -> None:
    stream = Everyday(embedded[EN_PT], EN_PT)
    stream.say("We will have to", speaker="A")
    stream.say("Yes.", speaker="B")
    stream.say("move the meeting to Friday.", speaker="A")
    stream.end("half-close")
    assert len(stream.closed) == 3
    assert stream.closed[2].startswith(("mover", "mudar", "transferir")), stream.closed


def test_two_connections_make_no_word(embedded: dict[LanguagePair, RecurrentModel]) -> None:
    stream = Everyday(embedded[EN_PT], EN_PT)
    stream.driver.say("I am not", start_s=60.0, end_s=61.0)
    stream.driver.say("able to come today.", start_s=0.0, end_s=1.0)
    stream.end("half-close")
    assert "notável" not in " ".join(stream.closed)
    assert "capaz" in " ".join(stream.closed) or "posso" in " ".join(stream.closed)


@pytest.mark.parametrize(
    ("pair", "text", "usual"),
    [
        (EN_PT, "THE TRAIN LEAVES AT NINE.", "The train leaves at nine."),
        (EN_PT, "WE WILL MEET YOUR BROTHER TOMORROW.", "We will meet your brother tomorrow."),
        (PT_EN, "O TREM SAI ÀS NOVE.", "O trem sai às nove."),
    ],
)
def test_text_in_capitals_is_translated_as_the_same_text_and_stays_in_capitals(
    embedded: dict[LanguagePair, RecurrentModel], pair: LanguagePair, text: str, usual: str
) -> None:
    stream, plain = Everyday(embedded[pair], pair), Everyday(embedded[pair], pair)
    stream.say(text)
    plain.say(usual)
    for each in (stream, plain):
        each.end("half-close")
    assert stream.closed == [plain.closed[0].upper()]


def test_an_acronym_stays_one(embedded: dict[LanguagePair, RecurrentModel]) -> None:
    stream = Everyday(embedded[EN_PT], EN_PT)
    stream.say("NASA will send two people.")
    stream.end("half-close")
    assert stream.closed[0].startswith("A NASA")


@pytest.mark.parametrize(
    ("pair", "said", "expected"),
    [
        # None is a phrase, which no model would be asked for.
        (EN_PT, "red shoes", "sapatos vermelhos"),
        (EN_PT, "size 42", "tamanho 42"),
        (EN_PT, "there is no coffee left in the kitchen", "não há café na cozinha"),
        (PT_EN, "montanhas", "mountains"),
        (PT_EN, "sapatos vermelhos", "red shoes"),
    ],
)
@pytest.mark.parametrize("end", ["half-close", "rest"])
def test_speech_without_capitals_and_marks_is_understood(
    embedded: dict[LanguagePair, RecurrentModel],
    pair: LanguagePair,
    said: str,
    expected: str,
    end: str,
) -> None:
    assert embedded[pair].tokenizer(pair).phrases.find(said) is None
    stream = Everyday(embedded[pair], pair)
    stream.say(said)
    stream.end(end)
    assert stream.closed == [expected]
    assert stream.whole(said) == expected


def test_a_title_gets_no_full_stop(embedded: dict[LanguagePair, RecurrentModel]) -> None:
    # With one the model takes it for the name of something, and notes in which language.
    stream = Everyday(embedded[EN_PT], EN_PT)
    assert stream.whole("Marta Yoga Pant") == "Marta Ioga Pant"
    assert stream.whole("Marta Yoga Pant.") == "Marta Yoga Pant."


@pytest.mark.parametrize(
    ("pair", "said", "expected"),
    [
        (EN_PT, "Thank you.", "Obrigado."),
        (EN_PT, "THANKS!", "OBRIGADO!"),
        (EN_PT, "at half past seven", "às sete e meia"),
        (PT_EN, "Até logo.", "See you later."),
        (PT_EN, "olá", "hello"),
    ],
)
@pytest.mark.parametrize("end", ["half-close", "rest", "speaker"])
def test_what_is_a_phrase_is_said_as_it_is_known(
    embedded: dict[LanguagePair, RecurrentModel],
    pair: LanguagePair,
    said: str,
    expected: str,
    end: str,
) -> None:
    stream = Everyday(embedded[pair], pair)
    stream.say(said, speaker="A")
    stream.end(end)
    assert stream.closed[0] == expected
    assert stream.whole(said) == expected


@pytest.mark.parametrize(
    ("pair", "said", "expected"),
    [
        (EN_PT, "Only 2 left!", "Restam apenas 2!"),
        (EN_PT, "Rated 4.8 out of 5.", "Nota 4,8 de 5."),
        (EN_PT, "Was £20, now £15.50.", "De £20 por £15,50."),
        (PT_EN, "R$ 59,90 à vista.", "R$ 59.90 paid in full."),
        (PT_EN, "+500 vendidos", "+500 sold"),
        # Other words for a phrase.
        (EN_PT, "See ya tomorrow!", "Até amanhã!"),
        (EN_PT, "thx", "obrigado"),
    ],
)
def test_a_phrase_has_the_numbers_and_prices_of_its_source(
    embedded: dict[LanguagePair, RecurrentModel], pair: LanguagePair, said: str, expected: str
) -> None:
    stream = Everyday(embedded[pair], pair)
    stream.say(said)
    stream.end("half-close")
    assert stream.closed[0] == stream.whole(said) == expected


@pytest.mark.parametrize("pair", [EN_PT, PT_EN], ids=str)
def test_every_phrase_of_the_embedded_models_can_be_written(
    embedded: dict[LanguagePair, RecurrentModel], pair: LanguagePair
) -> None:
    tokenizer = embedded[pair].tokenizer(pair)
    assert len(tokenizer.phrases.exact) > 900
    for source in tokenizer.phrases.exact:
        # Also as it is written where it begins a sentence: vocabularies lack some capitals.
        source = source.replace(SLOT, "3")
        for said in (source, source[0].upper() + source[1:]):
            encoded = ModelSource.encode(tokenizer, said, 512, begins=True, ends=True)
            if not (encoded.protected and encoded.protected.masks):
                assert known_phrase(tokenizer, encoded) is not None, said


@pytest.mark.parametrize(
    ("pair", "text", "expected"),
    [
        (EN_PT, "Nice to meet you, I'm Paula.", "Prazer em conhecê-lo, eu sou Paula."),
        (EN_PT, "No, thank you, I have just eaten.", "Não, obrigado, eu acabei de comer."),
        (EN_PT, "WELCOME BACK, HOW WAS YOUR TRIP?", "BEM-VINDO DE VOLTA, COMO FOI A SUA VIAGEM?"),
        (PT_EN, "Com licença, onde fica o banheiro?", "Excuse me, where is the bathroom?"),
        (PT_EN, "bom dia, meu voo foi cancelado", "good morning, my flight was canceled"),
    ],
)
def test_a_phrase_may_go_before_a_clause_live_and_whole(
    embedded: dict[LanguagePair, RecurrentModel], pair: LanguagePair, text: str, expected: str
) -> None:
    assert both_ways(embedded[pair], pair, text) == (expected, expected)


@pytest.mark.parametrize(
    ("pair", "text", "expected"),
    [
        (EN_PT, "Okay guys, see you tomorrow.", "Certo, pessoal, até amanhã."),
        (EN_PT, "No, thank you, I'm just looking.", "Não, obrigado, estou só olhando."),
        (PT_EN, "Bom dia, em que posso ajudar?", "Good morning, may I help you?"),
    ],
)
def test_a_phrase_may_go_before_another(
    embedded: dict[LanguagePair, RecurrentModel], pair: LanguagePair, text: str, expected: str
) -> None:
    assert Everyday(embedded[pair], pair).whole(text) == expected


@pytest.mark.parametrize(
    ("pair", "text", "words"),
    [
        (EN_PT, "Great!", ["Ótimo!"]),
        (EN_PT, "Thank you, Kevin.", ["Obrigado, Kevin."]),
        (EN_PT, "Good evening, Dr. Lee.", ["Boa noite, Dr. Lee."]),
        (EN_PT, "I asked Peter and Mary's boss to call Paul.", ["Peter", "Mary", "Paul"]),
        (EN_PT, "King John met Pope Francis.", ["João", "Francisco"]),
        (PT_EN, "Obrigado, João!", ["Thank you, João!"]),
        (PT_EN, "Falei com Pedro e com a Júlia ontem.", ["Pedro", "Júlia"]),
        (PT_EN, "São Paulo é maior do que Santa Maria.", ["Paulo", "Santa Maria"]),
    ],
)
def test_names_of_people_stay_live_and_whole(
    embedded: dict[LanguagePair, RecurrentModel], pair: LanguagePair, text: str, words: list[str]
) -> None:
    for said in both_ways(embedded[pair], pair, text):
        assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("pair", "text", "words"),
    [
        (EN_PT, "Nice to meet you, I'm Kevin and this is my friend Paul from Lisbon.",
         ["Prazer em conhecê-lo,", "Kevin", "Paul"]),
        (PT_EN, "Bom dia, eu sou o Pedro e esta é a minha irmã Júlia.",
         ["Good morning,", "Pedro", "Júlia"]),
    ],
)  # fmt: skip
def test_a_stream_that_breaks_after_any_word_keeps_names_and_opening(
    embedded: dict[LanguagePair, RecurrentModel], pair: LanguagePair, text: str, words: list[str]
) -> None:
    parts = text.split()
    for number in range(1, len(parts)):
        stream = Everyday(embedded[pair], pair, Latency.LOW)
        stream.say(" ".join(parts[:number]))
        stream.break_off()
        stream.say(" ".join(parts[number:]))
        stream.end("half-close")
        # The reader has checked that committed text only grew.
        [said] = stream.closed
        assert all(word in said for word in words), (number, said)
