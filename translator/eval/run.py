"""Evaluations that can be interrupted: what the log has is not streamed again."""

from collections.abc import Sequence
from pathlib import Path

from translator.eval import log
from translator.eval.backend import Backend, Progress
from translator.eval.data import Sentence
from translator.eval.end import End
from translator.eval.talk import Talk
from translator.policy.registry import Latency, PolicyChoice

__all__ = ["evaluate_sentences", "evaluate_talk", "whole_sentences"]


def evaluate_sentences(
    file: Path,
    sentences: Sequence[Sentence],
    policy: Latency | PolicyChoice,
    end: End,
    backend: Backend,
    on_progress: Progress,
) -> list[log.Instance]:
    """Stream the sentences that the log does not have yet.

    Args:
        file: The log, which is created or appended to.
        sentences: All sentences to evaluate.
        policy: The policy; a log has only one.
        end: How sessions learn that a sentence has ended; instances with another end are ignored.
        backend: Translates.
        on_progress: Called with the number of finished sentences.

    Returns:
        The instances of all sentences, in the same order.

    Raises:
        ConfigError: The log is damaged.
    """
    wanted = {s.index: (s.source, s.reference) for s in sentences}
    known = {
        instance.index: instance
        for instance in log.read(file)
        if wanted.get(instance.index) == (instance.source, instance.reference)
        and instance.end == end
    }
    # Sorted by length, so that few wait for the longest.
    missing = [sentence for sentence in sentences if sentence.index not in known]
    missing.sort(key=lambda sentence: len(sentence.source.split()))

    def keep(instance: log.Instance) -> None:
        log.append(file, instance)
        known[instance.index] = instance
        on_progress(len(known))

    on_progress(len(known))
    if missing:
        backend.sentences(missing, policy, end, keep)
    return [known[sentence.index] for sentence in sentences]


def evaluate_talk(
    file: Path, talk: Talk, policy: Latency | PolicyChoice, backend: Backend, on_progress: Progress
) -> log.Instance:
    """Stream a talk, unless the log has it.

    Raises:
        ConfigError: The log is damaged.
    """
    pieces = [(a.piece.committed, a.piece.tentative) for a in talk.arrivals]
    for instance in log.read(file):
        same = [(piece.committed, piece.tentative) for piece in instance.sent] == pieces
        if same and instance.references == talk.references:
            on_progress(len(pieces))
            return instance
    # One session a log, or other tools could not tell which of the same name is meant.
    file.unlink(missing_ok=True)
    instance = backend.talk(talk, policy, on_progress)
    log.append(file, instance)
    return instance


def whole_sentences(talk: Talk) -> list[Sentence]:
    """The reference segments of a talk as sentences, to translate each as a whole.

    With the policy ``final-only`` and the same windows, this is the offline translation that a live
    one is compared with. Empty if the segments have no source.
    """
    if not all(reference.source.split() for reference in talk.references):
        return []
    return [
        Sentence(index, reference.source, reference.text)
        for index, reference in enumerate(talk.references)
    ]
