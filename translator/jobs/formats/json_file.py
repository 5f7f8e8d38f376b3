"""JSON: resources of programs, such as i18next's, ICU's and Flutter's.

A scanner of its own finds the strings: parsers of JSON tell no places. Numbers, keys, order,
white space and the way in which characters are escaped stay.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from json import dumps
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import BinaryIO

from translator.jobs.cells import Cell, FormatOptions, InputFileError, Kind, Piece, Place, Rule
from translator.jobs.formats.message import Message, has_words, read_message
from translator.jobs.formats.whole_text import read_whole_text

__all__ = ["JsonFile", "JsonScanner", "no_text_named"]

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"')
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)\b")
_SURROGATE = re.compile("[\ud800-\udfff]")
_INDEX = re.compile(r"\[\d+\]")
# Of a deep place, so many keys are told.
_LONGEST_PATH = 8
# So many are told where the one that was named is not there.
_SHOWN_PATHS = 20
_TEXT = Rule()


class _Level:
    """An object or an array that is open, and where in it the scanner is."""

    __slots__ = ("index", "is_object", "key")

    def __init__(self, *, is_object: bool) -> None:
        self.is_object = is_object
        self.index = -1
        self.key = ""


class JsonFile:
    """Files of JSON; see ``FileFormat``."""

    name = "json"
    suffixes: tuple[str, ...] = (".json", ".arb")

    def pieces(self, file: BinaryIO, name: str, options: FormatOptions) -> Iterator[Piece]:
        """See ``FileFormat.pieces``; a row is a line, a column a key or a path.

        Without a rule that names what to translate, all strings are texts, apart from what stands
        under keys that begin with "@" (Flutter's notes).
        """
        whole = read_whole_text(file, name, options)
        scanner = JsonScanner(whole.text, whole.encode, name, options)
        yield whole.mark
        at = 0
        for start, end, cell in scanner.cells():
            yield whole.encode(whole.text[at:start])
            yield cell
            at = end
        if scanner.found_none:
            raise no_text_named(Place(name), options.rules, scanner.seen)
        yield whole.encode(whole.text[at:])


class JsonScanner:
    """Finds the texts of a JSON value.

    Args:
        text: The text.
        encode: Makes the file's bytes of a part of it.
        name: The file's name.
        options: Which strings are texts.
        line: The line where it begins.
        is_record: Whether it is a record of a table: its texts are what their rules say, not
            messages of a program, and a broken one is an error of that line.
        ascii_only: Whether characters beyond ASCII are written with their numbers; by default, as
            in the text.
    """

    def __init__(
        self,
        text: str,
        encode: Callable[[str], bytes],
        name: str,
        options: FormatOptions,
        *,
        line: int = 1,
        is_record: bool = False,
        ascii_only: bool | None = None,
    ) -> None:
        self._text = text
        self._encode = encode
        self._name = name
        self._rules = options.rules
        self._keep = options.keep
        self._templates = options.templates
        self._only_named = any(rule.kind is not None for rule in options.rules.values())
        self._is_record = is_record
        if ascii_only is None:
            ascii_only = text.isascii() and "\\u" in text
        self._ascii = ascii_only
        self._levels: list[_Level] = []
        self._notes_below = 0
        self._first_line = line
        self._line, self._counted = line, 0
        self._has_found = False
        # Where strings are that no rule names, for who misspelt one.
        self.seen: list[str] = []

    @property
    def found_none(self) -> bool:
        """Whether rules name what is to be translated, and no string so far was named by one."""
        return self._only_named and not self._has_found

    def cells(self) -> Iterator[tuple[int, int, Cell]]:
        """The texts, each with its range in the file.

        Raises:
            InputFileError: The file is not JSON.
        """
        text, levels = self._text, self._levels
        at = self._skip(0)
        if at == len(text):
            return
        # What is to come: a value, or what follows one.
        wants_value = True
        while True:
            at = self._skip(at)
            if not wants_value:
                if not levels:
                    if at < len(text):
                        raise self._error(at, "there is more after the end of the JSON")
                    return
                at, wants_value = self._after_value(at)
                continue
            character = text[at : at + 1]
            if levels and levels[-1].is_object:
                at = self._key(at)
                character = text[at : at + 1]
            elif levels:
                levels[-1].index += 1
            if character and character in "{[":
                at, wants_value = self._open(at, is_object=character == "{")
            elif character == '"':
                end = self._string(at)
                cell = self._cell(at, end)
                if cell is not None:
                    yield at, end, cell
                at, wants_value = end, False
            else:
                match = _PLAIN.match(text, at)
                if match is None:
                    raise self._error(at, f"{self._found(at)} stands where a value is needed")
                at, wants_value = match.end(), False

    def _open(self, at: int, *, is_object: bool) -> tuple[int, bool]:
        self._levels.append(_Level(is_object=is_object))
        if self._notes_below == 0 and len(self._levels) > 1 and self._is_note(self._levels[-2]):
            self._notes_below = len(self._levels)
        at = self._skip(at + 1)
        if self._text[at : at + 1] == ("}" if is_object else "]"):
            self._close()
            return at + 1, False
        return at, True

    def _close(self) -> None:
        self._levels.pop()
        if len(self._levels) < self._notes_below:
            self._notes_below = 0

    def _after_value(self, at: int) -> tuple[int, bool]:
        closing = "}" if self._levels[-1].is_object else "]"
        character = self._text[at : at + 1]
        if character == ",":
            return at + 1, True
        if character != closing:
            raise self._error(at, f"{self._found(at)} stands where , or {closing} is needed")
        self._close()
        return at + 1, False

    def _key(self, at: int) -> int:
        """Read a key and its colon. Returns where its value begins."""
        if self._text[at : at + 1] != '"':
            raise self._error(at, f"{self._found(at)} stands where a key is needed")
        end = self._string(at)
        self._levels[-1].key = _decoded(self._text, at)
        at = self._skip(end)
        if self._text[at : at + 1] != ":":
            raise self._error(at, f"{self._found(at)} stands where : is needed")
        return self._skip(at + 1)

    def _string(self, at: int) -> int:
        match = _STRING.match(self._text, at)
        if match is None:
            try:
                scanstring(self._text, at + 1, True)
            except JSONDecodeError as error:
                raise self._error(
                    min(error.pos, len(self._text)), f"a string is wrong: {error.msg}"
                ) from None
            raise self._error(at, "a string never ends")
        return match.end()

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    # Cells

    def _cell(self, start: int, end: int) -> Cell | None:
        rule = self._rule()
        if rule is None or rule.kind is None:
            return None
        raw, value = self._text[start:end], _decoded(self._text, start)
        if not (value.strip() if self._is_record else has_words(value)):
            return None
        problem = ""
        if _SURROGATE.search(value):
            value, problem = _SURROGATE.sub("\ufffd", value), "holds half of a surrogate pair"
        message = read_message(value)
        if rule.kind is not Kind.TEXT or self._is_record:
            message = Message(value, rule.kind, lambda translation: translation)
        write, ascii_only = self._encode, self._ascii

        def encode(translation: str) -> bytes:
            if translation == message.text:
                return write(raw)
            written = dumps(message.restore(translation), ensure_ascii=ascii_only)
            return write(written.replace("/", "\\/") if "\\/" in raw else written)

        return Cell(
            message.text,
            Place(self._name, self._line_of(start), self._path()),
            encode,
            write(raw),
            message.kind,
            rule.max_length,
            self._templates_of(rule, message),
            problem,
            numbers=rule.numbers and self._is_record,
        )

    def _templates_of(self, rule: Rule, message: Message) -> tuple[str, ...]:
        if self._is_record:
            return (*rule.templates, *self._templates)
        return () if message.kind is Kind.TEXT else rule.templates or self._templates

    def _rule(self) -> Rule | None:
        if self._notes_below or (self._levels and self._is_note(self._levels[-1])):
            return None
        key = next((level.key for level in reversed(self._levels) if level.is_object), "")
        if self._rules or self._keep:
            path = self._path()
            # What a path says of a list, it says of all that is in it.
            names = (key, path, _INDEX.sub("", path))
            if not self._keep.isdisjoint(names):
                return None
            rule = next((self._rules[name] for name in names if name in self._rules), None)
            self._has_found |= rule is not None and rule.kind is not None
            if rule is None and len(self.seen) < _SHOWN_PATHS:
                self.seen.append(path)
            if rule or self._only_named:
                return rule
        return _TEXT

    def _is_note(self, level: _Level) -> bool:
        return level.is_object and level.key.startswith("@")

    def _path(self) -> str:
        parts = [
            level.key if level.is_object else f"[{level.index}]"
            for level in self._levels[-_LONGEST_PATH:]
        ]
        path = "".join(f".{part}" if part[:1] != "[" else part for part in parts).lstrip(".")
        return f"….{path}" if len(self._levels) > _LONGEST_PATH else path

    def _line_of(self, at: int) -> int:
        """The line of a place that is not before the one asked for last."""
        self._line += len(re.findall(r"\r\n|\r|\n", self._text[self._counted : at]))
        self._counted = at
        return self._line

    def _found(self, at: int) -> str:
        found = self._text[at : at + 20].split("\n")[0]
        if at < len(self._text):
            return repr(found)
        return "the end of the line" if self._is_record else "the end of the file"

    def _error(self, at: int, sentence: str) -> InputFileError:
        text = self._text[: min(at, len(self._text))]
        line = len(re.findall(r"\r\n|\r|\n", text)) + self._first_line
        return InputFileError(Place(self._name, line, self._path()), sentence)


def no_text_named(place: Place, rules: Iterable[str], seen: Sequence[str]) -> InputFileError:
    """The error where what --column names is nowhere in the file.

    Args:
        place: The file.
        rules: What is named.
        seen: Some places of strings.
    """
    names = ", ".join(map(repr, rules))
    shown = ", ".join(seen) + ", …" * (len(seen) == _SHOWN_PATHS) or "no strings"
    return InputFileError(place, f"has no text at {names}; there are: {shown}")


def _decoded(text: str, start: int) -> str:
    return str(scanstring(text, start + 1, True)[0])
