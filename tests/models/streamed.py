"""A text streamed word by word, without policies of its own: what the counting models are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from translator.engine.engine import Engine
from translator.engine.request import Outcome
from translator.languages.pair import LanguagePair
from translator.local.driver import settle
from translator.policy.registry import PolicyChoice, resolve
from translator.session.events import Binding, SessionConfig, SessionLimits, SourceUpdate
from translator.session.session import Session
from translator.testing import FakeClock
from translator.text.segmenter import Segmenter

__all__ = ["Streamed", "stream"]


@dataclass(frozen=True)
class Streamed:
    """What became of a text.

    Attributes:
        committed: Of each target.
        early: Code points of all targets that were committed before the last word came.
        passes: Of the decoder, of all requests together.
        from_first_token: The passes that decoding every hypothesis from its first token takes.
    """

    committed: dict[str, str]
    early: int
    passes: int
    from_first_token: int


def stream(model: Any, targets: Sequence[str], text: str, policy: str) -> Streamed:
    """Send an English text, each word after all was said of those before."""
    pairs = [LanguagePair("en", target) for target in targets]
    bindings = tuple(Binding(p.target, model.info, model.tokenizer(p)) for p in pairs)
    config = SessionConfig(bindings, resolve(PolicyChoice(policy, {})), Segmenter("en"))
    session = Session("s", "stream", config, SessionLimits(), FakeClock())
    engine = Engine({model.info.name: model})
    committed = dict.fromkeys(targets, "")
    early = passes = from_first_token = 0
    # A language token is given; the end of the sentence takes a pass too.
    given = len(model.tokenizer(pairs[0]).target_start)

    def count(outcome: Outcome) -> None:
        nonlocal passes, from_first_token
        assert outcome.hypothesis is not None
        passes += outcome.timing.steps_run
        from_first_token += len(outcome.hypothesis.tokens) - given + 1

    words = text.split()
    for number in range(1, len(words) + 2):
        if number <= len(words):
            session.update_source(SourceUpdate(number, words[number - 1] + " "))
        else:
            session.end_source()
        settle(engine, [session], on_outcome=count)
        for target in targets:
            for _, event in session.outboxes[target].take():
                committed[target] += event.committed
        if number == len(words) - 1:
            early = sum(map(len, committed.values()))
    return Streamed(committed, early, passes, from_first_token)
