"""What is asked of a gateway: requests of ``translator.captions.v1``, read and checked.

A request comes as a message in bytes, or as protobuf's JSON in a string.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError

from translator.captions.events import ORIGINAL
from translator.captions.v1 import captions_pb2 as pb
from translator.errors import InvalidRequestError

__all__ = [
    "MAX_LANGUAGES",
    "MAX_TEXT_LENGTH",
    "Audio",
    "Opening",
    "Settings",
    "Source",
    "Subscribing",
    "parse_create_room",
    "parse_language",
    "parse_languages",
    "parse_publish",
    "parse_room",
    "parse_room_id",
    "parse_subscribe",
    "parse_switch_sink",
    "parse_transcript",
]

MAX_TEXT_LENGTH = 8_192
MAX_LANGUAGES = 4
# For those who may operate: a gateway that relays a room reads for all its viewers.
MAX_RELAYED_LANGUAGES = 64
MAX_NAME_LENGTH = 80
# A second of 16-bit samples at 16 kHz.
MAX_AUDIO_LENGTH = 32_000

_PUBLISHER_ID = re.compile(r"[A-Za-z0-9_]{8,64}")
_ROOM_ID = re.compile(r"[A-Za-z0-9_-]{4,64}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a publisher speaks; "" means as before."""

    language: str = ""
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """Who publishes, and where their source goes on; as the message of that name."""

    key: str
    room_id: str
    publisher_id: str
    settings: Settings
    position: int


@dataclass(frozen=True, slots=True)
class Source:
    """More source, as ``SourceText``."""

    position: int
    committed: str
    tentative: str
    end_of_segment: bool
    start_s: float | None
    end_s: float | None


@dataclass(frozen=True, slots=True)
class Subscribing:
    """Who reads what, as ``SubscribeRequest``."""

    room_id: str
    languages: list[str]
    after: str
    added: list[str]


@dataclass(frozen=True, slots=True)
class Audio:
    """More speech, as the message of that name; ``position`` in samples."""

    position: int
    samples: bytes


def parse_language(text: str, field: str = "language_code") -> str:
    """Check that a text looks like BCP-47.

    Raises:
        InvalidRequestError: It does not.
    """
    if not _LANGUAGE.fullmatch(text):
        raise InvalidRequestError(field, "not a language code, such as pt or pt-BR")
    return text


def parse_room_id(text: str) -> str:
    """Check the name of a room.

    Raises:
        InvalidRequestError: It is not one.
    """
    if not _ROOM_ID.fullmatch(text):
        raise InvalidRequestError("room", "4 to 64 letters, digits, - and _")
    return text


def parse_languages(
    given: Sequence[str], field: str = "language", most: int = MAX_LANGUAGES
) -> list[str]:
    """The languages of a viewer, checked.

    Raises:
        InvalidRequestError: There are none, too many, or one is no language code.
    """
    if not 1 <= len(given) <= most:
        raise InvalidRequestError(field, f"1 to {most} are needed")
    return [each if each == ORIGINAL else parse_language(each, field) for each in given]


def parse_subscribe(data: bytes) -> Subscribing:
    """What a viewer asks for. More than ``MAX_LANGUAGES`` are for those who may operate.

    Raises:
        InvalidRequestError: It is no SubscribeRequest, or a field has a value that is not allowed.
    """
    message = _parse(data, pb.SubscribeRequest())
    codes = message.language_codes
    languages = parse_languages(codes, "language_codes", MAX_RELAYED_LANGUAGES)
    added = list(message.added_language_codes)
    if not set(added) <= set(languages):
        raise InvalidRequestError("added_language_codes", "one that is not in language_codes")
    return Subscribing(parse_room_id(message.room_id), languages, message.after, added)


def parse_transcript(data: bytes) -> tuple[str, str]:
    """Room and language of a GetTranscriptRequest.

    Raises:
        InvalidRequestError: It is none, or a field has a value that is not allowed.
    """
    message = _parse(data, pb.GetTranscriptRequest())
    (language,) = parse_languages([message.language_code], "language_code")
    return parse_room_id(message.room_id), language


def parse_room(data: bytes) -> str:
    """The room of a GetRoomRequest.

    Raises:
        InvalidRequestError: It is none, or a field has a value that is not allowed.
    """
    return parse_room_id(_parse(data, pb.GetRoomRequest()).room_id)


def parse_switch_sink(data: str | bytes) -> tuple[str, int, bool]:
    """Room, number and wish of a SwitchSinkRequest. Where the address names the first two, a string
    may leave them out.

    Raises:
        InvalidRequestError: It is none, or a field has a value that is not allowed.
    """
    message = _parse(data, pb.SwitchSinkRequest())
    if isinstance(data, bytes):
        parse_room_id(message.room_id)
    return message.room_id, message.sink_id, message.on


def parse_publish(data: str | bytes) -> Opening | Source | Settings | Audio:
    """What a publisher says.

    Raises:
        InvalidRequestError: It is no PublishRequest, or a field has a value that is not allowed.
    """
    message = _parse(data, pb.PublishRequest())
    match message.WhichOneof("request"):
        case "opening":
            return _opening(message.opening)
        case "source":
            return _source(message.source)
        case "settings":
            return _settings(message.settings)
        case "audio":
            return _audio(message.audio)
        case _:
            raise InvalidRequestError(
                "request", "one of opening, source, settings and audio is needed"
            )


def parse_create_room(data: str | bytes) -> tuple[str, tuple[str, ...]]:
    """Title and pinned languages of a CreateRoomRequest.

    Raises:
        InvalidRequestError: It is none, or a field has a value that is not allowed.
    """
    message = _parse(data, pb.CreateRoomRequest())
    if len(message.title) > MAX_NAME_LENGTH:
        raise InvalidRequestError("title", f"at most {MAX_NAME_LENGTH} characters")
    pinned = tuple(
        parse_language(code, "pinned_language_codes") for code in message.pinned_language_codes
    )
    return message.title, pinned


def _parse(data: str | bytes, into: Any) -> Any:
    try:
        if isinstance(data, bytes):
            into.ParseFromString(data)
            return into
        value = json.loads(data)
        if not isinstance(value, dict):
            raise InvalidRequestError("message", "a JSON object is needed")
        return ParseDict(value, into, ignore_unknown_fields=True)
    except DecodeError as error:
        raise InvalidRequestError("message", "not a message of the contract") from error
    except (ValueError, ParseError, RecursionError) as error:
        raise InvalidRequestError("message", "not JSON of the contract") from error


def _opening(message: pb.Opening) -> Opening:
    if not _PUBLISHER_ID.fullmatch(message.publisher_id):
        raise InvalidRequestError("opening.publisher_id", "8 to 64 letters, digits and _")
    settings = _settings(message.settings)
    if not settings.language:
        raise InvalidRequestError("opening.settings.language_code", "required")
    return Opening(message.key, message.room_id, message.publisher_id, settings, message.position)


def _settings(message: pb.Settings) -> Settings:
    if len(message.speaker) > MAX_NAME_LENGTH:
        raise InvalidRequestError("settings.speaker", f"at most {MAX_NAME_LENGTH} characters")
    if message.language_code:
        parse_language(message.language_code, "settings.language_code")
    # One line: it stands above what is said.
    return Settings(message.language_code, " ".join(message.speaker.split()))


def _source(message: pb.SourceText) -> Source:
    length = len(message.committed) + len(message.tentative)
    if length > MAX_TEXT_LENGTH:
        raise InvalidRequestError("source", f"at most {MAX_TEXT_LENGTH} code points in one message")
    return Source(
        message.position,
        message.committed,
        message.tentative,
        message.end_of_segment,
        _seconds(message, "start_offset"),
        _seconds(message, "end_offset"),
    )


def _audio(message: pb.Audio) -> Audio:
    if len(message.samples) > MAX_AUDIO_LENGTH or len(message.samples) % 2:
        raise InvalidRequestError(
            "audio.samples", f"16-bit samples, at most {MAX_AUDIO_LENGTH // 2} in one message"
        )
    return Audio(message.position, message.samples)


def _seconds(message: pb.SourceText, field: str) -> float | None:
    if not message.HasField(field):
        return None
    value: Duration = getattr(message, field)
    return value.seconds + value.nanos / 1e9
