"""Counts what text code does, so that a test can tell linear work from quadratic work.

Each step of a regular expression counts, taken by a small backtracking matcher over the standard
library's own parse of the pattern; and each line of the modules under test, and each character
that is handed to sentencex.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import FrameType, ModuleType
from typing import Any, NamedTuple

import pytest
import sentencex

__all__ = ["Steps"]

_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    c.CATEGORY_SPACE: str.isspace,
    c.CATEGORY_NOT_SPACE: lambda x: not x.isspace(),
    c.CATEGORY_WORD: lambda x: x.isalnum() or x == "_",
    c.CATEGORY_NOT_WORD: lambda x: not (x.isalnum() or x == "_"),
    c.CATEGORY_DIGIT: str.isdecimal,
}


class Steps:
    """A counter, and what feeds it.

    Attributes:
        count: Steps so far.
    """

    def __init__(self) -> None:
        self.count = 0

    def watch(self, monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> None:
        """Count the regular expressions of ``modules``, and sentencex."""
        for module in modules:
            for name, value in list(vars(module).items()):
                if isinstance(value, re.Pattern):
                    monkeypatch.setattr(module, name, _Counted(value, self))
        boundaries = sentencex.get_sentence_boundaries

        def counted(language: str, text: str) -> Any:
            self.count += len(text)
            return boundaries(language, text)

        monkeypatch.setattr(sentencex, "get_sentence_boundaries", counted)

    def of(self, work: Callable[[], object]) -> int:
        """Steps that ``work`` takes, with the lines of translator's modules that it runs."""
        before, lines = self.count, 0

        def line(_frame: FrameType, _event: str, _arg: object) -> Any:
            nonlocal lines
            lines += 1
            return line

        def call(frame: FrameType, _event: str, _arg: object) -> Any:
            return line if "/translator/" in frame.f_code.co_filename else None

        former = sys.gettrace()
        sys.settrace(call)
        try:
            work()
        finally:
            sys.settrace(former)
        self.count += lines
        return self.count - before


class _Counted:
    """A pattern that does what it did, and counts the steps of a backtracking matcher."""

    def __init__(self, pattern: re.Pattern[str], steps: Steps) -> None:
        self._pattern = pattern
        self._nodes = _prepared(parser.parse(pattern.pattern, pattern.flags))
        self._steps = steps

    def search(self, text: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
        # What the counter itself does is not traced.
        former = sys.gettrace()
        sys.settrace(None)
        try:
            return self._search(text, pos, endpos)
        finally:
            sys.settrace(former)

    def _search(self, text: str, pos: int, endpos: int) -> re.Match[str] | None:
        found = self._pattern.search(text, pos, endpos)
        end = min(endpos, len(text))
        last = found.start() if found else end
        for place in range(min(pos, end), last + 1):
            counted = _match(self._steps, self._nodes, 0, text, place, end, lambda at: at)
            if counted is not None:
                assert found is not None
                assert (place, counted) == found.span(), "the counting matcher is wrong"
                return found
        assert found is None, "the counting matcher is wrong"
        return None

    def finditer(
        self, text: str, pos: int = 0, endpos: int = sys.maxsize
    ) -> Iterator[re.Match[str]]:
        while (found := self.search(text, pos, endpos)) is not None:
            yield found
            pos = found.end()

    def match(self, text: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
        end = min(endpos, len(text))
        _match(self._steps, self._nodes, 0, text, min(pos, end), end, lambda at: at)
        return self._pattern.match(text, pos, endpos)

    def fullmatch(self, text: str, pos: int = 0, endpos: int = sys.maxsize) -> re.Match[str] | None:
        end = min(endpos, len(text))
        _match(self._steps, self._nodes, 0, text, pos, end, lambda at: at if at == end else None)
        return self._pattern.fullmatch(text, pos, endpos)

    def findall(self, text: str) -> list[str]:
        return [found[0] for found in self.finditer(text)]

    def sub(self, new: str | Callable[[re.Match[str]], str], text: str) -> str:
        list(self.finditer(text))
        return self._pattern.sub(new, text)


class _Node(NamedTuple):
    """A node of a pattern.

    Attributes:
        op: What it is.
        value: As the parser has it, with prepared nodes in place of patterns.
        test: What it says of one character; None if it is about more.
    """

    op: Any
    value: Any
    test: Callable[[str], bool] | None


def _prepared(nodes: Iterable[Any]) -> list[_Node]:
    return [_Node(op, _with_prepared(op, value), _test(op, value)) for op, value in nodes]


def _with_prepared(op: Any, value: Any) -> Any:
    if op is c.SUBPATTERN:
        return _prepared(value[-1])
    if op is c.ATOMIC_GROUP:
        return _prepared(value)
    if op is c.BRANCH:
        return [_prepared(sub) for sub in value[1]]
    if op in (c.ASSERT, c.ASSERT_NOT):
        direction, sub = value
        # How far before the place it begins.
        return 0 if direction > 0 else sub.getwidth()[0], _prepared(sub)
    if op in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
        low, high, sub = value
        return low, high, _prepared(sub)
    return value


def _match(
    steps: Steps,
    nodes: Sequence[_Node],
    index: int,
    text: str,
    at: int,
    end: int,
    then: Callable[[int], int | None],
) -> int | None:
    """Where a match of ``nodes`` from ``index`` on that begins at ``at`` ends."""
    while True:
        steps.count += 1
        if index == len(nodes):
            return then(at)
        op, value, test = nodes[index]
        if test is None:
            break
        if at >= end or not test(text[at]):
            return None
        index += 1
        at += 1

    def rest(place: int) -> int | None:
        return _match(steps, nodes, index + 1, text, place, end, then)

    def inside(sub: Sequence[_Node], place: int, goal: Callable[[int], int | None]) -> int | None:
        return _match(steps, sub, 0, text, place, end, goal)

    if op is c.SUBPATTERN:
        return inside(value, at, rest)
    if op is c.ATOMIC_GROUP:
        place = inside(value, at, lambda found: found)
        return None if place is None else rest(place)
    if op is c.BRANCH:
        ends = (inside(sub, at, rest) for sub in value)
        return next((found for found in ends if found is not None), None)
    if op in (c.ASSERT, c.ASSERT_NOT):
        back, sub = value
        place = at - back
        found = None if place < 0 else inside(sub, place, lambda found: found)
        return rest(at) if (found is None) == (op is c.ASSERT_NOT) else None
    if op is c.AT and value in (c.AT_END_STRING, c.AT_END):
        return rest(at) if at == end else None
    if op is c.MAX_REPEAT:
        return _repeat(steps, value, text, at, end, rest)
    if op is c.POSSESSIVE_REPEAT:
        place = _repeat(steps, value, text, at, end, lambda found: found)
        return None if place is None else rest(place)
    if op is c.MIN_REPEAT:
        return _repeat_least(steps, value, text, at, end, rest)
    raise NotImplementedError(op)


def _repeat(
    steps: Steps,
    value: tuple[int, int, Sequence[_Node]],
    text: str,
    at: int,
    end: int,
    rest: Callable[[int], int | None],
) -> int | None:
    low, high, sub = value
    test = sub[0].test if len(sub) == 1 else None
    places = [at]
    place: int | None
    while len(places) <= high:
        if test is None:
            place = _match(steps, sub, 0, text, places[-1], end, lambda found: found)
        else:
            # The same in short, with the same count.
            place = places[-1] + 1 if places[-1] < end and test(text[places[-1]]) else None
            steps.count += 1 if place is None else 2
        if place is None:
            break
        places.append(place)
    for place in reversed(places[low:]):
        found = rest(place)
        if found is not None:
            return found
    return None


def _repeat_least(
    steps: Steps,
    value: tuple[int, int, Any],
    text: str,
    at: int,
    end: int,
    rest: Callable[[int], int | None],
) -> int | None:
    low, high, sub = value
    place: int | None = at
    for number in range(high + 1):
        found = rest(place) if number >= low and place is not None else None
        if found is not None:
            return found
        place = _match(steps, sub, 0, text, place or at, end, lambda each: each)
        if place is None:
            break
    return None


def _test(op: Any, value: Any) -> Callable[[str], bool] | None:
    """What a node says of one character; None if it is about more."""
    if op is c.LITERAL:
        return chr(value).__eq__
    if op is c.NOT_LITERAL:
        return chr(value).__ne__
    if op is c.CATEGORY:
        return _CATEGORIES[value]
    if op is c.RANGE:
        return lambda x: value[0] <= ord(x) <= value[1]
    if op is c.IN:
        negated = value[0][0] is c.NEGATE
        tests = [_test(*each) for each in value[negated:]]
        return cache(lambda x: negated != any(test(x) for test in tests if test is not None))
    return None
