"""Makes a model from a folder of Marian files, in two steps.

First it is described, from headers and settings; it is loaded only when it is needed.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.base import DescribedModel, Seq2SeqModel
from translator.models.code_words import find_code_words, load_code_words
from translator.models.datastore import DATASTORE, read_datastore
from translator.models.datastore_model import DatastoreModel
from translator.models.embedded import EMBEDDED_VARIETIES, is_embedded
from translator.models.fingerprint import file_digest, fingerprint
from translator.models.info import ENCODER_CACHE_TOKENS, MAX_SOURCE_TOKENS, ModelInfo
from translator.models.marian.adapter import (
    ADAPTER,
    find_base,
    is_adapter,
    merged,
    read_adapter,
    read_adapter_card,
)
from translator.models.marian.converted import (
    CONFIG,
    is_converted,
    read_converted_folder,
    read_converted_header,
)
from translator.models.marian.folder import (
    FAMILY,
    MarianFiles,
    MarianHeader,
    read_marian_folder,
    read_marian_header,
)
from translator.models.marian.open_end import find_open_end
from translator.models.marian.recurrent import RecurrentModel
from translator.models.marian.shortlist import Shortlist
from translator.models.model_card import license_of
from translator.models.phrases import find_phrases
from translator.models.processor import is_int8_faster, runs_int8
from translator.precision import Precision
from translator.text.phrases import Phrases
from translator.text.shop_characters import unwritable_of
from translator.text.tokenizer import SentencePieceTokenizer

if TYPE_CHECKING:
    from translator.models.marian.int8 import Int8Model

__all__ = [
    "check_vocabularies",
    "describe_marian_folder",
    "load_marian_folder",
]

_log = logging.getLogger(__name__)

# A piece of a vocabulary, in SentencePiece and as text.
_BYTES_OF_PIECE = 250


def describe_marian_folder(
    folder: Path,
    *,
    pair: LanguagePair,
    name: str | None = None,
    license: str = "",  # noqa: A002  (the name of ModelInfo's field)
    origin: str = "",
    device: str | torch.device = "cpu",
    precision: Precision = "float32",
    shortlist: bool = False,
) -> DescribedModel:
    """Describe the model of a Firefox Translations, Bergamot or translateLocally folder.

    Args:
        folder: Has ``model*.bin``, its vocabularies and perhaps a ``config*.yml``, or the files
            that these were converted to; or an adapter of such a model.
        pair: What it translates; the files do not say so.
        name: Its name in a catalog; the folder's by default.
        license: SPDX identifier of the weights' licence; that of the folder's card by default.
        origin: Where the files came from.
        device: Where to run.
        precision: Number format of parameters and states. ``int8`` needs a CPU and a file with
            activation multipliers; ``auto`` uses it where it works and is faster, else float32.
        shortlist: Whether eight-bit models look only at the target tokens that the folder's lexical
            shortlist has for a source: quicker, and an approximation.

    Raises:
        ModelFilesError: A file is missing, damaged or does not fit the others.
    """
    own = folder if is_adapter(folder) else None
    folder = _base_of(own, pair) if own else folder
    header = (read_converted_header if is_converted(folder) else read_marian_header)(folder)
    open_end = find_open_end(folder, header.hyper_parameters.dim)
    phrases = find_phrases(folder, pair, own)
    info = ModelInfo(
        name=(own or folder).name if name is None else name,
        family=FAMILY,
        pairs=(pair,),
        supports_alignment=header.hyper_parameters.alignment_layer is not None,
        max_source_tokens=MAX_SOURCE_TOKENS,
        license=license or license_of(own or folder),
        origin=origin or (f"adapted from {folder.name}" if own else ""),
        device=str(device),
        memory_bytes=_memory_bytes(header, str(device), precision) + _datastore_bytes(own),
        has_open_end=open_end is not None,
        fingerprint=_fingerprint(
            folder, header, str(device), precision, open_end, phrases, shortlist, own
        ),
        unwritable=_unwritable(header),
        variety=_variety(folder, pair, own),
    )
    load = partial(
        _load_marian, folder, info, precision, open_end, phrases, shortlist=shortlist, own=own
    )
    return DescribedModel(
        info, load if own is None else partial(_with_datastore, own, header, load)
    )


def _variety(folder: Path, pair: LanguagePair, own: Path | None) -> str:
    """What the model is kept to; somebody's own translations say how they want it written."""
    if own is not None:
        return read_adapter_card(own).variety
    return EMBEDDED_VARIETIES.get(pair.target, "") if is_embedded(folder) else ""


def _with_datastore(
    folder: Path, header: MarianHeader, load: Callable[[], Seq2SeqModel]
) -> Seq2SeqModel:
    """Load an adapted model, with the datastore that its folder may have."""
    hp = header.hyper_parameters
    digest = file_digest(folder / ADAPTER)
    datastore = read_datastore(folder, digest, hp.dim, hp.target_vocabulary)
    return load() if datastore is None else DatastoreModel(load(), datastore)


def _base_of(folder: Path, pair: LanguagePair) -> Path:
    """The folder of the model that is adapted in ``folder``."""
    card = read_adapter_card(folder)
    if card.pair != str(pair):
        raise ModelFilesError(f"{folder / ADAPTER}: is of a model for {card.pair}, not for {pair}")
    return find_base(folder, card)


def _unwritable(header: MarianHeader) -> str:
    try:
        tokenizer = SentencePieceTokenizer(header.source_vocabulary, header.target_vocabulary)
    except ModelFilesError:
        # Loading will tell.
        return ""
    return unwritable_of(tokenizer.writes)


def load_marian_folder(
    folder: Path, *, pair: LanguagePair, **options: Any
) -> "RecurrentModel | Int8Model":
    """Load the model of such a folder; options as for ``describe_marian_folder``."""
    described = describe_marian_folder(folder, pair=pair, **options)
    return cast("RecurrentModel | Int8Model", described.load())


def _load_marian(
    folder: Path,
    info: ModelInfo,
    precision: Precision,
    open_end: NDArray[np.float32] | None,
    phrases: Phrases,
    *,
    shortlist: bool,
    own: Path | None,
) -> "RecurrentModel | Int8Model":
    files = (read_converted_folder if is_converted(folder) else read_marian_folder)(folder)
    files = replace(files, open_end=open_end)
    if own is not None:
        files = merged(files, read_adapter(own, files.hyper_parameters))
    tokenizer = SentencePieceTokenizer(
        files.source_vocabulary,
        files.target_vocabulary,
        has_open_end=info.has_open_end,
        code_words=load_code_words(folder),
        phrases=phrases,
    )
    check_vocabularies(files, tokenizer)
    if precision == "auto" and not (info.device == "cpu" and is_int8_faster()):
        if info.device == "cpu":
            _log.info(
                "%s: eight bits are not known to be faster here; it runs in float32", info.name
            )
        precision = "float32"
    if precision not in ("auto", "int8"):
        return RecurrentModel(files, tokenizer, tokenizer.unk_id, info, getattr(torch, precision))
    # Load this first: a damaged file must be reported, not make the model silently slower.
    chosen = _shortlist(files) if shortlist else None
    try:
        if info.device != "cpu" or not runs_int8():
            raise ModelFilesError(
                f"{files.path}: the precision int8 needs a CPU and the package numba, which "
                "compiles its kernels; use float32"
            )
        # numba is loaded only where it is used.
        from translator.models.marian.int8 import Int8Model

        return Int8Model(files, tokenizer, tokenizer.unk_id, info, chosen)
    except ModelFilesError as error:
        if precision == "int8":
            raise
        _log.info("%s; so it runs in float32", error)
    return RecurrentModel(files, tokenizer, tokenizer.unk_id, info)


def _shortlist(files: MarianFiles) -> Shortlist | None:
    if files.shortlist is None:
        _log.info("%s: no lex*.bin, so all target tokens are looked at", files.path.parent)
        return None
    sizes = files.hyper_parameters.source_vocabulary, files.hyper_parameters.target_vocabulary
    return Shortlist(files.shortlist, *sizes)


def _runs_in_int8(header: MarianHeader, device: str, precision: Precision) -> bool:
    """Whether the model will run in eight bits."""
    wanted = runs_int8() if precision == "int8" else precision == "auto" and is_int8_faster()
    return wanted and device == "cpu" and header.is_eight_bit


def _fingerprint(
    folder: Path,
    header: MarianHeader,
    device: str,
    precision: Precision,
    open_end: NDArray[np.float32] | None,
    phrases: Phrases,
    shortlist: bool,
    own: Path | None,
) -> str:
    """The model's fingerprint: its files, what was learnt of it, and how it is computed."""
    number_format: str = precision
    if _runs_in_int8(header, device, precision):
        number_format = "int8"
    elif precision == "auto":
        number_format = "float32"
    patterns = ["*.spm", "config*.yml", CONFIG]
    if shortlist and number_format == "int8":
        patterns.append("lex*.bin")
    files = {header.path, *(path for pattern in patterns for path in folder.glob(pattern))}
    if own is not None:
        files.update(path for name in (ADAPTER, DATASTORE) if (path := own / name).is_file())
    end = None if open_end is None else open_end.tobytes().hex()
    code_words = find_code_words(folder).name
    return fingerprint(
        files, number_format, device.partition(":")[0], end, code_words, phrases.digest
    )


def _datastore_bytes(own: Path | None) -> int:
    """What the datastore of an adapted model takes, with what finds its examples."""
    path = None if own is None else own / DATASTORE
    return 2 * path.stat().st_size if path is not None and path.is_file() else 0


def _memory_bytes(header: MarianHeader, device: str, precision: Precision) -> int:
    """Estimated memory of parameters, encoder states and vocabularies."""
    hp = header.hyper_parameters
    runs_in_int8 = _runs_in_int8(header, device, precision)
    of_state = 2 if precision in ("bfloat16", "float16") else 4
    parameters = header.num_parameters * (1 if runs_in_int8 else of_state)
    if not runs_in_int8 and hp.output_embeddings == hp.target_embeddings:
        # The output layer has a copy of its own, in the order that its product wants.
        parameters += hp.dim * hp.target_vocabulary * of_state
    # Keys and values of every decoder layer.
    encoder_states = ENCODER_CACHE_TOKENS * 2 * len(hp.decoder_layers) * hp.dim * of_state
    pieces = hp.source_vocabulary + hp.target_vocabulary
    return parameters + encoder_states + _BYTES_OF_PIECE * pieces


def check_vocabularies(files: MarianFiles, tokenizer: SentencePieceTokenizer) -> None:
    """Raise ModelFilesError unless the tokenizer has one piece for each embedding."""
    paths = (files.source_vocabulary, files.target_vocabulary)
    sizes = (files.hyper_parameters.source_vocabulary, files.hyper_parameters.target_vocabulary)
    for path, pieces, rows in zip(paths, tokenizer.vocabulary_sizes, sizes, strict=True):
        if pieces != rows:
            raise ModelFilesError(
                f"{path}: has {pieces} pieces, expected {rows} as in {files.path.name}: "
                "take both from the same model"
            )
