"""Notes that a model adds."""

import pytest

from translator.text.added_note import without_note
from translator.text.detokenizer import TargetText

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Back Office (em inglês)", "Back Office"),
        ("Request Declined (em inglês). Razão:", "Request Declined. Razão:"),
        ("Casa (in Portuguese) e Lar (In Portuguese)", "Casa e Lar"),
        ("Back Office (em", "Back Office"),
        ("Back Office (em inglês", "Back Office"),
        ("Loja (em obras)", "Loja (em obras)"),
        ("Loja em inglês", "Loja em inglês"),
        ("", ""),
    ],
)
def test_a_note_that_the_source_lacks_goes(said: str, expected: str) -> None:
    whole = TargetText(said, tuple(range(1, len(said) + 1)))
    found = without_note(whole, "Back Office")
    assert found.text == expected
    assert sorted(found.token_ends) == list(found.token_ends)
    assert len(found.token_ends) == len(said)
    assert found.token_ends[-1:] == ((len(expected),) if said else ())
    assert without_note(whole, "Back Office (in English)") is whole
