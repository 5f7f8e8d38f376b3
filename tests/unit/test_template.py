"""Which ranges of a text are template syntax."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from translator.documents.template import (
    SYNTAXES,
    DirectiveKind,
    evident_syntaxes,
    find_directives,
    mask,
)
from translator.errors import InvalidRequestError

pytestmark = pytest.mark.unit


def inline(text: str, *syntaxes: str) -> list[str]:
    return kind(DirectiveKind.INLINE, text, *syntaxes)


def blocks(text: str, *syntaxes: str) -> list[str]:
    return kind(DirectiveKind.BLOCK, text, *syntaxes)


def kind(wanted: DirectiveKind, text: str, *syntaxes: str) -> list[str]:
    return [text[start:end] for start, end, k in find_directives(text, syntaxes) if k is wanted]


INLINE = [
    ("liquid", "Hi {{ name | upcase }}, {{x}}", ["{{ name | upcase }}", "{{x}}"]),
    ("jinja", "Hi {{ name }} at {{\n x }}", ["{{ name }}", "{{\n x }}"]),
    ("magento", 'Go {{var a.b}} {{store url="x"}}', ["{{var a.b}}", '{{store url="x"}}']),
    ("mustache", "Hi {{name}} {{{html}}} {{&x}}", ["{{name}}", "{{{html}}}", "{{&x}}"]),
    ("i18next", "Hi {{name}}, $t(key) $t x", ["{{name}}", "$t(key)"]),
    ("icu", "Hi {name}, {0}, {n, number}, {see below} {}", ["{name}", "{0}", "{n, number}"]),
    ("icu", "{ a {b} c", ["{b}"]),
    ("brace", "Hi {}, {0}, {user.name!r:>10} { x } {a b}", ["{}", "{0}", "{user.name!r:>10}"]),
    ("brace", "Hi {{name}}", ["{{name}}"]),
    (
        "printf",
        "%s %1$s %(name)s %.2f %05d %@ %%",
        ["%s", "%1$s", "%(name)s", "%.2f", "%05d", "%@", "%%"],
    ),
    (
        "shortcode",
        "[gallery ids=\"1,2\" size='x'] [more] [/caption] [read more] [Sic] [a](b)",
        ["[gallery ids=\"1,2\" size='x']", "[more]", "[/caption]", "[a]"],
    ),
    ("printf", "100% sure, 50%discount, 5 % d", []),
    (r"regex:\[X\d+X\]", "a [X1X] b [X22X]", ["[X1X]", "[X22X]"]),
    (r"regex:@\w+", "ask @you or @me", ["@you", "@me"]),
]


@pytest.mark.parametrize(("syntax", "text", "found"), INLINE)
def test_what_stands_for_words(syntax: str, text: str, found: list[str]) -> None:
    assert inline(text, syntax) == found


BLOCKS = [
    (
        "liquid",
        "{% if a < b %}x{%- else -%}y{% endif %}",
        ["{% if a < b %}", "{%- else -%}", "{% endif %}"],
    ),
    ("liquid", "a{% raw %}{{x}} b{% endraw %}c", ["{% raw %}{{x}} b{% endraw %}"]),
    ("liquid", "a{% comment %}b", ["{% comment %}"]),
    ("jinja", "a{# b #}c", ["{# b #}"]),
    (
        "mustache",
        "{{#a}}b{{/a}}{{^a}}c{{/a}}{{!d}}",
        ["{{#a}}", "{{/a}}", "{{^a}}", "{{/a}}", "{{!d}}"],
    ),
    ("magento", "{{if a}}b{{else}}c{{/if}}{{iffy}}", ["{{if a}}", "{{else}}", "{{/if}}"]),
    ("icu", "{n, plural, =0 {none} other {# items}}", ["{n, plural, =0 {", "} other {", "}}"]),
    ("icu", "{g, select, a {his {x}} other {its}}", ["{g, select, a {", "} other {", "}}"]),
]


@pytest.mark.parametrize(("syntax", "text", "found"), BLOCKS)
def test_what_steers_the_text_around_it(syntax: str, text: str, found: list[str]) -> None:
    assert blocks(text, syntax) == found


def test_choices_in_choices() -> None:
    text = "{g, select, a {{n, plural, one {# x} other {#{y} z#}}} other {#}}"
    assert inline(text, "icu") == ["#", "#", "{y}", "#"]


@pytest.mark.parametrize("syntax", sorted(SYNTAXES))
@pytest.mark.parametrize(
    "text", ["{{ a", "{% a", "{# a", "$t(a", "{a, plural, one {", "%", "{a", ""]
)
def test_a_template_that_never_closes_is_plain_text(syntax: str, text: str) -> None:
    assert find_directives(text, [syntax]) == []


def test_what_comes_before_the_last_opening_is_plain_text() -> None:
    assert inline("{{ a {{b}} c", "liquid") == ["{{b}}"]
    assert inline("{{ a }} }} b", "liquid") == ["{{ a }}"]
    assert inline("{{" + "a" * 10_001 + "}} {{b}}", "liquid") == ["{{b}}"]


def test_several_syntaxes_at_once() -> None:
    text = "%s {{a}} {b}"
    assert inline(text, "printf", "mustache", "brace") == ["%s", "{{a}}", "{b}"]
    assert inline(text, "brace", "icu") == ["{{a}}", "{b}"]


@pytest.mark.parametrize(
    ("syntax", "problem"),
    [
        ("php", "'php' is none of brace, "),
        ("regex:", "has 0 characters"),
        ("regex:" + "a" * 201, "has 201 characters"),
        ("regex:(", "is not a regular expression"),
        ("regex:(a+)+", "repeats a group"),
        (r"regex:(a)\1", "refers to a group"),
        ("regex:a+b+c+", "more than 2 repeats"),
    ],
)
def test_syntaxes_that_are_not_there(syntax: str, problem: str) -> None:
    with pytest.raises(InvalidRequestError) as error:
        find_directives("x", [syntax])
    assert error.value.violations[0].field == "markup"
    assert problem in error.value.message


def test_a_match_of_a_pattern_is_found_wherever_it_is() -> None:
    for before in range(500, 530):
        assert inline("x" * before + "[" + "a" * 250 + "]", r"regex:\[a+\]")
    assert not inline("[" + "a" * 300 + "]", r"regex:\[a+\]")


TEXTS = st.lists(
    st.sampled_from(
        [
            "{",
            "}",
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "%",
            "$t(",
            ")",
            "a",
            "n, plural, one ",
            " ",
            "#",
            "raw",
            "endraw",
            "if",
            "/",
            "\n",
            "s",
            "$",
            "1",
            ".",
        ]
    ),
    max_size=30,
).map("".join)


@example("{{}}}{", {"brace", "mustache"})
@given(TEXTS, st.sets(st.sampled_from([*sorted(SYNTAXES), "regex:a+"])))
def test_directives_are_in_order_and_do_not_overlap(text: str, syntaxes: set[str]) -> None:
    at = 0
    for start, end, _ in find_directives(text, syntaxes):
        assert at <= start < end <= len(text)
        at = end
    masked = mask(text, find_directives(text, syntaxes))
    assert len(masked) == len(text)


@pytest.mark.parametrize(
    ("text", "syntaxes"),
    [
        ("You have {n, plural, one {# item} other {# items}}.", ("icu",)),
        ("{ gender,select,male{He}other{They}} left", ("icu",)),
        ("{place, selectordinal, one {#st} other {#th}}", ("icu",)),
        ("Hi {name}, {n, number} and {{ x | plural, y }}", ()),
        ("One {plural, of many} things, plural, of course", ()),
        ("", ()),
    ],
)
def test_an_icu_choice_needs_no_name(text: str, syntaxes: tuple[str, ...]) -> None:
    assert evident_syntaxes(text) == syntaxes
