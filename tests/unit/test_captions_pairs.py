"""Which languages a room can be read in."""

import pytest

from translator.captions.pairs import Pairs

pytestmark = pytest.mark.unit

PAIRS = Pairs([("en", "pt"), ("pt", "en"), ("de", "en"), ("en", "fr"), ("ja", "ko")])


@pytest.mark.parametrize(
    ("source", "targets"),
    [
        ("en", {"pt", "fr"}),
        ("en-GB", {"pt", "fr"}),
        # Through English.
        ("pt", {"en", "fr"}),
        ("de", {"en", "pt", "fr"}),
        ("ja", {"ko"}),
        ("cy", set()),
    ],
)
def test_what_a_source_can_be_read_in(source: str, targets: set[str]) -> None:
    assert PAIRS.targets(source) == targets


@pytest.mark.parametrize(
    ("source", "target", "can"),
    [
        ("en", "pt-BR", True),
        ("pt-PT", "pt-BR", True),
        ("cy", "cy", True),
        ("de", "fr", True),
        ("ja", "en", False),
        ("en", "de", False),
    ],
)
def test_whether_it_can(source: str, target: str, can: bool) -> None:
    assert PAIRS.can(source, target) is can


def test_nothing_is_known_yet() -> None:
    assert not Pairs()
    assert Pairs().all_targets == set()
    assert Pairs().can("en", "en")
