"""The configuration of the recurrent model for Transformers."""

from dataclasses import field, fields

from huggingface_hub.dataclasses import strict
from transformers import PreTrainedConfig

from translator.models.marian.folder import FAMILY
from translator.models.marian.hyper_parameters import HyperParameters
from translator.models.marian.names import SHARED_EMBEDDINGS

__all__ = ["MarianSsruConfig"]


@strict
class MarianSsruConfig(PreTrainedConfig):
    """Sizes and choices, named as in ``HyperParameters``; the defaults are a "tiny" student's.

    Attributes:
        max_length_factor: Longest target when streaming, in target tokens for each source token.
        unk_token_id: A token that is never generated.
        pad_token_id: An id beyond both vocabularies, with no embedding and no score; by default the
            first one. It also starts the decoder, whose first input is the zero vector.
    """

    model_type = FAMILY
    attribute_map = {  # noqa: RUF012  (Transformers' name and kind)
        "hidden_size": "dim",
        "num_attention_heads": "heads",
        "num_hidden_layers": "encoder_layers",
        "vocab_size": "target_vocabulary",
    }
    keys_to_ignore_at_inference = ["cache"]  # noqa: RUF012

    dim: int = 256
    heads: int = 8
    encoder_ffn: int = 1536
    decoder_ffn: int = 1536
    encoder_layers: int = 6
    decoder_layers: list[int] = field(default_factory=lambda: [1, 2])
    source_vocabulary: int = 32000
    target_vocabulary: int = 32000
    activation: str = "relu"
    source_embeddings: str = SHARED_EMBEDDINGS
    target_embeddings: str = SHARED_EMBEDDINGS
    output_embeddings: str = SHARED_EMBEDDINGS
    output_bias: bool = True
    alignment_layer: int | None = 1
    max_length_factor: float = 2.5
    is_encoder_decoder: bool = True
    use_cache: bool = True
    eos_token_id: int = 0
    unk_token_id: int = 1
    pad_token_id: int | None = None
    decoder_start_token_id: int | None = None
    # Embeddings that are shared are one parameter; there is nothing to tie.
    tie_word_embeddings: bool = False

    def __post_init__(self, **kwargs: object) -> None:
        if self.pad_token_id is None:
            self.pad_token_id = max(self.source_vocabulary, self.target_vocabulary)
        if self.decoder_start_token_id is None:
            self.decoder_start_token_id = self.pad_token_id
        super().__post_init__(**kwargs)

    def validate_token_ids(self) -> None:
        """Skip the library's check: it warns of a padding token without an embedding."""

    def get_text_config(
        self, decoder: bool | None = None, encoder: bool | None = None
    ) -> "MarianSsruConfig":
        """Return this config; the library would cut ``decoder_`` off names to make a decoder's."""
        return self

    @property
    def hyper_parameters(self) -> HyperParameters:
        """The hyper-parameters of the network."""
        values = {each.name: getattr(self, each.name) for each in fields(HyperParameters)}
        return HyperParameters(**values | {"decoder_layers": tuple(self.decoder_layers)})
