"""A Transformers model behind the engine's protocol.

Shapes: B sources or requests, S source tokens, T target positions, D hidden size, V vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor
from transformers import DynamicCache, EncoderDecoderCache

from translator.languages.pair import LanguagePair
from translator.models.base import (
    DecoderBatch,
    EncoderStates,
    Prediction,
    Prefill,
    lengths_of,
    predict_from_logits,
)
from translator.models.huggingface.batch import KeysAndValues, RowsBatch, source_mask
from translator.models.huggingface.decoder import Decoder
from translator.models.huggingface.generation import Generation
from translator.models.huggingface.languages import Languages
from translator.models.huggingface.tokenizer import PairTokenizer
from translator.models.huggingface.vocabulary import Vocabulary
from translator.models.info import ModelInfo
from translator.text.code_words import DEFAULT_CODE_WORDS, CodeWords

__all__ = ["Encoded", "TransformersModel"]

# A source token becomes 4 of the target at most, and "ok" may become a phrase: what is longer
# goes round in circles.
_MAX_LENGTH_FACTOR, _EXTRA_TARGET_TOKENS = 4, 16


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """The encoder's output for one source: ``hidden`` [S, D].

    The decoder's keys and values are not kept: they are 2 L times as large, and quick to compute.
    """

    hidden: Tensor

    @property
    def num_tokens(self) -> int:
        return len(self.hidden)


class TransformersModel:
    """Implements ``models.base.Seq2SeqModel``.

    Its greedy output is that of ``generate(num_beams=1, do_sample=False)``.

    Args:
        decoder: The network.
        generation: How to decode.
        vocabulary: Converts text to tokens and back.
        languages: The pairs, and how the model is told which one.
        info: What the model is.
        code_words: Those that it copies.
    """

    def __init__(
        self,
        decoder: Decoder,
        generation: Generation,
        vocabulary: Vocabulary,
        languages: Languages,
        info: ModelInfo,
        code_words: CodeWords = DEFAULT_CODE_WORDS,
    ) -> None:
        self._code_words = code_words
        self._decoder = decoder
        self._generation = generation
        self._vocabulary = vocabulary
        self._languages = languages
        self._info = info
        self._pairs = frozenset(info.pairs)
        self._encoder: Any = decoder.network.get_encoder()
        # Its type is that of all states.
        self._weight = cast(Tensor, decoder.network.lm_head.weight)
        self._suppressed = torch.tensor(generation.suppressed, dtype=torch.int64).to(self.device)

    @property
    def info(self) -> ModelInfo:
        return self._info

    @property
    def device(self) -> torch.device:
        return self._weight.device

    def tokenizer(self, pair: LanguagePair) -> PairTokenizer:
        if pair not in self._pairs:
            raise KeyError(pair)
        return PairTokenizer(self._vocabulary, self._languages.prompt(pair), self._code_words)

    def max_target_tokens(self, num_source_tokens: int) -> int:
        """The files' ``max_length``, or less if the source is short."""
        room = _MAX_LENGTH_FACTOR * num_source_tokens + _EXTRA_TARGET_TOKENS
        return min(room, self._generation.max_target_tokens)

    @torch.inference_mode()
    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        if not sources:
            return []
        lengths = lengths_of(sources)
        longest, pad = max(lengths), self._generation.pad_id
        tokens = torch.tensor([[*s, *[pad] * (longest - len(s))] for s in sources])
        mask = torch.arange(longest) < torch.tensor(lengths)[:, None]
        hidden = self._encoder(
            input_ids=tokens.to(self.device), attention_mask=mask.to(self.device, torch.int64)
        ).last_hidden_state
        # A copy each, so that one kept source does not hold the memory of all.
        return [Encoded(hidden[b, :length].clone()) for b, length in enumerate(lengths)]

    @torch.inference_mode()
    def prefill(
        self, encoder_states: Sequence[EncoderStates], targets: Sequence[Sequence[int]]
    ) -> Prefill:
        """Run the decoder over known targets. ``Prefill.states`` is a ``KeysAndValues``."""
        longest, start = max(len(target) for target in targets), self._generation.start_id
        tokens = torch.tensor([[start, *t, *[start] * (longest - len(t))] for t in targets])
        sources = [cast(Encoded, states).hidden for states in encoder_states]
        source = torch.nn.utils.rnn.pad_sequence(sources, batch_first=True)
        mask = source_mask([len(hidden) for hidden in sources], source)
        positions = torch.arange(longest + 1, device=self.device)[None]
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        hidden, alignment = self._decoder(
            tokens.to(self.device), positions, longest + 1, source, mask, cache
        )
        return Prefill(hidden, alignment, KeysAndValues.of(cache))

    def new_batch(self) -> DecoderBatch:
        return RowsBatch(self._decoder, self._weight)

    @torch.inference_mode()
    def logits(self, hidden: Tensor) -> Tensor:
        """Scores [N, V]; -inf for tokens that the model's files suppress."""
        return self._decoder.logits(hidden).index_fill_(-1, self._suppressed, -torch.inf)

    def predict(
        self,
        hidden: Tensor,
        drafted: Sequence[int] | None = None,
        *,
        probable: bool = True,
        sources: Sequence[EncoderStates] = (),
    ) -> Prediction:
        return predict_from_logits(self.logits(hidden), drafted, probable=probable)
