"""What of a source has to stand in its translation."""

import pytest

from translator.eval.kept import names_kept, numbers_kept

pytestmark = pytest.mark.unit


def test_numbers_stand_in_another_format_or_written_out() -> None:
    texts = [
        ("It costs 1,200.50 in 2024.", "", "Custa 1.200,50 em 2024."),
        ("We need 3 boats.", "", "Precisamos de três barcos."),
        ("The 40 gulls ate 250 g.", "", "As gaivotas comeram 250 g."),
    ]
    assert numbers_kept(texts) == pytest.approx(4 / 5)
    assert numbers_kept([("No digits here.", "", "Nada.")]) is None


def test_names_are_what_source_and_reference_share() -> None:
    texts = [
        # London has a Portuguese name, and "The" is only the first word.
        ("The ferry to London meets Rita Moura.", "A balsa para Londres encontra Rita Moura.",
         "A balsa para London encontra Rita Mora."),
        ("Ask Rita. She knows.", "Pergunte à Rita. Ela sabe.", "Pergunte à Rita."),
    ]  # fmt: skip
    assert names_kept(texts) == pytest.approx(2 / 3)
    assert names_kept([("nobody", "ninguém", "ninguém")]) is None
