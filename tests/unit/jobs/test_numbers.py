"""Numbers as templates: one translation for texts that differ in them, whichever came first."""

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.errors import ClientError
from translator.jobs.cells import Kind
from translator.jobs.numbers import NumberedUnits, NumberTemplate
from translator.jobs.rules import parse_rule
from translator.jobs.units import Origin, Unit, UnitResult

pytestmark = pytest.mark.unit


class Upper:
    """Puts texts into capitals; loses numbers where it says "lose", and says "two" twice."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def translate(self, units: Iterable[Unit]) -> Iterator[UnitResult]:
        for unit in units:
            self.asked.append(unit.text)
            text = unit.text.upper()
            if "lose" in unit.text:
                text = "".join(each for each in text if not each.isdigit())
            if "two" in unit.text:
                text += text
            yield UnitResult(text, Origin.ENGINE, issues=("number",) * ("lose" in unit.text))


def translated(texts: list[str], numbers: bool = True) -> tuple[list[str | None], set[str]]:
    upper = Upper()
    units = (Unit(text, numbers=numbers) for text in texts)
    results = [result.text for result in NumberedUnits(upper, "pt").translate(units)]
    return results, set(upper.asked)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("lamp 60 W, 220 V", "lamp 45 W, 110 V"),
        ("lamp 60W (2.5 kg)", "lamp 75W (7.5 kg)"),
        ("rug 30x40cm", "rug 50x70cm"),
        ("rug 30 x 40 cm.", "rug 50 x 70 cm."),
        ('screen 27"', 'screen 32"'),
        ("cream 0.5 l", "cream 0.7 l"),
        ("only $1,200!", "only $9,900!"),
        ("diary 2024", "diary 2031"),
        ("from 10-20 kg", "from 30-60 kg"),
    ],
)
def test_texts_that_differ_in_numbers_are_translated_once(first: str, second: str) -> None:
    results, asked = translated([first, second])
    assert results == [first.upper(), second.upper()]
    assert len(asked) == 1
    # Whichever came first.
    assert translated([second, first])[1] == asked


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1 lamp", "2 lamp"),
        ("0 lamp", "5 lamp"),
        ("1.5 l", "2.5 l"),
        ("60 W", "100 W"),
        ("A4 paper", "A5 paper"),
        ("the MP3 player", "the MP4 player"),
        ("size 2XL", "size 3XL"),
        ("the 2nd lamp", "the 3rd lamp"),
        ("in 3D", "in 4D"),
        ("AB-1234", "AB-5678"),
        ("at 10:30", "at 11:45"),
        ("on 12/05/2024", "on 13/06/2025"),
        ("part 007", "part 008"),
        ("1990 wine", "2010 wine"),
        ("2-in-1", "3-in-1"),
        ("version 1.2.3", "version 1.4.5"),
    ],
)
def test_what_is_more_than_a_number_stays(first: str, second: str) -> None:
    results, asked = translated([first, second])
    assert results == [first.upper(), second.upper()]
    assert len(asked) == 2


def test_a_number_that_is_lost_or_doubled_is_translated_by_itself() -> None:
    results, asked = translated(["lose 5", "two 7", "lamp 9"])
    assert results == ["LOSE ", "TWO 7TWO 7", "LAMP 9"]
    assert {"lose 5", "two 7"} <= asked


def test_only_units_that_want_it_have_templates() -> None:
    assert translated(["lamp 5"], numbers=False)[1] == {"lamp 5"}
    assert parse_rule("title:text,max=9,numbers")[1].numbers
    assert not parse_rule("title")[1].numbers


def test_a_rule_may_name_template_syntaxes() -> None:
    name, rule = parse_rule("title:text,markup=icu,markup=regex:x{2}")
    assert (name, rule.templates) == ("title", ("icu", "regex:x{2}"))


def test_languages_with_many_plurals_are_refused() -> None:
    with pytest.raises(ClientError, match="'pl-PL' the words beside a number depend on it"):
        NumberedUnits(Upper(), "pl-PL")


def test_an_empty_unit_waits_for_none() -> None:
    def units() -> Iterator[Unit]:
        yield Unit("lamp 5", numbers=True)
        yield Unit("")
        raise AssertionError("asked for more")

    results = NumberedUnits(Upper(), "pt").translate(units())
    assert [next(results).text, next(results).text] == ["LAMP 5", ""]


def test_known_units_are_those_of_the_templates() -> None:
    units = NumberedUnits(Upper(), "pt").known(
        Unit(f"lamp {n} W", Kind.TEXT, numbers=True) for n in (20, 30, 40)
    )
    assert len({key for _, key, _ in units}) == 1


WORDS = st.one_of(
    st.sampled_from(["lamp", "1", "0", "(", "A4", "x", "2024", "007", ""]),
    st.decimals(0, 9999, places=1).map(str),
    st.integers(0, 9999).map(str),
    st.text("0123456789.,xkg-$", max_size=6),
)


@given(st.lists(WORDS, max_size=8).map(" ".join))
def test_a_template_filled_in_is_the_text(text: str) -> None:
    template = NumberTemplate.of(text)
    assert template.filled(template.text) == text
    assert NumberTemplate.of(template.text).text == template.text
    assert len({other for other, _ in template.numbers}) == len(template.numbers)
