"""XML, and tags that are not to be translated, as the HTML that the servers know.

Each tag of XML becomes one of HTML whose name says which it was, so that no name means anything,
and each becomes itself again in the translation.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

__all__ = ["as_html"]

_NAME = r"[^\s/>\"'=<&!?]+"
_TOKEN = re.compile(
    rf"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<![A-Za-z][^>]*>"
    rf"|<(?P<end>/)?(?P<name>{_NAME})(?P<rest>(?:[^>\"']|\"[^\"]*\"|'[^']*')*?)(?P<empty>/)?>",
    re.DOTALL,
)
_KEPT = ' translate="no" data-kept="{}"'
# What the tags of XML are called in between.
_OURS = re.compile(
    r"<!--x(\d+)-->|<wbr data-x=\"(\d+)\">|<(/?)(?:x-|div data-x=\")(\d+)[^>]*>|</div>"
)


@dataclass(slots=True)
class _Tag:
    """A token of markup: ``kind`` is "start", "end", "empty" or "other"."""

    kind: str
    source: str
    name: str = ""
    # The tag that belongs to it, by number.
    # The number of the tag that belongs to it.
    partner: int = -1
    # Whether the two have nothing between them.
    is_hollow: bool = False
    # Whether its parent has text of its own beside its elements.
    is_inline: bool = False


def as_html(
    text: str,
    *,
    is_xml: bool,
    ignored: Collection[str] = (),
    splitting: Collection[str] = (),
    non_splitting: Collection[str] = (),
    outline: bool = True,
) -> tuple[str, Callable[[str], str]]:
    """The text as HTML, and what makes its own form of the translation.

    Args:
        text: XML or HTML.
        is_xml: Which of the two.
        ignored: Names of elements that stay as they are.
        splitting: Of XML: names of elements that end sentences.
        non_splitting: Of XML: names of elements that never do.
        outline: Of XML: whether an element ends sentences also where no text stands beside it.
    """
    if not is_xml:
        return _html(text, {name.lower() for name in ignored})
    pieces = list(_pieces(text))
    tags = [piece for piece in pieces if isinstance(piece, _Tag)]
    _pair(pieces)
    blocks = set(splitting)
    if outline:
        inline = {tag.name for tag in tags if tag.is_inline}
        blocks |= {tag.name for tag in tags if tag.kind == "start"} - inline
    blocks -= set(non_splitting)
    made = []
    number = 0
    for piece in pieces:
        if isinstance(piece, str):
            made.append(piece)
            continue
        made.append(_made(number, piece, blocks, ignored))
        number += 1
    ends = [tag.source for tag in tags if tag.kind == "end" and _is_block(tag, blocks)]
    return "".join(made), lambda translation: _restored(translation, tags, iter(ends))


def _html(text: str, ignored: Collection[str]) -> tuple[str, Callable[[str], str]]:
    """HTML, whose ignored elements are told to be so."""
    mark = _mark(text)

    def marked(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None or match["end"] or name.lower() not in ignored:
            return match[0]
        return f"<{name}{mark}{match['rest']}{match['empty'] or ''}>"

    made = _TOKEN.sub(marked, text) if ignored else text
    return made, lambda translation: translation.replace(mark, "")


def _mark(text: str) -> str:
    """An attribute that the text does not have."""
    number = 0
    while (mark := _KEPT.format(number)) in text:
        number += 1
    return mark


def _pieces(text: str) -> Iterator[str | _Tag]:
    """Texts and markup, in order."""
    done = 0
    for match in _TOKEN.finditer(text):
        if match.start() > done:
            yield text[done : match.start()]
        done = match.end()
        name = match["name"]
        if name is None:
            yield _Tag("other", match[0])
        elif match["end"]:
            yield _Tag("end", match[0], name)
        else:
            yield _Tag("empty" if match["empty"] else "start", match[0], name)
    if done < len(text):
        yield text[done:]


def _pair(pieces: list[str | _Tag]) -> None:
    """Find the partner of each tag, and which stand beside text. One without a partner is alone."""
    # For each open element: its number, and the elements in it so far; the first is no element.
    open_now: list[tuple[int, list[_Tag]]] = [(-1, [])]
    has_text = [False]
    tags: list[_Tag] = []

    def close() -> None:
        _, children = open_now.pop()
        if has_text.pop():
            for child in children:
                child.is_inline = True

    for place, piece in enumerate(pieces):
        if isinstance(piece, str):
            has_text[-1] |= bool(piece.strip())
            continue
        number = len(tags)
        tags.append(piece)
        if piece.kind == "start":
            open_now[-1][1].append(piece)
            open_now.append((number, []))
            has_text.append(False)
        elif piece.kind == "end":
            begun = next(
                (n for n in range(len(open_now) - 1, 0, -1) if _is_of(tags, open_now[n], piece)), 0
            )
            if not begun:
                piece.kind = "other"
                continue
            while len(open_now) - 1 > begun:
                tags[open_now[-1][0]].kind = "other"
                close()
            piece.partner = open_now[-1][0]
            begin = tags[piece.partner]
            begin.partner = number
            begin.is_hollow = piece.is_hollow = pieces[place - 1] is begin
            close()
        elif piece.kind == "empty":
            open_now[-1][1].append(piece)
    while len(open_now) > 1:
        tags[open_now[-1][0]].kind = "other"
        close()
    close()


def _is_of(tags: list[_Tag], opened: tuple[int, list[_Tag]], end: _Tag) -> bool:
    return tags[opened[0]].name == end.name


def _is_block(tag: _Tag, blocks: Collection[str]) -> bool:
    return tag.name in blocks and tag.partner >= 0 and not tag.is_hollow


def _made(number: int, tag: _Tag, blocks: Collection[str], ignored: Collection[str]) -> str:
    """The HTML for a tag."""
    if tag.kind == "other":
        return f"<!--x{number}-->"
    if tag.kind == "empty" or (tag.kind == "start" and tag.is_hollow):
        # Without contents it stands for something, and stays beside its word.
        return f'<wbr data-x="{number}">'
    if tag.kind == "end":
        if tag.is_hollow:
            return ""
        return "</div>" if _is_block(tag, blocks) else f"</x-{tag.partner}>"
    kept = ' translate="no"' if tag.name in ignored else ""
    if _is_block(tag, blocks):
        return f'<div data-x="{number}"{kept}>'
    return f"<x-{number}{kept}>"


def _restored(translation: str, tags: list[_Tag], block_ends: Iterator[str]) -> str:
    """The translation with the tags of its source."""

    def restored(match: re.Match[str]) -> str:
        alone = match[1] or match[2]
        if alone is not None:
            tag = tags[int(alone)]
            is_pair = tag.kind == "start"
            return tag.source + (tags[tag.partner].source if is_pair else "")
        if match[4] is None:
            return next(block_ends, "")
        tag = tags[int(match[4])]
        return tags[tag.partner].source if match[3] else tag.source

    return _OURS.sub(restored, translation)
