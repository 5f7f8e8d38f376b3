"""What of a source its translation lacks: numbers in any format, dollars, most of it."""

import pytest

from translator.text.integrity import IssueKind, find_issues

pytestmark = pytest.mark.unit


def lacking(source: str, target: str) -> list[tuple[str, str]]:
    return [(i.kind.value, source[i.start : i.end]) for i in find_issues(source, target)]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("It costs 1,200.50 today.", "Custa 1.200,50 hoje."),
        ("It costs 1,200 today.", "Custa 1 200 hoje."),
        ("Come at 5:30 pm.", "Venha às 17h30."),
        ("In the 1990s", "Nos anos 90"),
        ("About 5,000 people", "Cerca de 5 mil pessoas"),
        ("The 19th century", "O século XIX"),
        ("Two of 12 people", "Dois de doze pessoas"),
        ("It is $5 each.", "Custa 5 dólares cada."),
        ("It is US$ 5.90.", "Custa US$ 5,90."),
        ("Custa R$ 49,00.", "It costs R$49."),
        ("07:45 at gate 22", "7h45 no portão 22"),
        ("No number at all", "Nenhum número"),
        ("It was 12,345.67 then.", "Era 12,345.67 então."),
        ("It was 12,345.67 then.", "Era 12345,67 então."),
        ("São 1.050.000 e 1.050.000.", "It's 1,050,000 and 1.050,000."),
        ("It weighs 1.250 kg, not 1.25 kg.", "Pesa 1,25 kg."),
        ("It is 3.50 m long.", "Tem 3,5 m de comprimento."),
        ("Custa R$ 1.299,00.", "It costs R$ 1299."),
        ("It costs $0.99.", "Custa 99 centavos de dólar."),
        ("It was on 12.05.2026.", "Foi em 12.05.2026."),
        ("The 2,000,000 people", "Os 2 milhões de pessoas"),
        ("Population: 1'200'000", "População: 1.200.000"),
    ],
)
def test_a_number_counts_in_any_format(source: str, target: str) -> None:
    assert lacking(source, target) == []


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("It costs 499.00 now.", "Custa 49,00 agora.", [("number", "499.00")]),
        ("You save US$524.81.", "Economize $5524,81.", [("number", "US$524.81")]),
        ("Take 5 mg daily.", "Tome diariamente.", [("number", "5")]),
        ('Diameter: 6" (15 cm)', 'Diâmetro: 15" (15 cm)', [("number", "6")]),
        ("It is $20 each.", "Custa R$ 20 cada.", [("currency", "$20")]),
        ("Custa R$ 20.", "It costs $20.", [("currency", "R$ 20")]),
        ("It is $20 each.", "Custa 20 cada.", [("currency", "$20")]),
        ("From 15 to 37 and 44", "De 15 a 44", [("number", "37")]),
        ("It was 12,345.67 then.", "Era 12,345,67 então.", [("number", "12,345.67")]),
        ("São 1.050.000 pessoas.", "It is 1.050,000 people.", [("number", "1.050.000")]),
        ("Custa R$ 1.299,00.", "It costs R$ 1,299,00.", [("number", "R$ 1.299,00")]),
        ("Era 1.299,00, é 129,90.", "It is 129.90.", [("number", "1.299,00")]),
        ("Take 50 or 500 of it.", "Tome 50.", [("number", "500")]),
        ("It is 20.5 and 205.", "É 205.", [("number", "20.5")]),
        ("It was on 12.05.2026.", "Foi em 12.05.2006.", [("number", "12.05.2026")]),
    ],
)
def test_what_is_missing_is_named(
    source: str, target: str, expected: list[tuple[str, str]]
) -> None:
    assert lacking(source, target) == expected


def test_a_translation_that_is_much_too_short_is_told() -> None:
    source = "This sentence is long enough for one to expect more than a word or two of it."
    [issue] = find_issues(source, "Sim.")
    assert (issue.kind, issue.start, issue.end) == (IssueKind.LENGTH, 0, len(source))
    assert not list(find_issues("Thank you very much!", "谢谢"))


@pytest.mark.parametrize(
    ("source", "target", "known", "expected"),
    [
        # A small number is written out, or another stands in its place.
        ("A set (11 pieces)", "Um conjunto (onze peças)", [], []),
        ("A set (11 pieces)", "Um conjunto (1 peças)", [], ["11"]),
        ("A set (11 pieces)", "Um conjunto (1 peças)", ["1"], []),
        ("3 rooms, two hundred people", "três salas, 200 pessoas", [], []),
        ("2 of us meet at 10", "dois de nós às 10:00", ["2 of us meet at 10:00"], []),
        ("3 of 40", "três de 40", [], []),
    ],
)
def test_a_small_number_in_whose_place_another_stands(
    source: str, target: str, known: list[str], expected: list[str]
) -> None:
    found = find_issues(source, target, known)
    assert [source[issue.start : issue.end] for issue in found] == expected
