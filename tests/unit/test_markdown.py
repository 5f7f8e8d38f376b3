"""Markdown as texts with marks, and the document with their translations."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.html_soup import translations
from translator.documents.markdown import MarkdownPage, parse
from translator.documents.markdown_tokens import block_types, inlines, read_blocks
from translator.documents.marks import Translated

pytestmark = pytest.mark.unit


def words(text: str) -> list[tuple[int, int, int, int]]:
    """Each word is aligned with itself."""
    return [match.span() * 2 for match in re.finditer(r"\S+", text)]


def upper(markdown: str, templates: tuple[str, ...] = ()) -> str:
    """The document with its texts in capitals, but not its opaque parts."""
    page = parse(markdown, templates=templates)
    found: list[Translated | None] = []
    for text in page.texts:
        target = text.text.upper()
        for part in text.opaque:
            target = target[: part.start] + text.text[part.start : part.end] + target[part.end :]
        found.append(Translated(target, words(target), [o[:2] for o in text.opaque]))
    return page.render(found)


def texts(markdown: str, templates: tuple[str, ...] = ()) -> list[str]:
    return [text.text for text in parse(markdown, templates=templates).texts]


def said(markdown: str, target: str) -> str:
    """The document with a translation of its only text."""
    page = parse(markdown)
    [text] = [each for each in page.texts if not each.is_attribute]
    found = [Translated(target, words(target)) if each is text else None for each in page.texts]
    return page.render(found)


def unchanged(page: MarkdownPage) -> list[str]:
    """The document three ways that leave it as it is."""
    same = [Translated(text.text, words(text.text)) for text in page.texts]
    bare = [Translated(text.text) for text in page.texts]
    return [page.render(each) for each in ([None] * len(same), same, bare)]


BLOCKS = [
    ("# The *red* house #", "# THE *RED* HOUSE #"),
    ("Title\n=====\ntext", "TITLE\n=====\nTEXT"),
    ("- one\n- **two**\n  1. three", "- ONE\n- **TWO**\n  1. THREE"),
    ("- [ ] open\n- [x] done", "- [ ] OPEN\n- [x] DONE"),
    ("> a quote [!NOTE] no", "> A QUOTE [!NOTE] NO"),
    ("> [!NOTE]\n> be careful", "> [!NOTE]\n> BE CAREFUL"),
    ("one  \ntwo\\\nthree", "ONE  \nTWO\\\nTHREE"),
    ("```py\ncode\n```\n\n    more code\n\ntext", "```py\ncode\n```\n\n    more code\n\nTEXT"),
    ("---\ntitle: x\n---\ntext", "---\ntitle: x\n---\nTEXT"),
    ("+++\na = 1\n+++\ntext", "+++\na = 1\n+++\nTEXT"),
    ("| a | b\\|c |\n|---|:-:|\n|  | `x` d |", "| A | B\\|C |\n|---|:-:|\n|  | `x` D |"),
    ("<div title='tip'>\n<b>some</b> text\n</div>", "<div title='TIP'>\n<b>SOME</b> TEXT\n</div>"),
    ("<!-- note -->\n\ntext", "<!-- note -->\n\nTEXT"),
    ("***\n\ntext\n\n---\n", "***\n\nTEXT\n\n---\n"),
    ("\ufefftext", "\ufeffTEXT"),
    (":::tip A title\nsome text\n:::", ":::tip A TITLE\nSOME TEXT\n:::"),
    ('!!! note "a title"\n    text\n    more', '!!! note "A TITLE"\n    TEXT MORE'),
    ("term\n: its definition\n: one more", "TERM\n: ITS DEFINITION\n: ONE MORE"),
    ("a formula\n\n$$\nx_1 = \\frac{a}{b}\n$$", "A FORMULA\n\n$$\nx_1 = \\frac{a}{b}\n$$"),
]
INLINES = [
    ("a **b** c", "A **B** C"),
    ("a ***b*** ~~c~~ d", "A ***B*** ~~C~~ D"),
    ("see [the *docs*](http://x/a_b 'one two')", "SEE [THE *DOCS*](http://x/a_b 'ONE TWO')"),
    ('![a cat](c.png "big one")', '![A CAT](c.png "BIG ONE")'),
    ("a `code` b ``c ` d`` e", "A `code` B ``c ` d`` E"),
    ("a <b>b</b> <kbd>Ctrl</kbd> c", "A <b>B</b> <kbd>Ctrl</kbd> C"),
    ("a <http://x.y> b", "A <http://x.y> B"),
    ("see [x] now\n\n[x]: /u", "SEE [X][x] NOW\n\n[x]: /u"),
    ("see [x][] now\n\n[x]: /u", "SEE [X][x] NOW\n\n[x]: /u"),
    ("see [y][x] now\n\n[x]: /u", "SEE [Y][x] NOW\n\n[x]: /u"),
    ("![cat] here\n\n[cat]: /u", "![CAT][cat] HERE\n\n[cat]: /u"),
    ("a note[^1] b\n\n[^1]: the note", "A NOTE[^1] B\n\n[^1]: THE NOTE"),
    ("a note[^1] b\n\n[^1]: http://x", "A NOTE[^1] B\n\n[^1]: http://x"),
    ("5 * 3 a_b_c \\*d\\* e", "5 * 3 A_B_C \\*D\\* E"),
    ("one<br>two", "ONE<br>TWO"),
    ("from $5 to $9 for $a*b_1$ and *c*", "FROM $5 TO $9 FOR $a*b_1$ AND *C*"),
    ("put it under `$A_B/<x>` or\nunder `$A_B/y`", "PUT IT UNDER `$A_B/<x>` OR\nUNDER `$A_B/y`"),
    ("so $\\frac{a}{b}$ is", "SO $\\frac{a}{b}$ IS"),
]


@pytest.mark.parametrize(("markdown", "wanted"), BLOCKS + INLINES)
def test_all_but_text_stays(markdown: str, wanted: str) -> None:
    assert upper(markdown) == wanted
    assert upper(markdown.replace("\n", "\r\n")) == wanted.replace("\n", "\r\n")


def test_a_wrapped_paragraph_is_wrapped_again_as_in_its_quote() -> None:
    line = "some words that are long enough to fill a line"
    [*_, text] = texts(f"> {line}\n> {line}")
    assert text == f"{line} {line}"
    lines = upper(f"> {line}\n> {line}\n").split("\n")
    assert lines == [f"> {line}".upper(), f"> {line}".upper(), ""]


def test_only_text_is_wrapped() -> None:
    words = "alpha beta gamma delta " * 3
    markdown = f"{words}\n{words[:30]}[a link](http://x.y/z 'with a long title') and `some code`\n"
    result = upper(markdown)
    assert "[A LINK](http://x.y/z 'WITH A LONG TITLE') AND `some code`\n" in result
    assert result.startswith("ALPHA BETA GAMMA DELTA " * 3 + "ALPHA BETA GAMMA\nDELTA ALP")


@pytest.mark.parametrize(
    ("markdown", "target", "wanted"),
    [
        ("text", "*stars* and `ticks`", "\\*stars\\* and \\`ticks\\`"),
        ("text", "# no heading", "\\# no heading"),
        ("text", "1. no list", "1\\. no list"),
        ("text", "- no list", "\\- no list"),
        ("text", "+ no list", "\\+ no list"),
        ("text", "> no quote", "\\> no quote"),
        ("text", "a <b> c", "a \\<b> c"),
        ("text", "[a](b)", "\\[a\\](b)"),
        ("text", "&copy; 1", "\\&copy; 1"),
        ("# text", "C #", "# C \\#"),
        ("text", "a_b_c 2 * 3 * 4", "a_b_c 2 * 3 * 4"),
        ("|a|\n|-|\n|text|", "x | y", None),
    ],
)
def test_a_translation_is_only_text(markdown: str, target: str, wanted: str | None) -> None:
    page = parse(markdown)
    result = page.render([*[None] * (len(page.texts) - 1), Translated(target)])
    assert wanted is None or result == wanted
    last = parse(result).texts[-1].text
    assert last == target


def test_brackets_in_the_text_of_an_image_are_escaped() -> None:
    assert parse("![text](u)").render([Translated("a ] b")]) == "![a \\] b](u)"


def test_emphasis_that_markdown_would_not_see_is_written_as_html() -> None:
    page = parse("say **(yes)** now")
    [text] = page.texts
    # No space before, and no letter inside at the ends.
    target = Translated("diga(sim)ja", [(0, 3, 0, 4), (4, 9, 4, 9), (10, 13, 9, 11)])
    assert page.render([target]) == "diga<strong>(sim)</strong>ja"
    assert text.text == "say (yes) now"


def test_templates_stay() -> None:
    markdown = "# Hi {{ user.name }}\n\n{% if a %}\none\n{% endif %}\n\n[x]({{ url }})"
    assert texts(markdown, ("liquid",)) == ["Hi {{ user.name }}", "one", "x"]
    assert upper(markdown, ("liquid",)) == (
        "# HI {{ user.name }}\n\n{% if a %}\nONE\n{% endif %}\n\n[X]({{ url }})"
    )


SOUP = st.lists(
    st.sampled_from(
        [
            *["*", "**", "_", "__", "~~", "`", "``", "[", "]", "(", ")", "![", "](u)", "][r]"],
            *['](u "one two")', "<b>", "</b>", "<br>", "<code>", "<http://a.b>", "<!-- c -->"],
            *[
                "<div>\n",
                "</div>\n",
                "\\",
                "\\*",
                "&amp;",
                "&",
                "<",
                ">",
                "|",
                "\\|",
                "|\n|-|-|\n|",
            ],
            *["\n", "\n\n", "\r\n", "  \n", "\\\n", "> ", "- ", "1. ", "# ", "## ", " #", "    "],
            *["\t", "```\n", "===\n", "---\n", "[r]: /u\n", "[^1]", "[ ] ", "[!NOTE]\n"],
            *["one", "two ", "three", "é", "😀", ".", ",", " ", " ", "1", "\0", "\u00a0", "{{x}}"],
            *["{% if %}", "{{", "}}", "\ufeff", "\x0b", "\r"],
        ]
    ),
    max_size=40,
).map("".join)
TEMPLATES = st.sampled_from([(), (), ("liquid",)])


@given(SOUP, TEMPLATES)
@example("**a****b**\n", ())
@example("~~~a~~~ b", ())
@example("`a` \nb", ())
def test_what_is_not_translated_is_the_source(markdown: str, templates: tuple[str, ...]) -> None:
    page = parse(markdown, templates=templates)
    assert unchanged(page) == [markdown] * 3


@given(SOUP)
def test_inline_tokens_are_all_of_a_content(markdown: str) -> None:
    blocks, env = read_blocks(markdown)
    for block in blocks:
        at = 0
        for token in inlines(block.content, env):
            assert token.start == at or not block.content[at : token.start].strip(" ")
            assert token.end >= token.start
            at = token.end
        assert not block.content[at:].strip(" \n") or block.kind.value == "html"


@given(SOUP, TEMPLATES, st.data())
def test_any_translation_leaves_the_blocks_as_they_are(
    markdown: str, templates: tuple[str, ...], data: st.DataObject
) -> None:
    page = parse(markdown, templates=templates)
    result = page.render(data.draw(translations(page)))
    assert [each[:2] for each in block_types(result) if not each[0].startswith("html")] == [
        each[:2] for each in block_types(markdown) if not each[0].startswith("html")
    ]


@pytest.mark.parametrize(
    "markdown",
    [
        "> " * 2_000 + "a",
        "- " * 2_000 + "a",
        "[" * 4_000 + "a",
        "[a](" * 1_000,
        "*a " * 4_000,
        "*" * 4_000 + "a" + "*" * 4_000,
        "a **b " * 2_000,
        "`" * 4_000 + "a",
        "<b>" * 2_000 + "a",
        "![a" * 1_000,
        "a\n" * 1_000,
        "[a]" * 2_000 + "\n\n[a]: /u",
        "|a" * 2_000 + "\n" + "|-" * 2_000 + "\n" + "|b" * 2_000,
        "---\n" * 4_000,
        "&" * 4_000,
        "\\" * 4_001,
    ],
    ids=lambda text: text[:8] + "…",
)
def test_any_document_is_rebuilt(markdown: str) -> None:
    page = parse(markdown)
    assert page.render([None] * len(page.texts)) == markdown
    page.render([Translated(text.text.upper()) for text in page.texts])


def test_html_in_markdown_is_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("translator.documents.markdown.verify", lambda *_, **__: ["tags"])
    page = parse("one\n\n<div>two</div>\n")
    result, left = page.render_kept([Translated("ONE"), Translated("TWO")])
    assert result == "ONE\n\n<div>two</div>\n"
    assert left == [(5, 20)]
