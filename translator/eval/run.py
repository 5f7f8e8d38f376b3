"""Evaluations that can be interrupted: what the log has is not streamed again."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from translator.errors import ConfigError
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
        ConfigError: The log is damaged, or has what another model said.
    """
    fingerprint = backend.fingerprint
    wanted = {s.index: (s.source, s.reference) for s in sentences}
    known = {
        instance.index: instance
        for instance in _logged(file, fingerprint)
        if wanted.get(instance.index) == (instance.source, instance.reference)
        and instance.end == end
    }
    # Sorted by length, so that few wait for the longest.
    missing = [sentence for sentence in sentences if sentence.index not in known]
    missing.sort(key=lambda sentence: len(sentence.source.split()))

    def keep(instance: log.Instance) -> None:
        known[instance.index] = _append(file, instance, fingerprint)
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
        ConfigError: The log is damaged, or has what another model said.
    """
    fingerprint = backend.fingerprint
    pieces = [(a.piece.committed, a.piece.tentative) for a in talk.arrivals]
    for instance in _logged(file, fingerprint):
        same = [(piece.committed, piece.tentative) for piece in instance.sent] == pieces
        if same and instance.references == talk.references:
            on_progress(len(pieces))
            return instance
    # One session a log, or other tools could not tell which of the same name is meant.
    file.unlink(missing_ok=True)
    return _append(file, backend.talk(talk, policy, on_progress), fingerprint)


def _logged(file: Path, fingerprint: str) -> Iterator[log.Instance]:
    """The instances of a log, if what has this fingerprint has made it."""
    for instance in log.read(file):
        if instance.fingerprint and instance.fingerprint != fingerprint:
            raise ConfigError(
                f"{file}: has what another model said; choose another --output, or remove the file"
            )
        yield instance


def _append(file: Path, instance: log.Instance, fingerprint: str) -> log.Instance:
    marked = dataclasses.replace(instance, fingerprint=fingerprint)
    log.append(file, marked)
    return marked


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
