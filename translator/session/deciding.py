"""How much of a hypothesis is committed and shown: as the policy says, if the segment allows it."""

from dataclasses import replace

from translator.policy.base import Decision, Observation, Policy
from translator.session.filed import Filed
from translator.session.hypothesis import TargetHypothesis
from translator.session.segment import Segment
from translator.text.words import count_steps

__all__ = ["decide"]


def decide(
    policy: Policy,
    segment: Segment,
    filed: Filed,
    hypothesis: TargetHypothesis,
    known: int,
    *,
    aligns: bool,
) -> Decision:
    """Decide on the hypothesis that answers what was filed.

    Args:
        policy: The track's.
        segment: The segment, which may have changed since.
        filed: What was asked.
        hypothesis: The answer.
        known: Code points of it that are committed already.
        aligns: Whether the model tells where its words come from.
    """
    words = hypothesis.words(known)
    decision = policy.decide(
        Observation(
            text=hypothesis.text,
            committed_length=known,
            words=words,
            source_text=filed.text,
            num_source_words=count_steps(filed.source.text),
            # The segment may have been cut back since.
            source_is_committed=filed.is_committed and segment.committed.startswith(filed.text),
            source_is_complete=filed.is_complete,
            sentence_goes_on=filed.is_complete and segment.in_sentence,
            is_shown=not filed.is_before_draft(segment),
            source_is_whole=filed.wanted.is_whole,
            is_truncated=hypothesis.is_truncated,
        )
    )
    if segment.is_undetermined:
        # The policy has seen it; nothing is committed that may be of another language.
        return Decision(known, max(known, decision.shown_length))
    open_from = None if filed.is_complete else filed.source.open_from
    if open_from is None or decision.committed_length == known:
        return decision
    # Nothing is committed of what may still turn out to be a placeholder or a unit.
    settled = known
    for word in words:
        is_unknown = word.source_end is None and not aligns
        if is_unknown or (word.source_end or 0) > open_from:
            break
        settled = word.end
    return replace(decision, committed_length=min(settled, decision.committed_length))
