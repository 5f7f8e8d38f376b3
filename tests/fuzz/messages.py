"""Messages of any type: valid ones with what is on the border of each field, and damaged ones."""

import math
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tests.fuzz.choices import Choices, mutated

__all__ = ["damaged", "filled"]

_F = FieldDescriptor
_PIECES = [
    *["", " ", "good morning. ", "we ", "begin ", "Dr. ", "a, b; c ", "one\ntwo", "ends here! "],
    *["\u00e9\u0301", "\U0001f600", "\u200b", "\0", "\u2028", "\ufeff", "中文。", "a" * 700],
    *[
        "<b>one</b> ",
        "{{x}} ",
        "word " * 70,
        "5 % of £3.50 ",
        "<dnt>we</dnt> ",
        ". " * 50,
        "\u05d0\u05d1. ",
    ],
]
_TAGS = ["xx", "yy", "zz", "und", "xx-US", "YY", "yy-Latn-BR", "x-private", "en", "", "-", "xx_"]
# What a field with such a name mostly is.
_LIKELY: dict[str, list[Any]] = {
    "source_language_code": ["xx", "xx", "xx", "xx", "und"],
    "target_language_code": ["yy", "yy", "zz", "xx"],
    "target_language_codes": ["yy", "zz", "xx", "yy-US", "zz-Latn"],
    "source_language": ["xx", "xx", "xx", "und"],
    "target_language": ["yy", "yy", "zz", "xx"],
    "dnt_phrases": ["good##bad, morning", "word", "##", ",", "a##b##c,a"],
    "max_len_variation": ["", "20", "-1", "many"],
    "glossary": ["projects/x/locations/y/glossaries/z", "z", "/"],
    "model": ["", "fake"],
    "mime_type": ["", "text/plain", "text/html", "text/markdown"],
    "name": ["wait-k", "local-agreement", "final-only", "retranslation", "guarded-agreement"],
    "session_id": ["earlier", "a\nb"],
    "id": ["1", "2", "3", "4"],
    "seconds": [0, 0, 1, 2, 3600],
    "nanos": [0, 0, 1, 999_999_999],
}
# These are always there, and of the others a few.
_NEEDED = {
    *["source_language_code", "target_language_code", "target_language_codes", "texts", "text"],
    *["source_language", "target_language", "contents"],
    *["id", "session_id", "name", "committed", "sequence"],
}
_INTEGERS = [0, 1, 2, 3, 7, 64, 600, 2**31 - 1, 2**32 - 1, 2**53 - 1, 2**53, 2**63 - 1, 2**64 - 1]
_DOUBLES = [0.0, 1.0, 2.0, 5.5, -1.0, 1e300, math.nan, math.inf, -math.inf]
_RANGES = {
    _F.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    _F.CPPTYPE_UINT32: (0, 2**32 - 1),
    _F.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    _F.CPPTYPE_UINT64: (0, 2**64 - 1),
}


def filled(kind: type[Message], choices: Choices, depth: int = 0) -> Message:
    """A message with some of its fields set."""
    message = kind()
    fields: list[Any] = list(message.DESCRIPTOR.fields)
    oneofs = {f.containing_oneof for f in fields if f.containing_oneof is not None}
    chosen = {choices.one_of(each.fields).name for each in oneofs if not choices.once_in(12)}
    for field in fields:
        if field.containing_oneof is not None:
            is_set = field.name in chosen
        else:
            is_set = field.name in _NEEDED or choices.once_in(9)
        if is_set and depth < 6:
            _fill(message, field, choices, depth)
    return message


def damaged(message: Message, choices: Choices) -> bytes:
    """The bytes of a message after a few changes."""
    return mutated(message.SerializeToString(), choices.chance)


def _fill(message: Message, field: FieldDescriptor, choices: Choices, depth: int) -> None:
    place = getattr(message, field.name)
    is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
    if is_map:
        keys = ["n", "k", "hold", "distance", "mask-k", "x", ""]
        for _ in range(choices.one_of((1, 1, 2, 20))):
            place[choices.one_of(keys)] = choices.one_of(_DOUBLES)
    elif field.is_repeated:
        for _ in range(choices.one_of((1, 1, 1, 1, 1, 1, 2, 2, 3, 9))):
            if field.message_type is not None:
                added = place.add()
                added.CopyFrom(filled(type(added), choices, depth + 1))
            else:
                place.append(_value(field, choices))
    elif field.message_type is not None:
        place.CopyFrom(filled(type(place), choices, depth + 1))
    else:
        setattr(message, field.name, _value(field, choices))


def _value(field: FieldDescriptor, choices: Choices) -> Any:
    if field.name in _LIKELY and not choices.once_in(16):
        return choices.one_of(_LIKELY[field.name])
    match field.cpp_type:
        case _F.CPPTYPE_STRING if field.type == _F.TYPE_BYTES:
            return choices.chance.randbytes(8)
        case _F.CPPTYPE_STRING:
            if "language_code" in field.name:
                return choices.one_of(_TAGS)
            return "".join(choices.one_of(_PIECES) for _ in range(choices.one_of((1, 1, 2, 5))))
        case _F.CPPTYPE_BOOL:
            return choices.once_in(2)
        case _F.CPPTYPE_DOUBLE | _F.CPPTYPE_FLOAT:
            return choices.one_of(_DOUBLES)
        case _F.CPPTYPE_ENUM:
            return choices.below(6)
        case kind:
            least, most = _RANGES[kind]
            return max(least, min(most, choices.one_of(_INTEGERS)))
