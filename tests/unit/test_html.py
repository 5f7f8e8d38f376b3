"""HTML as texts with marks, and the page with their translations."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.html_soup import SOUP, TEMPLATES, TREES, translations
from translator.documents.html import Page, parse
from translator.documents.html_verify import verify
from translator.documents.marks import MarkedText, MarkKind, Translated

pytestmark = pytest.mark.unit


def words(text: str) -> list[tuple[int, int, int, int]]:
    """Each word is aligned with itself."""
    return [match.span() * 2 for match in re.finditer(r"\S+", text)]


def upper(html: str, templates: tuple[str, ...] = ()) -> str:
    """The page with its texts in capitals, but not its opaque parts."""
    page = parse(html, templates=templates)
    found: list[Translated | None] = []
    for text in page.texts:
        target = text.text.upper()
        for part in text.opaque:
            target = target[: part.start] + text.text[part.start : part.end] + target[part.end :]
        found.append(Translated(target, words(target), [o[:2] for o in text.opaque]))
    result = page.render(found)
    assert not verify(html, result, templates=templates)
    return result


def texts(html: str, templates: tuple[str, ...] = ()) -> list[str]:
    return [text.text for text in parse(html, templates=templates).texts]


def unchanged(page: Page) -> list[str]:
    """The page three ways that leave it as it is."""
    same = [Translated(text.text, words(text.text)) for text in page.texts]
    bare = [Translated(text.text) for text in page.texts]
    return [page.render(each) for each in ([None] * len(same), same, bare)]


HARD = [
    ("<b>d</b><i>o</i><a id=1>g</a>", ["dog"], "<b>D</b><i>O</i><a id=1>G</a>"),
    ("5 < 6 & a&b", ["5 < 6 & a&b"], "5 &lt; 6 &amp; A&amp;B"),
    ("<p>a<div>b", ["a", "b"], "<p>A<div>B"),
    ("</>", [], "</>"),
    ("x</>y z", ["xy z"], "X</>Y Z"),
    (
        "<table><tr><td>one<th>two <b>x</b> y</table>three",
        ["one", "two x y", "three"],
        "<table><tr><td>ONE<th>TWO <b>X</b> Y</table>THREE",
    ),
    ("a\r\nb <b\r\nid=1>c\rd</b>", ["a b c d"], "A B <b\r\nid=1>C D</b>"),
    ("red<br>green<br/>\r\nblue", ["red", "green", "blue"], "RED<br>GREEN<br/>\r\nBLUE"),
    ("<p>&nbsp;</p><p>\xa0</p>", [], "<p>&nbsp;</p><p>\xa0</p>"),
    (
        "<ruby>kan<rp>(</rp><rt>x</rt><rp>)</rp></ruby> text",
        ["kan text"],
        "<ruby>KAN<rp>(</rp><rt>x</rt><rp>)</rp></ruby> TEXT",
    ),
    ("Acme<sup>®</sup> shoes", ["Acme shoes"], "ACME<sup>®</sup> SHOES"),
    ("Acme<sup>tm</sup> shoes", ["Acmetm shoes"], "ACME<sup>TM</sup> SHOES"),
    ("a<sup><a href=#1>[1]</a></sup>, 10<sup>2</sup> b", ["a, 10 b"], None),
    ("<a>home</a><a>shop</a>", ["home", "shop"], None),
    (
        "<!--[if mso]><p>x</p><![endif]-->a <![if !mso]>b<![endif]> c",
        ["a b c"],
        "<!--[if mso]><p>x</p><![endif]-->A <![if !mso]>B<![endif]> C",
    ),
    (
        "<p class=MsoNormal>a <b>b</b><o:p></o:p></p><p><o:p>&nbsp;</o:p></p>",
        ["a b"],
        "<p class=MsoNormal>A <b>B</b><o:p></o:p></p><p><o:p>&nbsp;</o:p></p>",
    ),
    ("a\0b <b\0>c</b\0> d", ["a\0b c d"], "A\0B <b\0>C</b\0> D"),
    ("Copy&nbsp;<b>now</b>\xa0go", ["Copy\xa0now\xa0go"], "COPY&nbsp;<b>NOW</b>&nbsp;GO"),
    ("&copy; caf&eacute;", ["© café"], "&copy; CAFÉ"),
    ("&bull; one&hellip; &#8212; two", ["• one… — two"], "&bull; ONE&hellip; &#8212; TWO"),
    ("<p>a<b>b<p>c</b>d", ["ab", "cd"], "<p>A<b>B<p>C</b>D"),
    ("<b>a <i>b</b> c</i> d", ["a b c d"], "<b>A <i>B</b> C</i> D"),
    ("see <img src=x> here", ["see here"], "SEE <img src=x> HERE"),
    ("a<wbr>b c", ["ab c"], "A<wbr>B C"),
    ("<title>My &amp; shop</title>", ["My & shop"], "<title>MY &amp; SHOP</title>"),
    ("<noscript>a <b>b</b></noscript>", ["a b"], "<noscript>A <b>B</b></noscript>"),
    ("a <svg><title>t</title><path/></svg> b", ["a b"], None),
    ("<script>a<b</script><style>p{}</style><pre>x <b>y</b></pre>z", ["z"], None),
    ("<textarea>hi</textarea><template><p>hi</p></template>", [], None),
    ("<select><option>one<option selected>two</select>", ["one", "two"], None),
    ("<button>save</button> <button>close</button>", ["save", "close"], None),
    ("<a href=1>home</a> | <a href=2>shop</a>", ["home", "shop"], None),
    ("<b>home</b>\n<span>the shop</span>", ["home", "the shop"], None),
    ("<b>home</b> <span>sweet home</span>", ["home sweet home"], None),
    ("<p>12 %</p><p>★★★</p><p>a</p>", ["a"], None),
]


@pytest.mark.parametrize(("html", "found", "result"), HARD, ids=lambda value: str(value)[:40])
def test_hard_pages(html: str, found: list[str], result: str | None) -> None:
    assert texts(html) == found
    assert set(unchanged(parse(html))) == {html}
    assert upper(html) == (result or upper(html))


def test_a_space_around_a_lone_tag_stays() -> None:
    page = parse("see <img src=x> here")
    result = page.render([Translated("veja aqui", [(0, 3, 0, 4), (4, 8, 5, 9)])])
    assert result == "veja <img src=x> aqui"


def test_white_space_and_tags_at_the_ends_stay_outside() -> None:
    page = parse(" <p>\n <img> <b> one <i>two</i>&nbsp;</b> </p> ")
    assert [text.text for text in page.texts] == ["one two"]
    result = page.render([Translated("um dois", [(0, 3, 0, 2), (4, 7, 3, 7)])])
    assert result == " <p>\n <img> <b> um <i>dois</i>&nbsp;</b> </p> "


TRANSLATE = [
    ("<p translate=no>a<p>b", ["b"]),
    ('<div translate="no">a<p>b</p><p translate="yes">c</p>d</div>e', ["c", "e"]),
    ('<p class="x notranslate">a</p><p its:translate=no>b</p><p class="notranslated">c</p>', ["c"]),
    ("<p translate>a</p><p translate=maybe>b</p>", ["a", "b"]),
    ("<pre translate=yes>a</pre><pre>b</pre>", ["a"]),
    ("<span translate=no>a <i translate=yes>b</i> c</span> d", ["b", "d"]),
    ('<p translate=no title="a">b</p><p title="c" translate=yes>d</p>', ["c", "d"]),
    ("<td translate=no>a<td>b<tr translate=no><td>c<tr><td>d", ["b", "d"]),
    ("<li translate=no>a<li>b", ["b"]),
    ("<span translate=no><div>a</span>b</div>", []),
]


@pytest.mark.parametrize(("html", "found"), TRANSLATE)
def test_what_is_not_to_be_translated(html: str, found: list[str]) -> None:
    assert texts(html) == found
    assert set(unchanged(parse(html))) == {html}
    upper(html)


def test_code_in_a_sentence_is_opaque() -> None:
    html = 'Run <code class="sh">make &amp; go</code> in <b translate="no">Acme</b> now'
    page = parse(html)
    (text,) = page.texts
    assert text.text == "Run make & go in Acme now"
    assert [(o.start, o.end, o.source, o.has_tags) for o in text.opaque] == [
        (4, 13, '<code class="sh">make &amp; go</code>', True),
        (17, 21, '<b translate="no">Acme</b>', True),
    ]
    target = "Em Acme rode make & go"
    result = page.render([Translated(target, opaque=[(13, 22), (3, 7)])])
    assert result == ('Em <b translate="no">Acme</b> rode <code class="sh">make &amp; go</code>')
    # Found by its text, and one that is lost put in where its neighbours are.
    assert page.render([Translated("Rode make & go agora")]).count("<code") == 1
    assert not verify(html, page.render([Translated("")]))


def test_code_is_found_as_a_word() -> None:
    page = parse("Press <kbd>C</kbd> or <kbd>Ctrl</kbd>+<kbd>C</kbd> now")
    (text,) = page.texts
    assert text.text == "Press C or Ctrl+C now"
    assert page.render([Translated("Agora Ctrl+C ou C")]) == (
        "Agora <kbd>Ctrl</kbd>+<kbd>C</kbd> ou <kbd>C</kbd>"
    )


ATTRIBUTES = [
    ('<img alt="a &amp; b" title=c src=d>', ["a & b", "c"]),
    (
        "<input type=submit value=Send><input value=x><input type=text placeholder='d'>",
        ["Send", "d"],
    ),
    ('<meta name="Description" content="a"><meta name=robots content="b">', ["a"]),
    ('<meta property=og:title content="a"><meta property=og:image content="http://b">', ["a"]),
    ('<p aria-label="a" data-title="b" id="c">', ["a"]),
    ('<table summary="a"><optgroup label="b"><option label="c">d</table>', ["a", "b", "c", "d"]),
    ('<textarea placeholder="a">b</textarea><iframe title="c">d</iframe>', ["a", "c"]),
    ("<a title='x' title='y' href=z>", ["x"]),
    ('<p title="">a', ["a"]),
    ('Click <a title="open" href=x>here</a> now', ["Click here now", "open"]),
]


@pytest.mark.parametrize(("html", "found"), ATTRIBUTES)
def test_attributes_that_people_read(html: str, found: list[str]) -> None:
    assert texts(html) == found
    assert set(unchanged(parse(html))) == {html}
    assert all(text.upper() in texts(upper(html)) for text in found)


@pytest.mark.parametrize(
    ("html", "result"),
    [
        ('<img alt="a">', "<img alt=\"&#34;b&#34; &amp; 'c' &lt;&gt;\">"),
        ("<img alt='a'>", "<img alt='\"b\" &amp; &#39;c&#39; &lt;&gt;'>"),
        ("<img alt=a>", "<img alt=&#34;b&#34;&#32;&amp;&#32;&#39;c&#39;&#32;&lt;&gt;>"),
        ("a", "\"b\" &amp; 'c' &lt;&gt;"),
    ],
)
def test_what_is_written_is_escaped(html: str, result: str) -> None:
    page = parse(html)
    assert page.render([Translated("\"b\" & 'c' <>")]) == result
    assert texts(result) == ["\"b\" & 'c' <>"]


def test_a_text_in_a_tag_of_a_text() -> None:
    page = parse('Click <a title="Open it" href=x>here</a>!')
    result = page.render([Translated("Clique aqui!"), Translated("Abra")])
    assert result == 'Clique <a title="Abra" href=x>aqui</a>!'
    result = page.render([None, Translated("Abra")])
    assert result == 'Click <a title="Abra" href=x>here</a>!'


def test_templates_are_no_html() -> None:
    html = '<a href="{{store url="x"}}" title="{{a}} shop">Go to {{var b}} <b>now</b></a>'
    assert texts(html, ("magento",)) == ["{{a}} shop", "Go to {{var b}} now"]
    assert upper(html, ("magento",)) == (
        '<a href="{{store url="x"}}" title="{{a}} SHOP">GO TO {{var b}} <b>NOW</b></a>'
    )
    html = "{% if a < b %}Big sale{% else %}Small <b>{{ x }}</b> sale{% endif %}"
    assert texts(html, ("liquid",)) == ["Big sale", "Small {{ x }} sale"]
    html = "<p {% if x %}class=a{% endif %}><{{tag}} id=1>Hi</{{tag}}>"
    assert texts(html, ("liquid",)) == ["Hi"]
    assert upper(html, ("liquid",)) == html.replace("Hi", "HI")


def test_a_translation_makes_no_directive() -> None:
    page = parse("<p>Hello {{name}}</p>", templates=["mustache"])
    doubled = page.render([Translated("Olá {{name}} {{name}}")])
    assert doubled == "<p>Olá {{name}} &#123;&#123;name&#125;&#125;</p>"
    lost = page.render([Translated("Olá")])
    assert lost == "<p>Olá {{name}}</p>"
    assert page.render([Translated("Olá {{nome}}", opaque=[(4, 12)])]) == "<p>Olá {{name}}</p>"


def test_as_many_translations_as_texts() -> None:
    with pytest.raises(ValueError, match="1 translations of 2 texts"):
        parse("<p>a<p>b").render([None])


@given(st.text() | SOUP | TREES, TEMPLATES)
@example("<p\r\n>a\r\r\n</>\0&#0;</p", ())
def test_a_page_with_its_own_texts_is_the_same(html: str, templates: tuple[str, ...]) -> None:
    page = parse(html, templates=templates)
    assert set(unchanged(page)) == {html}


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<pre><kbd>x</kbd><u translate>one</u></pre>", ["one"]),
        ("<pre><u translate>one</u><u translate>two</u></pre>", ["one", "two"]),
        ("a <code>x <u translate>one</u></code> b", ["a", "one", "b"]),
        ("<code><u translate>one</code> b", ["one", "b"]),
        ("<u>a<code><p>x</p><i>y</i></u>one", ["a", "one"]),
    ],
)
def test_no_word_gets_out_of_what_is_translated(html: str, texts: list[str]) -> None:
    page = parse(html)
    assert [text.text for text in page.texts] == texts
    for alignments in ([], [(0, 1, 0, 3)]):
        result = page.render([Translated("uma casa", alignments) for _ in texts])
        assert verify(html, result) == []


@given(st.data(), SOUP | TREES, TEMPLATES)
def test_whatever_the_model_says_the_page_is_kept(
    data: st.DataObject, html: str, templates: tuple[str, ...]
) -> None:
    page = parse(html, templates=templates)
    result = page.render(data.draw(translations(page)))
    assert verify(html, result, templates=templates) == []


@given(SOUP, TEMPLATES)
def test_texts_and_marks_are_in_order(html: str, templates: tuple[str, ...]) -> None:
    for text in parse(html, templates=templates).texts:
        check(text)


def check(text: MarkedText) -> None:
    assert any(map(str.isalpha, text.text))
    if not text.opaque:
        assert text.text == text.text.strip()
    at = 0
    for part in text.opaque:
        assert at <= part.start < part.end <= len(text.text)
        at = part.end
    at = 0
    opened: list[int] = []
    for number, mark in enumerate(text.marks):
        assert at <= mark.position <= len(text.text)
        at = mark.position
        if mark.kind is MarkKind.OPEN:
            opened.append(number)
        elif mark.kind is MarkKind.CLOSE:
            assert opened.pop() == mark.partner
            assert text.marks[mark.partner].partner == number
        else:
            assert mark.partner == -1
    assert not opened


@pytest.mark.parametrize("cut", range(90))
def test_a_page_that_is_cut_anywhere(cut: int) -> None:
    html = '<p class="a">One &amp; <b title="two">two</b> {{x}} <!-- c --><code>d</code>,\r\n</p>'[
        :cut
    ]
    assert set(unchanged(parse(html, templates=["mustache"]))) == {html}
    upper(html, ("mustache",))


def test_an_attribute_without_quotes_keeps_a_value_whatever_its_translation() -> None:
    before = "<b title=m id=x>a</b><img alt=n src=y>"
    page = parse(before)
    assert sorted(text.text for text in page.texts) == ["a", "m", "n"]
    after = page.render([Translated("") for _ in page.texts])
    assert after == "<b title=&#32; id=x></b><img alt=&#32; src=y>"
    assert verify(before, after) == []


def test_few_texts_are_left_where_the_markup_would_not_be_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    html = "".join(f"<p>w{k}</p>" for k in range(100))
    page = parse(html)
    attempts = 0

    def wrong(_: str, after: str, **__: object) -> bool:
        nonlocal attempts
        attempts += 1
        return "W30<" in after or "W31<" in after

    monkeypatch.setattr("translator.documents.html.verify", wrong)
    result, left = page.render_kept([Translated(text.text.upper()) for text in page.texts])
    assert [html[start:end] for start, end in left] == ["w30", "w31"]
    assert result == html.upper().replace("P>", "p>").replace("W30", "w30").replace("W31", "w31")
    assert attempts < 20


def test_a_page_that_is_wrong_everywhere_is_not_tried_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    html = "<p>a</p>" * 1_000
    page = parse(html)
    monkeypatch.setattr("translator.documents.html.verify", lambda *_, **__: ["tags"])
    result, left = page.render_kept([Translated("b")] * 1_000)
    assert result == html
    assert len(left) == 1_000
