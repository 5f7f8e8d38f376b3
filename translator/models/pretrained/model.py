"""The recurrent model as a Transformers model: with a loss, ``generate`` and files."""

import math
from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from transformers import GenerationMixin, PreTrainedModel
from transformers import initialization as init
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput

from translator.models.marian.converted import MULTIPLIERS
from translator.models.marian.ssru import Network
from translator.models.pretrained.config import MarianSsruConfig

__all__ = ["MarianSsruForConditionalGeneration"]

_IGNORED = -100


@dataclass(eq=False)
class _Cache:
    """The decoder state of B hypotheses. Its size does not depend on their length.

    Attributes:
        cells: Cell states [L, B, D].
        cross: Keys and values of the sources, [L, 2, B, H, S, D/H].
        position: Tokens that the decoder has seen.
    """

    cells: Tensor
    cross: Tensor
    position: int

    def get_seq_length(self) -> int:
        """The number of tokens seen, under the name that the library's caches use."""
        return self.position

    def reorder_cache(self, beams: Tensor) -> None:
        """Let hypothesis b go on from the state of ``beams[b]``."""
        self.cells = self.cells[:, beams]
        self.cross = self.cross[:, :, beams]


@dataclass
class _Encoded(BaseModelOutput):
    """Hidden states [B, S, D], and where the sources have no padding, [B, S]."""

    attention_mask: Tensor | None = None


class _Encoder:
    """The encoder in the shape that ``generate`` expects."""

    main_input_name = "input_ids"

    def __init__(self, model: "MarianSsruForConditionalGeneration") -> None:
        self._model = model

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, **_: Any
    ) -> _Encoded:
        """Encode sources [B, S]; by default everything but padding tokens is attended to."""
        network = self._model.network
        if attention_mask is None:
            attention_mask = input_ids != self._model.config.pad_token_id
        x = network.embed_source(self._model.without_padding(input_ids))
        states = network.encode(x, self._model.additive_mask(attention_mask))
        return _Encoded(last_hidden_state=states, attention_mask=attention_mask)

    __call__ = forward


class MarianSsruForConditionalGeneration(PreTrainedModel, GenerationMixin):
    """Transformer encoder and recurrent decoder; see ``ssru``.

    There is no dropout: Marian trains its students without. Labels that are -100 or padding are
    ignored.
    """

    config_class = MarianSsruConfig
    # Multipliers of eight-bit products belong to weights as they were converted. The library does
    # not know them, so what it saves has none: they would be wrong for weights that were trained.
    _keys_to_ignore_on_load_unexpected = [rf"^{MULTIPLIERS}\."]  # noqa: RUF012
    # Its state is cells, not keys and values: it cannot go back to an earlier position.
    _is_stateful = True
    # The loss is a mean over the tokens of its own batch.
    accepts_loss_kwargs = False

    def __init__(self, config: MarianSsruConfig) -> None:
        super().__init__(config)
        self.network = Network(config.hyper_parameters)
        self.generation_config.suppress_tokens = [config.unk_token_id]
        self.post_init()

    @classmethod
    def _supports_default_dynamic_cache(cls) -> bool:
        """No: ``forward`` makes its own kind of cache."""
        return False

    def _init_weights(self, module: nn.Module) -> None:
        """Initialise like Marian: Glorot for matrices, zero for biases."""
        if isinstance(module, nn.Linear | nn.Embedding):
            init.xavier_uniform_(module.weight)
        elif isinstance(module, nn.LayerNorm):
            init.ones_(module.weight)
        for name in ("bias", "gate_bias", "output_bias"):
            if isinstance(bias := getattr(module, name, None), nn.Parameter):
                init.zeros_(bias)

    def get_encoder(self, modality: str | None = None) -> _Encoder:
        return _Encoder(self)

    def get_input_embeddings(self) -> nn.Module:
        return self.network.embeddings[self.config.source_embeddings]

    def prepare_decoder_input_ids_from_labels(self, labels: Tensor) -> Tensor:
        """Shift labels by one position, after the start token; for data collators."""
        start = labels.new_full((len(labels), 1), self.config.decoder_start_token_id)
        shifted = torch.cat([start, labels[:, :-1]], dim=1)
        return shifted.masked_fill(shifted == _IGNORED, self.config.pad_token_id)

    def without_padding(self, tokens: Tensor) -> Tensor:
        """Replace padding with some token that has an embedding."""
        return tokens.masked_fill(tokens == self.config.pad_token_id, 0)

    def additive_mask(self, mask: Tensor | None) -> Tensor | None:
        """[B, 1, 1, S] with -inf where ``mask`` [B, S] is 0."""
        if mask is None:
            return None
        added = torch.zeros(mask.shape, dtype=self.dtype, device=mask.device)
        return added.masked_fill(mask == 0, -math.inf)[:, None, None]

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        labels: Tensor | None = None,
        encoder_outputs: BaseModelOutput | None = None,
        cache: _Cache | None = None,
        use_cache: bool | None = None,
        return_dict: bool | None = None,
    ) -> Seq2SeqLMOutput:
        """Compute scores of every next token and, if there are labels, a loss.

        Args:
            input_ids: Source tokens [B, S]; not needed with ``encoder_outputs``.
            attention_mask: [B, S], 0 on padding; by default what the encoder attended to.
            decoder_input_ids: Target tokens [B, T] after the start token, or after those that
                ``cache`` has seen. By default made from ``labels``.
            labels: Target tokens [B, T] with their end of sentence.
            encoder_outputs: The output of ``get_encoder()`` for the sources.
            cache: The cache that the call before returned.
            use_cache: Whether to return a cache for the next call; by default without labels.
            return_dict: Has no effect; there is always a ``Seq2SeqLMOutput``.
        """
        if encoder_outputs is None:
            if input_ids is None:
                raise ValueError("input_ids and encoder_outputs are None, expected one of them")
            encoder_outputs = self.get_encoder()(input_ids, attention_mask)
        states = cast(Tensor, encoder_outputs.last_hidden_state)
        if decoder_input_ids is None:
            if labels is None:
                raise ValueError("decoder_input_ids and labels are None, expected one of them")
            decoder_input_ids = self.prepare_decoder_input_ids_from_labels(labels)
        network, batch = self.network, len(decoder_input_ids)
        if cache is None:
            depth = len(self.config.decoder_layers)
            cells = states.new_zeros(depth, batch, self.config.dim)
            cache = _Cache(cells, network.keys_and_values(states), 0)
        end = cache.position + decoder_input_ids.shape[1]
        # The start, like padding, is the zero vector.
        given = (decoder_input_ids != self.config.pad_token_id).unsqueeze(-1)
        x = network.embed_target(self.without_padding(decoder_input_ids)) * given
        x = x + network.positions(end)[cache.position : end]
        if attention_mask is None:
            attention_mask = getattr(encoder_outputs, "attention_mask", None)
        mask = self.additive_mask(attention_mask)
        hidden, cells, _ = network.decode(x, cache.cells, cache.cross, mask)
        logits = network.score(hidden)
        loss = None
        if labels is not None:
            labels = labels.masked_fill(labels == self.config.pad_token_id, _IGNORED)
            loss = F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten())
        keep = self.config.use_cache and labels is None if use_cache is None else use_cache
        return Seq2SeqLMOutput(
            loss=loss,
            logits=logits,
            # Any class with the methods of the library's will do.
            cache=cast(Any, _Cache(cells[:, :, -1], cache.cross, end)) if keep else None,
            encoder_last_hidden_state=states,
        )
