"""Finds the terms of a glossary in a text, in time that is linear in the text."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import groupby, takewhile

from translator.terms.pieces import Pieces, cut, fold_start, surface
from translator.terms.term import Term, has_capital

__all__ = ["Found", "Index", "Match"]


@dataclass(frozen=True, slots=True)
class Match:
    """A term in a text.

    Attributes:
        entry: The term's index in the glossary, from 0.
        term: The term.
        start: Its first code point in the text.
        end: The code point after it.
        text: How the text writes it.
        is_capitals: Whether the text writes it in capitals, so that its form has to be in capitals
            too. For a term that is kept, only if the whole text is in capitals; otherwise the term
            is kept as the text writes it.
    """

    entry: int
    term: Term
    start: int
    end: int
    text: str
    is_capitals: bool = False

    @property
    def forms(self) -> tuple[str, ...]:
        """Its allowed translations; only the text itself if the term is to be kept."""
        return self.term.forms or (self.text,)


@dataclass(frozen=True, slots=True)
class Found:
    """The terms in a text.

    Attributes:
        matches: In order, without overlaps. They stay the same whatever text follows.
        open_from: Where an unfinished term may begin, so nothing from there on may be committed;
            the length of the text if there is none.
    """

    matches: tuple[Match, ...]
    open_from: int


@dataclass(slots=True)
class _Node:
    """A node of a tree of terms that begin with the same pieces (a radix tree).

    Attributes:
        label: The pieces after the one that leads here, up to the end of a term or a branch.
        entries: The terms that end at this node.
        children: The nodes below, by the next piece.
        keys: The keys of ``children``, sorted.
    """

    label: list[str]
    entries: list[int]
    children: dict[str, "_Node"] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)

    def expects(self, start: str) -> bool:
        """Whether one of the next pieces begins with ``start``."""
        place = bisect_left(self.keys, start)
        return place < len(self.keys) and self.keys[place].startswith(start)


# The position of a walk through the tree: a node, and how many pieces of its label are used.
_State = tuple[_Node, int]


class Index:
    """Finds terms in texts. Of two that overlap, the longer one wins, then the earlier one.

    Args:
        terms: Valid terms. If several are the same, the first is found.
        keys: The pieces of each; see ``keys_of``.
    """

    def __init__(self, terms: Sequence[Term], keys: Sequence[list[str]]) -> None:
        self._terms = terms
        # How terms are written that have a capital.
        self._written = [surface(t.source) if has_capital(t.source) else None for t in terms]
        rows = sorted((own, entry) for entry, own in enumerate(keys))
        self._root = _tree(rows)

    def find(
        self,
        text: str,
        *,
        capitals: bool = False,
        grows: bool = False,
        wholes: Sequence[tuple[int, int]] = (),
    ) -> Found:
        """Find the terms in a text.

        Args:
            text: The text.
            capitals: Whether the text is all in capitals, so that terms with capitals may be too.
            grows: Whether more text may follow; then only terms that are certain are found.
            wholes: Ranges (start, end) that a term must not cut, such as addresses: the "shop" in
                "info@shop.com" is no term.
        """
        pieces = cut(text)
        limit = pieces.num_sure if grows else len(pieces)
        search = _Search(
            self._terms, self._written, text, pieces, capitals, *_inner(pieces, wholes)
        )
        candidates: list[tuple[int, int, int]] = []
        first_open = len(pieces)
        children = self._root.children
        for begin in range(limit):
            if pieces.folded[begin] in children and begin not in search.not_first:
                ends, state = _walk(self._root, pieces, begin, limit)
                best = search.longest(begin, ends)
                if best is not None:
                    candidates.append((begin, *best))
                if state and grows and begin < first_open and _goes_on(state, pieces, limit, text):
                    first_open = begin
        if grows and first_open == len(pieces):
            starts = range(limit, len(pieces))
            opens = (b for b in starts if _may_begin(self._root, pieces, b, text))
            first_open = next(opens, len(pieces))
        open_from = pieces.starts[first_open] if first_open < len(pieces) else len(text)
        # What overlaps something open may lose against it.
        for begin, end, _ in reversed(candidates):
            if pieces.ends[end - 1] > open_from:
                open_from = min(open_from, pieces.starts[begin])
        sure = [c for c in candidates if pieces.starts[c[0]] < open_from]
        return Found(tuple(self._resolve(search, sure)), open_from)

    def _resolve(self, search: "_Search", candidates: list[tuple[int, int, int]]) -> list[Match]:
        """Of overlapping candidates, take the longer one, then the earlier one.

        Each is the longest term at its place. Where that overlaps one that is taken, the next
        shorter one there is a candidate. Each time the room halves at least, so these are few.
        """
        pieces = search.pieces
        heap = [(-search.length(begin, end), begin, end, entry) for begin, end, entry in candidates]
        heapify(heap)
        # For each piece that is taken, the entry.
        taken: dict[int, int] = {}
        matches: list[Match] = []
        while heap:
            _, begin, end, entry = heappop(heap)
            if begin in taken:
                continue
            free = next((k for k in range(begin, end) if k in taken), end)
            if free == end:
                taken.update(dict.fromkeys(range(begin, end), entry))
                matches.append(search.match(begin, end, entry))
                continue
            ends, _ = _walk(self._root, pieces, begin, free)
            shorter = search.longest(begin, ends)
            if shorter is not None:
                heappush(heap, (-search.length(begin, shorter[0]), begin, *shorter))
        return sorted(matches, key=lambda match: match.start)


@dataclass(frozen=True, slots=True)
class _Search:
    """One search: the text, how its terms have to be written, and where they cannot be.

    Attributes:
        not_first: Pieces that no term begins with.
        not_last: Pieces that no term ends with.
    """

    terms: Sequence[Term]
    written: Sequence[str | None]
    text: str
    pieces: Pieces
    capitals: bool
    not_first: set[int]
    not_last: set[int]

    def length(self, begin: int, end: int) -> int:
        return self.pieces.ends[end - 1] - self.pieces.starts[begin]

    def longest(self, begin: int, ends: list[tuple[int, _Node]]) -> tuple[int, int] | None:
        """The longest term that begins at a piece and is written as it has to be."""
        for end, node in reversed(ends):
            if end - 1 not in self.not_last:
                entry = self._entry(begin, end, node.entries)
                if entry is not None:
                    return end, entry
        return None

    def match(self, begin: int, end: int, entry: int) -> Match:
        start, stop = self.pieces.starts[begin], self.pieces.ends[end - 1]
        text, term = self.text[start:stop], self.terms[entry]
        # One letter in capitals says nothing, nor does a term that always is or that is kept.
        tells = self.capitals or (
            bool(term.forms)
            and term.source.upper() != term.source
            and sum(map(str.isalpha, text)) > 1
        )
        return Match(entry, term, start, stop, text, tells and _is_capitals(text))

    def _entry(self, begin: int, end: int, entries: list[int]) -> int | None:
        if len(entries) == 1 and self.written[entries[0]] is None:
            return entries[0]
        text = self.text[self.pieces.starts[begin] : self.pieces.ends[end - 1]]
        here = surface(text)
        in_capitals = self.capitals and _is_capitals(text)
        as_written = (entry for entry in entries if self.written[entry] == here)
        others = (entry for entry in entries if in_capitals or self.written[entry] is None)
        return next(as_written, next(others, None))


def _inner(pieces: Pieces, wholes: Sequence[tuple[int, int]]) -> tuple[set[int], set[int]]:
    """Which pieces are in one of the ranges, but do not begin it; and which do not end it."""
    not_first: set[int] = set()
    not_last: set[int] = set()
    for start, end in wholes:
        begin = bisect_right(pieces.ends, start)
        stop = bisect_left(pieces.starts, end)
        not_first.update(range(begin + 1, stop))
        not_last.update(range(begin, stop - 1))
    return not_first, not_last


def _is_capitals(text: str) -> bool:
    return text.upper() == text and text.lower() != text


def _piece(depth: int, row: tuple[list[str], int]) -> str:
    return row[0][depth]


def _tree(rows: list[tuple[list[str], int]]) -> _Node:
    """Put terms into a tree; ``rows`` are their pieces, sorted, with the entry of each."""
    root = _Node([], [])
    # Nodes without their children, with the terms below them and how many pieces lead there.
    todo = [(root, rows, 0)]
    while todo:
        node, below, depth = todo.pop()
        for key, group in groupby(below, key=partial(_piece, depth)):
            inner = list(group)
            first, last = inner[0][0], inner[-1][0]
            size = len(first) - depth - 1
            if len(inner) > 1:
                pairs = zip(first[depth + 1 :], last[depth + 1 :], strict=False)
                size = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
            end = depth + 1 + size
            child = _Node(first[depth + 1 : end], [e for keys, e in inner if len(keys) == end])
            node.children[key] = child
            node.keys.append(key)
            if len(inner) > len(child.entries):
                todo.append((child, inner[len(child.entries) :], end))
    return root


def _walk(
    root: _Node, pieces: Pieces, begin: int, limit: int
) -> tuple[list[tuple[int, _Node]], _State | None]:
    """Follow the pieces from one on, below a limit.

    Returns:
        Where terms end, as the piece after each, with its node; and where the walk is if it has
        used all the pieces.
    """
    ends: list[tuple[int, _Node]] = []
    node = root.children.get(pieces.folded[begin]) if begin < limit else None
    at = begin + 1
    while node is not None:
        size = len(node.label)
        if at + size > limit:
            rest = pieces.keys[at:limit]
            return ends, (node, len(rest)) if node.label[: len(rest)] == rest else None
        if pieces.keys[at : at + size] != node.label:
            break
        at += size
        if node.entries:
            ends.append((at, node))
        if at == limit:
            return ends, (node, size)
        node = node.children.get(pieces.keys[at])
        at += 1
    return ends, None


def _goes_on(state: _State, pieces: Pieces, at: int, text: str) -> bool:
    """Whether a term may go on, or end, in what is not certain, from piece ``at`` on."""
    node, done = state
    while at < len(pieces):
        key = pieces.keys[at]
        start = key[: len(key) - len(pieces.folded[at])] + fold_start(text[pieces.starts[at] :])
        if done < len(node.label):
            if node.label[done].startswith(start):
                return True
            if node.label[done] != key:
                return False
            done += 1
        else:
            if node.expects(start):
                return True
            if key not in node.children:
                return False
            node, done = node.children[key], 0
        at += 1
    # After white space, a piece that follows has white space before it.
    gap = " " if pieces.ends[-1] < len(text) else ""
    if done < len(node.label):
        return node.label[done].startswith(gap)
    return node.expects(gap)


def _may_begin(root: _Node, pieces: Pieces, begin: int, text: str) -> bool:
    """Whether a term may begin with a piece that is not certain."""
    if root.expects(fold_start(text[pieces.starts[begin] :])):
        return True
    child = root.children.get(pieces.folded[begin])
    return child is not None and _goes_on((child, 0), pieces, begin + 1, text)
