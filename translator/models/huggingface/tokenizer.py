"""The tokenizer of one pair of a Transformers model."""

from translator.models.huggingface.languages import Prompt
from translator.models.huggingface.vocabulary import Vocabulary
from translator.text.code_words import DEFAULT_CODE_WORDS, CodeWords
from translator.text.phrases import NO_PHRASES, Phrases
from translator.text.tokens import EncodedText

__all__ = ["PairTokenizer"]


class PairTokenizer:
    """Implements ``tokens.Tokenizer``: a vocabulary, and a prompt that names the pair."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        prompt: Prompt,
        code_words: CodeWords = DEFAULT_CODE_WORDS,
    ) -> None:
        self._code_words = code_words
        self._vocabulary = vocabulary
        self._prompt = prompt

    @property
    def eos_id(self) -> int:
        return self._vocabulary.eos_id

    @property
    def open_id(self) -> int | None:
        """None: Transformers models have no open end."""
        return None

    @property
    def target_start(self) -> tuple[int, ...]:
        """The token of the target language, if it stands in the target."""
        return self._prompt.target_start

    @property
    def knows_sentences(self) -> bool:
        """True: it was trained on sentences."""
        return True

    @property
    def phrases(self) -> Phrases:
        """None: a folder of many pairs has no file of them."""
        return NO_PHRASES

    def encode_source(self, text: str) -> EncodedText:
        """Tokenize a source text; adds the language token and the end of sentence.

        Added tokens have empty spans. A span begins where the one before ended, so characters that
        normalisation drops belong to the token after them.
        """
        tokens, offsets = self._vocabulary.encode(text)
        start = self._prompt.source_start
        spans: list[tuple[int, int]] = [(0, 0)] * len(start)
        reached = 0
        for _, end in offsets:
            spans.append((reached, max(reached, end)))
            reached = spans[-1][1]
        spans.append((len(text), len(text)))
        return EncodedText((*start, *tokens, self.eos_id), tuple(spans))

    def encode_target(self, text: str) -> tuple[int, ...]:
        """Tokenize a target text, without ``target_start`` and end of sentence."""
        return tuple(self._vocabulary.encode_target(text))

    def piece(self, token: int) -> str:
        return self._vocabulary.text(token)

    def writes(self, character: str) -> bool:
        return self._vocabulary.writes(character)

    @property
    def code_words(self) -> CodeWords:
        return self._code_words
