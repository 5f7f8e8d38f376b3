"""XML as HTML and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.fronts.deepl.tags import as_html

pytestmark = pytest.mark.unit


def html_of(text: str, **options: object) -> str:
    return as_html(text, is_xml=True, **options)[0]  # type: ignore[arg-type]


def test_no_name_means_what_it_means_in_html() -> None:
    assert html_of("a <title>b</title> <br/>c") == 'a <x-0>b</x-0> <wbr data-x="2">c'
    assert html_of("a <script>b</script>") == "a <x-0>b</x-0>"


def test_an_element_with_nothing_in_it_stands_for_something() -> None:
    assert html_of('Press <x id="7"></x> now') == 'Press <wbr data-x="0"> now'
    assert html_of("Press <x> </x> now") == "Press <x-0> </x-0> now"


def test_elements_without_text_beside_them_end_sentences() -> None:
    text = "<doc><par>One <b>two</b>.</par></doc>"
    found = '<div data-x="0"><div data-x="1">One <x-2>two</x-2>.</div></div>'
    assert html_of(text) == found
    assert html_of(text, outline=False) == "<x-0><x-1>One <x-2>two</x-2>.</x-1></x-0>"
    assert html_of(text, outline=False, splitting=["b"]).count("<div") == 1
    assert html_of(text, non_splitting=["par"]).count("<div") == 1


def test_what_is_not_well_formed_is_kept_in_its_place() -> None:
    assert html_of("a </b> <i>c") == "a <!--x0--> <!--x1-->c"
    assert html_of("<a><b>c</a>") == '<div data-x="0"><!--x1-->c</div>'


def test_tags_that_moved_become_what_they_were() -> None:
    _, back = as_html("the <a href='x>y'>red</a> <b>house</b>", is_xml=True)
    assert back("<x-2>casa</x-2> <x-0>vermelha</x-0>") == "<b>casa</b> <a href='x>y'>vermelha</a>"


TOKENS = st.lists(
    st.sampled_from(
        [
            "<a>", "</a>", "<b c='>'>", "</b>", "<keep>", "</keep>", "<e/>", "<e />", "<!-- x -->",
            "<![CDATA[<a>]]>", "<?pi?>", " ", "word", "&amp;", "<", ">", "5 < 6", "</",
            '<wbr data-x="0">',            "</div>", "<!--x0-->",
        ]
    ),
    max_size=16,
)  # fmt: skip


@given(TOKENS, st.booleans(), st.booleans())
def test_what_is_not_translated_comes_back_byte_for_byte(
    tokens: list[str], is_xml: bool, outline: bool
) -> None:
    text = "".join(tokens)
    made, back = as_html(text, is_xml=is_xml, ignored=["keep"], splitting=["b"], outline=outline)
    assert back(made) == text
