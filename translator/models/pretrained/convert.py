"""Converts a Marian folder to one of the Transformers library."""

import math
import shutil
import tempfile
from dataclasses import fields, replace
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor
from transformers import GenerationConfig

from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.code_words import CODE_WORDS
from translator.models.embedded import EMBEDDED_LICENSE, is_embedded, pair_of
from translator.models.marian.converted import (
    ACTIVATION_MULTIPLIERS,
    CONFIG,
    NETWORK,
    SHORTLIST,
    SOURCE_VOCABULARY,
    TARGET_VOCABULARY,
    WEIGHT_MULTIPLIERS,
    WEIGHTS,
)
from translator.models.marian.folder import MarianFiles, read_marian_folder
from translator.models.marian.hyper_parameters import HyperParameters
from translator.models.marian.layout import joined
from translator.models.marian.loading import check_vocabularies
from translator.models.marian.open_end import OPEN_END, find_open_end, save_open_end
from translator.models.model_card import write_card
from translator.models.pretrained.config import MarianSsruConfig
from translator.models.pretrained.model import MarianSsruForConditionalGeneration
from translator.models.pretrained.tokenizer import MarianSsruTokenizer
from translator.text.tokenizer import SentencePieceTokenizer

__all__ = ["convert"]

_CARD = """\
# {title}

A Marian student model with a recurrent decoder (`{model_type}`), converted from `{name}` by
`translator models convert`. Its weights are those of the original in float32, and so are its
translations.

```python
import translator.models.pretrained  # registers the model
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSeq2SeqLM.from_pretrained(folder)
tokens = model.generate(**tokenizer(["..."], padding=True, return_tensors="pt"))
print(tokenizer.batch_decode(tokens, skip_special_tokens=True))
```
"""


def convert(
    folder: Path,
    out: Path,
    *,
    pair: LanguagePair | None = None,
    license: str = "",  # noqa: A002  (the name of ModelInfo's field)
) -> LanguagePair | None:
    """Convert the model of ``folder`` to ``out``: everything or nothing.

    Args:
        folder: A folder for ``read_marian_folder``.
        out: A folder that is empty or does not exist.
        pair: The pair, for the model's card; by default the one in the name of the model file.
        license: SPDX identifier of the weights' licence, for the card; by default that of the
            embedded model, if it is one.

    Returns:
        The pair, if it is known.

    Raises:
        ModelFilesError: A file is missing, damaged or does not fit the others, or ``out`` has
            something in it or cannot be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ModelFilesError(f"{out}: is there already, expected a new or empty folder")
    if (folder / CONFIG).is_file():
        raise ModelFilesError(
            f"{folder}: has a {CONFIG}, so it is a Transformers model already, expected a Marian "
            "folder with a model*.bin; it can be served as it is"
        )
    files = read_marian_folder(folder)
    files = replace(files, open_end=find_open_end(folder, files.hyper_parameters.dim))
    check_vocabularies(
        files, SentencePieceTokenizer(files.source_vocabulary, files.target_vocabulary)
    )
    pair = pair or pair_of(files.path)
    if is_embedded(folder):
        license = license or EMBEDDED_LICENSE  # noqa: A001
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as unfinished:
            inside = Path(unfinished, out.name)
            inside.mkdir()
            _write(files, inside)
            if (folder / CODE_WORDS).is_file():
                shutil.copyfile(folder / CODE_WORDS, inside / CODE_WORDS)
            languages = [] if pair is None else [pair.source, pair.target]
            head = {
                "license": license,
                "language": languages,
                "library_name": "transformers",
                "pipeline_tag": "translation",
                "tags": [MarianSsruConfig.model_type],
            }
            title = out.name if pair is None else f"{out.name}: {pair.source} to {pair.target}"
            text = _CARD.format(
                title=title, name=folder.resolve().name, model_type=MarianSsruConfig.model_type
            )
            write_card(inside, head, text)
            inside.replace(out)
    except OSError as error:
        raise ModelFilesError(f"{out}: cannot be written ({error.strerror})") from error
    return pair


def _write(files: MarianFiles, folder: Path) -> None:
    """Write all files except the card."""
    source, target = folder / SOURCE_VOCABULARY, folder / TARGET_VOCABULARY
    shutil.copyfile(files.source_vocabulary, source)
    if files.target_vocabulary != files.source_vocabulary:
        shutil.copyfile(files.target_vocabulary, target)
    if files.shortlist is not None:
        shutil.copyfile(files.shortlist, folder / SHORTLIST)
    if files.open_end is not None:
        save_open_end(folder / OPEN_END, files.open_end)
    tokenizer = MarianSsruTokenizer(str(source), str(target) if target.exists() else None)
    tokenizer.save_pretrained(folder)
    config = _config(files, tokenizer)
    config.save_pretrained(folder)
    GenerationConfig(
        max_length=tokenizer.model_max_length,
        suppress_tokens=[config.unk_token_id],
        eos_token_id=config.eos_token_id,
        pad_token_id=config.pad_token_id,
        decoder_start_token_id=config.decoder_start_token_id,
    ).save_pretrained(folder)
    (folder / WEIGHTS).write_bytes(save(_weights(files), metadata={"format": "pt"}))


def _config(files: MarianFiles, tokenizer: MarianSsruTokenizer) -> MarianSsruConfig:
    hp = files.hyper_parameters
    values = {each.name: getattr(hp, each.name) for each in fields(HyperParameters)}
    return MarianSsruConfig(
        **values | {"decoder_layers": list(hp.decoder_layers)},
        max_length_factor=files.max_length_factor,
        eos_token_id=tokenizer.eos_token_id,
        unk_token_id=tokenizer.unk_token_id,
        architectures=[MarianSsruForConditionalGeneration.__name__],
        dtype="float32",
    )


def _weights(files: MarianFiles) -> dict[str, Tensor]:
    """The network's parameters, and all multipliers for eight bits."""
    tensors = files.tensors
    stored = {
        f"{NETWORK}.{key}": torch.from_numpy(value)
        for key, value in joined(tensors, files.hyper_parameters).items()
    }
    multipliers = {
        WEIGHT_MULTIPLIERS + name: eight_bit.multiplier
        for name in tensors
        if (eight_bit := tensors.eight_bit(name)) is not None
    }
    multipliers |= {
        ACTIVATION_MULTIPLIERS + name: value
        for name, value in tensors.activation_multipliers.items()
        # For embeddings the number means nothing.
        if math.isfinite(value)
    }
    return stored | {name: torch.tensor(value) for name, value in multipliers.items()}
