"""The families of Transformers models that can be served, and how they differ.

============  ==========================  ========================================================
family        models                      how languages are given
============  ==========================  ========================================================
``marian``    Opus-MT                     nothing, or ``>>por<<`` before the source
``m2m100``    M2M-100                     ``__en__`` before the source, ``__pt__`` before the target
``small100``  SMaLL-100                   ``__pt__`` before the source
``nllb``      NLLB-200                    ``eng_Latn`` before the source, ``por_Latn`` the target
``mbart50``   mBART-50                    ``en_XX`` before the source, ``pt_XX`` before the target
``t5``        T5, mT5, MADLAD-400         ``<2pt>`` or a task in words before the source
============  ==========================  ========================================================
"""

import json
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import (
    M2M100Tokenizer,
    MarianTokenizer,
    MBart50Tokenizer,
    NllbTokenizer,
    PreTrainedConfig,
    T5Tokenizer,
)

from translator.errors import ModelFilesError
from translator.languages.pair import LanguagePair
from translator.models.huggingface.decoder import (
    Decoder,
    M2M100Decoder,
    MarianDecoder,
    MBartDecoder,
    T5Decoder,
)
from translator.models.huggingface.languages import (
    Languages,
    TaggedLanguages,
    TaskLanguages,
    UntaggedLanguages,
    tagged,
)
from translator.models.huggingface.vocabulary import BackendVocabulary, PieceVocabulary, Vocabulary

__all__ = ["FAMILIES", "Family", "family_of"]

_LANGUAGE_NAMES = {"English": "en", "French": "fr", "German": "de", "Romanian": "ro"}


@dataclass(frozen=True, slots=True)
class Family:
    """What is special about a family.

    Attributes:
        name: The family's name.
        decoder: The class of its decoder.
        tokenizer: The library's tokenizer, which reads the files.
        vocabulary: Makes our vocabulary from that tokenizer.
        languages: Makes the languages from the tokenizer, the configuration and the token that
            every target begins with.
    """

    name: str
    decoder: type[Decoder]
    tokenizer: Any
    vocabulary: Callable[[Any], Vocabulary]
    languages: Callable[[Any, PreTrainedConfig, int | None], Languages]

    def read_tokenizer(self, folder: Path) -> Any:
        """Read the files of the library's tokenizer.

        Raises:
            ModelFilesError: They are missing, damaged or of another kind.
        """
        try:
            with warnings.catch_warnings():
                # Marian's asks for sacremoses, whose normalisation would move the offsets.
                warnings.simplefilter("ignore")
                return self.tokenizer.from_pretrained(
                    folder, local_files_only=True, trust_remote_code=False
                )
        except Exception as error:
            raise ModelFilesError(
                f"{folder}: its tokenizer's files are missing, damaged or of another kind, "
                f"expected those of {self.tokenizer.__name__} ({type(error).__name__})"
            ) from error


def _marian_vocabulary(tokenizer: Any) -> Vocabulary:
    targets = tokenizer.target_encoder if tokenizer.separate_vocabs else tokenizer.encoder
    unknown = str(tokenizer.unk_token)
    special = {str(token) for token in tokenizer.all_special_tokens}
    pieces = _in_order(targets)
    return PieceVocabulary(
        pieces,
        {i for i, p in enumerate(pieces) if p in special or re.fullmatch(">>.+<<", p)},
        targets[str(tokenizer.eos_token)],
        source=tokenizer.spm_source,
        target=tokenizer.spm_target,
        source_id=lambda piece: tokenizer.encoder.get(piece, tokenizer.encoder[unknown]),
        target_id=lambda piece: targets.get(piece, targets[unknown]),
    )


def _in_order(ids: dict[str, int]) -> list[str]:
    pieces = [""] * (max(ids.values()) + 1)
    for piece, token in ids.items():
        pieces[token] = piece
    return pieces


def _m2m100_vocabulary(tokenizer: Any) -> Vocabulary:
    languages = tokenizer.lang_code_to_id.values()
    unknown = tokenizer.encoder[str(tokenizer.unk_token)]

    def token_of(piece: str) -> int:
        return int(tokenizer.encoder.get(piece, unknown))

    return PieceVocabulary(
        [*_in_order(tokenizer.encoder), *[""] * len(languages)],
        {*tokenizer.all_special_ids, *languages},
        tokenizer.eos_token_id,
        source=tokenizer.sp_model,
        target=tokenizer.sp_model,
        source_id=token_of,
        target_id=token_of,
    )


def _backend_vocabulary(tokenizer: Any) -> Vocabulary:
    backend = tokenizer.backend_tokenizer
    codes = [i for piece, i in backend.get_vocab(with_added_tokens=True).items() if _is_code(piece)]
    hidden = {*tokenizer.all_special_ids, *codes}
    return BackendVocabulary(backend, hidden, tokenizer.eos_token_id, tokenizer.unk_token_id)


def _is_code(piece: str) -> bool:
    return bool(re.fullmatch(r"<2\w+>|[a-z]{2}_[A-Z]{2}|[a-z]{3}_[A-Z][a-z]{3}", piece))


def _marian_languages(tokenizer: Any, config: PreTrainedConfig, first: int | None) -> Languages:
    codes = sorted(code for code in tokenizer.encoder if re.fullmatch(">>.+<<", code))
    if not codes:
        return UntaggedLanguages(() if first is None else (first,))
    tokens = tagged(codes, lambda code: (tokenizer.encoder[code],))
    return TaggedLanguages(tokens, in_target=False, any_source=True)


def _m2m100_languages(tokenizer: Any, config: PreTrainedConfig, first: int | None) -> Languages:
    codes = tokenizer.lang_code_to_id
    return TaggedLanguages(tagged(codes, lambda code: (codes[code],)), in_target=True)


def _small100_languages(tokenizer: Any, config: PreTrainedConfig, first: int | None) -> Languages:
    codes = tokenizer.lang_code_to_id
    return TaggedLanguages(tagged(codes, lambda code: (codes[code],)), in_target=False)


def _code_languages(tokenizer: Any, config: PreTrainedConfig, first: int | None) -> Languages:
    codes = {p: t for p, t in tokenizer.get_vocab().items() if _is_code(p)}
    return TaggedLanguages(tagged(sorted(codes), lambda code: (codes[code],)), in_target=True)


def _t5_languages(tokenizer: Any, config: PreTrainedConfig, first: int | None) -> Languages:
    codes = {p: t for p, t in tokenizer.get_vocab().items() if re.fullmatch(r"<2\w+>", p)}
    if codes:
        # SentencePiece begins a text with a space, which stands before the code then.
        backend = tokenizer.backend_tokenizer
        tokens = tagged(
            sorted(codes), lambda code: tuple(backend.encode(code, add_special_tokens=False).ids)
        )
        return TaggedLanguages(tokens, in_target=False)
    tasks = getattr(config, "task_specific_params", None) or {}
    starts: dict[LanguagePair, tuple[int, ...]] = {}
    for task in tasks.values():
        words = str(task.get("prefix", ""))
        match = re.fullmatch(r"translate (\w+) to (\w+): ?", words)
        if match and set(match.groups()) <= set(_LANGUAGE_NAMES):
            pair = LanguagePair(*(_LANGUAGE_NAMES[name] for name in match.groups()))
            ids = tokenizer.backend_tokenizer.encode(words.rstrip(), add_special_tokens=False).ids
            starts[pair] = tuple(ids)
    return TaskLanguages(starts)


FAMILIES = {
    family.name: family
    for family in (
        Family("marian", MarianDecoder, MarianTokenizer, _marian_vocabulary, _marian_languages),
        Family("m2m100", M2M100Decoder, M2M100Tokenizer, _m2m100_vocabulary, _m2m100_languages),
        Family("small100", M2M100Decoder, M2M100Tokenizer, _m2m100_vocabulary, _small100_languages),
        Family("nllb", M2M100Decoder, NllbTokenizer, _backend_vocabulary, _code_languages),
        Family("mbart50", MBartDecoder, MBart50Tokenizer, _backend_vocabulary, _code_languages),
        Family("t5", T5Decoder, T5Tokenizer, _backend_vocabulary, _t5_languages),
    )
}


def family_of(folder: Path, config: PreTrainedConfig) -> Family:
    """Find the family of a model.

    Raises:
        ModelFilesError: It belongs to no family that is served.
    """
    kind = str(config.model_type)
    if not config.is_encoder_decoder:
        raise ModelFilesError(
            f"{folder}/config.json: model_type {kind!r} is a decoder only, "
            "expected an encoder and a decoder, such as 'marian' or 'm2m_100'"
        )
    named = _tokenizer_class(folder)
    if kind == "m2m_100":
        if named.startswith("Nllb"):
            return FAMILIES["nllb"]
        # Its repository brings a tokenizer of its own, which is not run.
        is_small = named.startswith("SMALL100") or (folder / "tokenization_small100.py").is_file()
        return FAMILIES["small100" if is_small else "m2m100"]
    if kind == "mbart" and named and not named.startswith("MBart50"):
        raise ModelFilesError(
            f"{folder}/tokenizer_config.json: tokenizer_class is {named!r}, expected "
            "'MBart50Tokenizer': of mBART only mBART-50 is served"
        )
    found = {"marian": "marian", "mbart": "mbart50", "t5": "t5", "mt5": "t5"}.get(kind)
    if found is None:
        raise ModelFilesError(
            f"{folder}/config.json: model_type is {kind!r}, expected one of "
            "'marian', 'm2m_100', 'mbart', 't5', 'mt5'"
        )
    return FAMILIES[found]


def _tokenizer_class(folder: Path) -> str:
    path = folder / "tokenizer_config.json"
    try:
        return str(json.loads(path.read_text(encoding="utf-8")).get("tokenizer_class") or "")
    except (OSError, ValueError, AttributeError):
        return ""
