"""A session's report is what its reader computes from what went in and what came out."""

import itertools
from dataclasses import astuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.driver import one_thread  # noqa: F401
from translator.asr.piece import SourcePiece
from translator.catalog.catalog import Served
from translator.eval import log
from translator.eval.figures import Figures, figures
from translator.eval.live import LiveReplay
from translator.eval.talk import Arrival, Talk
from translator.eval.updates import Received, Sent
from translator.languages.pair import LanguagePair
from translator.policy.registry import PolicyChoice, resolve
from translator.testing import FakeModel

pytestmark = pytest.mark.unit

TEXTS = st.lists(
    st.sampled_from(
        [
            "red",
            "boats",
            "Now",
            "3.5",
            "Dr. ",
            ". ",
            "? ",
            ", ",
            " ",
            " ",
            " ",
            "(",
            '"',
            "\n",
            "你好。",
        ]
    ),
    max_size=5,
).map("".join)
PIECES = st.builds(
    SourcePiece, TEXTS, TEXTS, st.booleans(), speaker=st.sampled_from(["", "", "", "a", "b"])
)
POLICIES = st.sampled_from(
    [
        PolicyChoice("local-agreement", {"n": 2}),
        PolicyChoice("guarded-agreement", {"n": 2, "sure": 0}),
        PolicyChoice("retranslation", {"mask-k": 1}),
        PolicyChoice("wait-k", {"k": 2}),
        PolicyChoice("final-only", {}),
    ]
)


@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.25, 1.0, 4.0]), PIECES), min_size=1, max_size=12),
    POLICIES,
    st.sampled_from([0.0, 0.25, 3.0]),
)
# The words of the request that runs when the segment ends come with the update that closes it.
@example(
    [(0.0, SourcePiece("red boats ")), (0.25, SourcePiece("sail. Now "))],
    PolicyChoice("local-agreement", {"n": 2}),
    3.0,
)
def test_the_report_can_be_computed_from_the_log(
    pieces: list[tuple[float, SourcePiece]], policy: PolicyChoice, computation_s: float
) -> None:
    """Whatever is sent and revised, and however slow the engine is."""
    times_s = itertools.accumulate(after_s for after_s, _ in pieces)
    arrivals = [Arrival(s, piece) for s, (_, piece) in zip(times_s, pieces, strict=True)]
    ticks = itertools.count()
    replay = LiveReplay(
        Served(FakeModel(), LanguagePair("xx", "yy")),
        Talk("random", tuple(arrivals)),
        resolve(policy),
        timer=lambda: next(ticks) * computation_s,
    )
    done = replay.run()
    assert astuple(figures(done.sent, done.received)) == pytest.approx(astuple(done.report))
    (target,) = replay.session.report().targets
    assert (
        done.computation.requests,
        done.computation.steps_run,
        done.computation.steps_saved,
    ) == (target.requests, target.decoder_steps_run, target.decoder_steps_saved)


def test_the_figures_of_a_session_by_hand() -> None:
    """Two segments; a word is taken back; the second has no source that comes late."""
    sent = [Sent(1.0, "red boats "), Sent(3.0, "sail. Now")]
    received = [
        Received(1.5, 0, 1, 0, 0, "", "ROT x"),
        Received(2.0, 0, 1, 0, 4, "ROT", " BOOTE"),
        Received(3.5, 0, 2, 0, 16, " BOOTE SEGELN.", closed=True),
        Received(4.0, 1, 2, 16, 3, "JETZT.", closed=True),
    ]
    assert astuple(figures(sent, received)) == pytest.approx(
        astuple(
            Figures(
                source_words=4,
                source_updates=2,
                segments=2,
                updates=4,
                target_words=4,
                normalized_erasure=1 / 4,
                # ROT had two of three words, BOOTE all; then JETZT one of one.
                mean_lag_words=(((2 - 0) + (3 - 1)) / 2 + 1) / 2,
                # Due with "red" (1 s), "boats" (1 s), "sail." (3 s) and "Now" (3 s).
                mean_lag_ms=1e3 * (1.0 + 2.5 + 0.5 + 1.0) / 4,
            )
        )
    )


def test_the_report_of_a_log_is_that_of_the_session() -> None:
    talk = Talk("one", (Arrival(1.0, SourcePiece("red boats sail.", end_of_segment=True)),))
    served = Served(FakeModel(), LanguagePair("xx", "yy"))
    replay = LiveReplay(served, talk, resolve(PolicyChoice("final-only", {})))
    assert replay.run().report == log.reported(replay.session.report())
