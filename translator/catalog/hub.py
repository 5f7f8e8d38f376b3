"""The models of the Hugging Face hub.

The hub's library finds them, but our own code downloads the files, because the library starts over
when a download breaks off.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatch

from httpx2 import HTTPError
from huggingface_hub import HfApi, ModelInfo, get_token, hf_hub_url
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
)
from huggingface_hub.hf_api import RepoSibling

from translator.catalog.offer import Offer, RemoteFile
from translator.errors import LanguagePairNotSupportedError, ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.huggingface.hub import SMALL_FILES

__all__ = ["HubSource"]

# How the project Opus-MT names its models.
_OPUS = "Helsinki-NLP/opus-mt-{source}-{target}"


class HubSource:
    """The hub at ``HF_ENDPOINT``, by default huggingface.co.

    Args:
        model: The id of a model; by default the Opus-MT model of the pair.
    """

    def __init__(self, model: str = "") -> None:
        self._model = model
        self._api = HfApi()

    def find(self, pair: LanguagePair) -> Sequence[Offer]:
        """Find the one model; see ``Source``."""
        id_ = self._model or _OPUS.format(source=pair.source, target=pair.target)
        info = self._info(id_, pair)
        files = _choose(id_, info.siblings or ())
        return [
            Offer(
                name=_folder(id_, pair),
                pair=pair,
                origin=f"{self._api.endpoint}/{id_}",
                license=_license(info),
                version=str(info.sha),
                variant="",
                files=tuple(self._file(id_, file, str(info.sha)) for file in files),
                headers={"Authorization": f"Bearer {token}"} if (token := get_token()) else {},
            )
        ]

    def _info(self, id_: str, pair: LanguagePair) -> ModelInfo:
        try:
            return self._api.model_info(id_, files_metadata=True)
        except GatedRepoError as error:
            raise ModelFilesError(
                f"{id_}: its licence has to be accepted on the hub: accept it, "
                "then run `hf auth login`"
            ) from error
        except RepositoryNotFoundError as error:
            if self._model:
                raise ModelFilesError(f"{id_}: no such model on the hub") from error
            raise LanguagePairNotSupportedError(
                f"the hub has no {id_} for {pair}; --from takes the id of another model"
            ) from error
        except HFValidationError as error:
            raise ModelFilesError(
                f"{id_}: not an id of the hub, such as Helsinki-NLP/opus-mt-en-de"
            ) from error
        except HfHubHTTPError as error:
            raise ModelFilesError(
                f"{id_}: {self._api.endpoint} answers {error.response.status_code}: try again later"
            ) from error
        except (HTTPError, OSError) as error:
            raise ModelFilesError(
                f"{id_}: {self._api.endpoint} cannot be reached ({type(error).__name__}): "
                "pull again where there is a network"
            ) from error

    def _file(self, id_: str, file: RepoSibling, revision: str) -> RemoteFile:
        large = file.lfs
        if large is not None:
            size, checksum = large.size, f"sha256:{large.sha256}"
        elif file.size is not None and file.blob_id:
            size, checksum = file.size, f"git:{file.blob_id}"
        else:
            raise ModelFilesError(f"{id_}: the hub does not say how long {file.rfilename} is")
        url = hf_hub_url(id_, file.rfilename, revision=revision, endpoint=self._api.endpoint)
        return RemoteFile(file.rfilename, url, size, checksum)


def _choose(id_: str, siblings: Iterable[RepoSibling]) -> list[RepoSibling]:
    """Choose the files that a Transformers folder needs; safetensors if there are any."""
    top = [file for file in siblings if "/" not in file.rfilename]

    def matching(*patterns: str) -> list[RepoSibling]:
        return [f for f in top if any(fnmatch(f.rfilename, pattern) for pattern in patterns)]

    weights = matching("*.safetensors") or matching("pytorch_model*.bin")
    if not weights or not matching("config.json"):
        raise ModelFilesError(
            f"{id_}: has no weights, expected a Transformers model with config.json and "
            "model.safetensors or pytorch_model.bin"
        )
    return [*weights, *matching(*SMALL_FILES)]


def _folder(id_: str, pair: LanguagePair) -> str:
    """The folder's name. A model of many languages is pulled once for each pair."""
    name = id_.replace("/", "--")
    return name if name.endswith(f"-{pair}") else f"{name}-{pair}"


def _license(info: ModelInfo) -> str:
    card = info.card_data
    return str(card.get("license") or "") if card is not None else ""
