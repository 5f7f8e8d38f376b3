"""Makes a model from its files, in two steps, whatever kind it is.

First it is described, from headers and settings; it is loaded only when it is needed.
"""

from pathlib import Path
from typing import Any

import torch

from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.base import DescribedModel, Seq2SeqModel
from translator.models.marian.adapter import is_adapter
from translator.models.marian.converted import is_converted
from translator.models.marian.loading import describe_marian_folder
from translator.models.peft_adapter import base_of, is_peft_adapter
from translator.models.untrusted import check_files
from translator.precision import Precision

__all__ = [
    "describe_model",
    "load_model",
]


def load_model(spec: str, **options: Any) -> Seq2SeqModel:
    """Load the model of ``PAIR=FOLDER``; options as for ``describe_model``."""
    return describe_model(spec, **options).load()


def describe_model(
    spec: str,
    *,
    license: str = "",  # noqa: A002  (the name of ModelInfo's field)
    origin: str = "",
    device: str | torch.device = "cpu",
    precision: Precision = "float32",
    shortlist: bool = False,
) -> DescribedModel:
    """Describe the model of ``PAIR=FOLDER``, of any kind, without reading its parameters.

    Args:
        spec: ``FOLDER`` may be an id of the Hugging Face hub, and ``PAIR`` may be ``all`` for a
            Transformers model of many languages.
        license: SPDX identifier of the weights' licence; by default what the files say.
        origin: Where the files came from; by default what the files say.
        device: Where to run.
        precision: See ``describe_marian_folder``.
        shortlist: See ``describe_marian_folder``; a Transformers model has none.

    Raises:
        ModelFilesError: A file is missing, damaged or does not fit the others, the hub cannot be
            reached, or the model does not translate the pair.
    """
    codes, _, where = spec.partition("=")
    pair = None if codes == "all" else LanguagePair.parse(codes)
    folder = Path(where)
    if folder.is_dir():
        check_files(folder)
    is_marian = is_adapter(folder) or is_converted(folder)
    is_transformers = is_peft_adapter(folder) or (folder / "config.json").is_file()
    if folder.is_dir() and (is_marian or not is_transformers):
        if pair is None:
            raise ModelFilesError(f"{where}: a Marian model has one pair; 'all' is for more")
        return describe_marian_folder(
            folder,
            pair=pair,
            license=license,
            origin=origin,
            device=device,
            precision=precision,
            shortlist=shortlist,
        )
    from translator.models.huggingface.hub import find_folder

    found = find_folder(where)
    adapter = found if is_peft_adapter(found) else None
    if adapter is not None:
        found = find_folder(base_of(adapter))
        check_files(found)
    # Only now: importing Transformers takes seconds.
    from translator.models.huggingface.loading import describe_transformers_model

    return describe_transformers_model(
        str(found),
        pair=pair,
        name=folder.name,
        license=license,
        origin=origin or where,
        device=device,
        precision=precision,
        adapter=adapter,
    )
