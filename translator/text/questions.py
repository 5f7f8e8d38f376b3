"""Questions without their mark: "what time does the store close".

Speech is often recognised without marks, and a chat has none. A model that gets a full stop there
takes the question for a statement, or for a piece of something else: "que tempo a loja fecha". Only
what is hardly anything else counts: "when i got home" is none, and so is "você tem razão". Pure
text.
"""

import re

__all__ = ["is_question"]

_WHO = r"(?:i|you|he|she|it|we|they|anyone|anybody|somebody|someone|everyone|everybody)\b"
# "Do the dishes" and "have a look" are none.
_NOUN = r"(?:there|this|that|these|those|the|your|my|our|his|her|their|any|all)\b"
_IS = r"(?:is|are|was|were|isn't|aren't|wasn't|weren't)"
_CAN = r"(?:can|could|would|should|will|can't|couldn't|wouldn't|shouldn't|won't)"
_DO = r"(?:do|does|did|don't|doesn't|didn't|have|has|had|haven't|hasn't)"
_ANY = rf"(?:{_IS}|{_CAN}|{_DO}|am)"
_EN_FIRST = r"(?:(?:so|and|but|okay|ok|well|hey|hi|hello|sorry|now|then|also|yeah|oh),? )*"
_EN = (
    rf"(?:(?:who|where|why|how|what|when)(?:'s|'re)? {_ANY}\b(?! (?:clear|important|more)\b)"
    r"|(?:who|where|what|how|when)(?:'s|'re) (?!more\b)"
    r"|how (?:many|much|long|often|far|old|big|come|about)\b"
    rf"|(?:what|which) (?:time|kind|sort|type|day|color|colour|size|one|ones)\b.* {_ANY}\b"
    rf"|why (?:not|{_ANY})\b"
    rf"|(?!should you (?:need|have|want|wish|require)\b){_CAN} (?:{_WHO}|{_NOUN})"
    rf"|(?!were (?:it|i)\b){_IS} (?:{_WHO}|{_NOUN})"
    r"|(?:does|did|doesn't|didn't) [a-z]"
    rf"|(?:has|hasn't) (?:{_WHO}|{_NOUN})|is everything\b"
    r"|(?:do|don't|have|haven't) (?:i|you|he|she|we|they)\b(?! (?:dare|worry)\b)"
    r"|may (?:i|we)\b|shall (?:i|we)\b|am i\b|are you\b|any (?:questions|blockers|updates|news)\Z"
    r"|(?:who|what) (?:happened|happens|took|made|wants|knows|likes|else|wrote|told|said)\b"
    r"|what on earth\b|what the hell\b|why the hell\b|why's \w|whose \w+ (?:is|are|was|were)\b)"
)
_PT_FIRST = r"(?:(?:então|e|mas|oi|olá|ei|desculpa|desculpe|bom|bem|aí|gente|pessoal|agora|ah),? )*"
# "Você pode clicar aqui" tells how something is done.
_PLEASE = (
    r"(?:me|nos|repetir|ouvir|ver|falar|mandar|enviar|ajudar|explicar|confirmar|verificar|mostrar"
    r"|compartilhar|trocar|parcelar|pagar|entrar|começar|soletrar|esperar)"
)
_PT = (
    r"(?:(?:a )?que horas (?!eu\b)|por que\b|cadê\b|será que\b|como é que\b|o que é que\b"
    r"|(?:quanto|quantos|quantas) (?!mais\b|antes\b|menos\b|a\b|ao\b)"
    r"|(?:de|para|pra|com|em|a) (?:quem|qual|quantos|quantas|onde)\b(?! eu\b)"
    r"|quem (?:está|vai|foi|é|tem|pode|quer|sabe|falou|fez|ficou|vem)\b"
    r"|(?:onde|aonde) (?:fica|ficam|está|estão|é|são|posso|podemos|tem|você|vocês|vai|foi)\b"
    r"|quando (?:é que|vai|começa|fica pronto|sai|termina)\b"
    r"|que (?:tipo|tal|diabos|cor|tamanho|dia é|número é|ônibus|linha)\b|com que frequência\b"
    r"|qual (?:é|o|a|foi|seria|desses|dessas|deles|delas)\b|quais (?:são|os|as|foram)\b"
    r"|como (?:vai|vão|se chama|faço|fazemos|posso|podemos|funciona|chego|foi|estão|está [oa])\b"
    r"|como vocês? (?!sab|v[êei]|diss|pode|quis|quer)"
    r"|o que (?:aconteceu|houve|significa|foi|você|vocês|vamos|a gente|eu faço|posso|podemos)\b"
    r"|(?:você|vocês|o senhor|a senhora) (?:poderiam?|recebeu|receberam|viu|viram|aceitam?"
    r"|gostariam?|quer|querem|está me|estão me|vem|vêm|entregam|(?:sabem?|conhecem?)\b(?! que\b)"
    rf"|(?:pode|podem|consegue|conseguem) {_PLEASE})\b"
    r"|alguém (?:tem|sabe|pode|viu|quer|aí|mais|conhece)\b"
    r"|algum(?:a)? (?:dúvida|pergunta|impedimento|problema|novidade|sugestão)\b"
    r"|tem (?:como|algum|alguma|alguém|mais alguma)\b(?! tempo\b)"
    rf"|(?:dá para|dá pra|posso|podemos|pode|podem) {_PLEASE}\b(?! que\b))"
)
# A longer one may be a statement that begins so: "o que você disse ontem ...".
_MAX_WORDS = 14
# "It's hot isn't it", "é caro, não é".
_TAGS = {
    "en": re.compile(
        r"\b(?:isn't|aren't|don't|doesn't|didn't|won't|wasn't|weren't|can't|haven't|hasn't)"
        r" (?:i|you|he|she|it|we|they)\Z",
        re.IGNORECASE,
    ),
    "pt": re.compile(r"(?:, (?:não é|não foi)|,? né)(?: mesmo)?\Z", re.IGNORECASE),
}
_PATTERNS = {
    "en": re.compile(_EN_FIRST + _EN, re.IGNORECASE),
    "pt": re.compile(_PT_FIRST + _PT, re.IGNORECASE),
}


def is_question(text: str, language: str) -> bool:
    """Whether a whole text without a mark is a question.

    Args:
        text: It, without white space around it.
        language: Its BCP-47 code; only its language counts.
    """
    language = language.split("-")[0].lower()
    words = text.replace("’", "'").split()
    if language not in _PATTERNS or len(words) > _MAX_WORDS:
        return False
    plain = " ".join(words)
    return bool(_PATTERNS[language].match(plain) or _TAGS[language].search(plain))
