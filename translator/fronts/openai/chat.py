"""A chat as a translation: which languages, and which text."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from translator.errors import (
    InvalidRequestError,
    ModelNotFoundError,
    ServiceError,
    TranslatorError,
)
from translator.fronts.web.fields import Fields
from translator.fronts.web.hub import UNDETERMINED, Hub, Texts
from translator.fronts.web.streamed import streamed

__all__ = [
    "Chat",
    "find_pair",
    "last_message",
    "model_names",
    "until_error",
    "without_instruction",
]

_log = logging.getLogger(__name__)

_AUTO = "auto"
_MAX_MODEL = 64


@dataclass(frozen=True, slots=True)
class Chat:
    """A text to translate.

    Attributes:
        hub: The servers.
        key: The caller's key.
        model: What the caller calls the pair.
        text: The text.
    """

    hub: Hub
    key: str
    model: str
    text: str

    async def whole(self) -> str:
        """Its translation.

        Raises:
            TranslatorError: It cannot be translated.
        """
        source, target = find_pair(self.hub, self.model)
        [result] = await self.hub.translate(self.key, Texts([self.text], source, target))
        return result.text

    async def pieces(self) -> AsyncGenerator[str | TranslatorError]:
        """Its translation as it is committed, from a stream; what breaks off ends with the error.

        Raises:
            TranslatorError: It cannot even begin.
        """
        source, target = find_pair(self.hub, self.model)
        pieces = streamed(self.hub, self.key, self.text, source, target)
        return until_error(await anext(pieces, ""), pieces)


async def until_error(
    first: str, pieces: AsyncGenerator[str]
) -> AsyncGenerator[str | TranslatorError]:
    """What is committed, and what it breaks off with."""
    async with aclosing(pieces):
        try:
            yield first
            async for piece in pieces:
                yield piece
        except TranslatorError as error:
            yield error
        except Exception as error:
            # Its message may hold text.
            _log.error("%s while a translation was sent", type(error).__name__)
            yield ServiceError("an error of this server; it is in its log")


def model_names(hub: Hub) -> list[str]:
    """A name for each pair that can be translated, and for each target from any language."""
    pairs = hub.servers.pairs
    named = [f"{source}-{to}" for source in pairs.sources for to in pairs.targets(source)]
    return sorted(named) + [f"{_AUTO}-{to}" for to in sorted(pairs.all_targets)]


def find_pair(hub: Hub, model: str) -> tuple[str, str]:
    """Source and target of a model such as en-pt, en-pt-BR or auto-pt.

    Raises:
        ModelNotFoundError: There is none of this name.
    """
    pairs = hub.servers.pairs
    # Some clients add what it is a version of, or who serves it.
    name = model.rpartition("/")[2].partition(":")[0]
    parts = name.split("-") if len(name) <= _MAX_MODEL else []
    for number in range(1, len(parts)):
        source, target = "-".join(parts[:number]), "-".join(parts[number:])
        # A gateway without a key of its own may know no pairs; then the servers decide.
        if source == _AUTO and (hub.knows(target) or not pairs):
            return UNDETERMINED, target
        if not pairs or (hub.knows(source) and pairs.can(source, target)):
            return source, target
    names = model_names(hub)
    there = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    raise ModelNotFoundError(
        f"the model {model[:_MAX_MODEL]!r} does not exist; there are: {there or 'none yet'}"
    )


def last_message(fields: Fields) -> str:
    """What the last message of the user has to be translated.

    Raises:
        InvalidRequestError: There is none, or it is no text.
    """
    for message in reversed(fields.objects("messages") or ()):
        if message.text("role") == "user":
            return without_instruction(_content(message))
    raise InvalidRequestError("messages", "a message of the role user is needed")


def _content(message: Fields) -> str:
    """A message's text: a string, or parts that are texts."""
    if message.has("images"):
        raise InvalidRequestError("images", "pictures are not translated")
    if not message.is_array("content"):
        return message.text("content")
    texts = []
    for part in message.objects("content") or ():
        if part.text("type") != "text":
            raise InvalidRequestError("messages", "content: only parts of the type text are served")
        texts.append(part.text("text"))
    return "".join(texts)


def without_instruction(text: str) -> str:
    """The text after a first paragraph that only says to translate it.

    Such a paragraph is one line that begins with "Translate" and ends with a colon: many programs
    put one in front of what is to be translated.
    """
    first, _, rest = text.lstrip().partition("\n")
    blank, _, rest = rest.partition("\n")
    words = first.lower().split(maxsplit=1)
    if words[:1] == ["translate"] and first.rstrip().endswith(":") and not blank.strip():
        return rest or text
    return text
