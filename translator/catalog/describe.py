"""Describes the models that a server offers: those in its settings, or the embedded ones."""

import logging
from collections.abc import Sequence

from translator.catalog.budget import MemoryBudget
from translator.catalog.installed import locate
from translator.catalog.store import Store
from translator.config import ServerConfig
from translator.errors import ModelLoadError, OperatorError
from translator.languages.pair import LanguagePair
from translator.models.base import DescribedModel
from translator.models.device import check_device
from translator.models.embedded import EMBEDDED_LICENSE, EMBEDDED_ORIGIN, embedded_models
from translator.models.fake import FakeModel
from translator.models.loading import describe_model
from translator.models.marian.loading import describe_marian_folder

__all__ = ["describe_models", "fitting"]

_log = logging.getLogger(__name__)


def describe_models(config: ServerConfig) -> list[DescribedModel]:
    """Describe the models that the settings name; by default the embedded ones.

    A model that cannot be used is logged and left out.

    Raises:
        OperatorError: No model can be used, and this is what is wrong with the first; or there is
            no such device.
    """
    check_device(config.device)
    if config.fake_model:
        return [DescribedModel.of(FakeModel())]
    if not config.models:
        return [
            describe_marian_folder(
                folder,
                pair=pair,
                device=config.device,
                precision=config.precision,
                shortlist=config.shortlist,
                license=EMBEDDED_LICENSE,
                origin=EMBEDDED_ORIGIN,
            )
            for pair, folder in embedded_models()
        ]
    described: list[DescribedModel] = []
    errors: list[OperatorError] = []
    for spec in config.models:
        try:
            described.append(_describe(spec, config))
        except OperatorError as error:
            errors.append(error)
    _tell(errors, is_fatal=not described)
    return described


def fitting(models: Sequence[DescribedModel], limit: int) -> list[DescribedModel]:
    """The models that are not too large by themselves.

    Raises:
        ModelLoadError: All of them are too large.
    """
    budget = MemoryBudget({m.info.name: m.info.memory_bytes for m in models}, limit)
    taken: list[DescribedModel] = []
    errors: list[OperatorError] = []
    for model in models:
        try:
            budget.check((model.info.name,))
            taken.append(model)
        except ModelLoadError as error:
            errors.append(error)
    _tell(errors, is_fatal=not taken)
    return taken


def _describe(spec: str, config: ServerConfig) -> DescribedModel:
    """Describe ``PAIR=FOLDER``, or the model in the store or embedded for ``PAIR`` alone."""
    found = None if "=" in spec else locate(LanguagePair.parse(spec), Store(config.store))
    return describe_model(
        spec if found is None else f"{spec}={found.folder}",
        license="" if found is None else found.license,
        origin="" if found is None else found.origin,
        device=config.device,
        precision=config.precision,
        shortlist=config.shortlist,
    )


def _tell(errors: Sequence[OperatorError], *, is_fatal: bool) -> None:
    """Raise the first error if ``is_fatal``, else log all of them."""
    if errors and is_fatal:
        raise errors[0]
    for error in errors:
        _log.error("a model is not offered: %s", error.message)
