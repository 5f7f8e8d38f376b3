"""What the engine is asked for a target: the source as the model gets it, and the target prefix."""

from collections.abc import Callable

from translator.policy.base import Policy
from translator.session.contexts import Contexts
from translator.session.events import Binding
from translator.session.filed import Filed, Wanted
from translator.session.model_source import ModelSource, without_controls
from translator.session.prices import open_price, prices
from translator.session.question import Question
from translator.session.segment import Segment
from translator.session.terms import as_verbatim, find_terms
from translator.terms.glossary import Glossary
from translator.text.case import sentence_case
from translator.text.given_names import NO_STAND_INS, stand_ins
from translator.text.optional_endings import optional_endings
from translator.text.protection import Verbatim, protect
from translator.text.rewriting import rewrite
from translator.text.sentence_form import with_sentence_begun

__all__ = ["ask", "spelled"]


def ask(
    segment: Segment,
    wanted: Wanted,
    binding: Binding,
    policy: Policy,
    *,
    contexts: Contexts,
    committed_tokens: tuple[int, ...],
    former_in_capitals: bool,
) -> Filed:
    """The question that asks for what is wanted of a segment.

    Args:
        segment: The segment.
        wanted: What of it.
        binding: Model, tokenizer and terms of the target.
        policy: Says whether the answer may commit anything, and how much it may favour the draft.
        contexts: The sentence that the segment may continue.
        committed_tokens: Its committed text, which the answer has to begin with.
        former_in_capitals: Whether the source of the segment before is in capitals.
    """
    tokenizer = binding.tokenizer

    def are_capitals(text: str) -> bool:
        return segment.is_in_capitals(text, former=former_in_capitals)

    kept, open_from = _kept(wanted, segment, binding, are_capitals)
    source = ModelSource.encode(
        tokenizer,
        wanted.text,
        binding.model.max_source_tokens,
        "" if wanted.is_tail else contexts.current.source,
        verbatim=kept,
        open_from=open_from,
        is_open=policy.opens_source and not wanted.is_whole,
        begins=not (segment.continues or wanted.is_tail),
        ends=wanted.is_whole,
        may_go_on=segment.in_sentence and not segment.has_rested,
        language=segment.config.segmenter.language,
        # Between two legs nothing is in capitals.
        are_capitals=(lambda _: False) if binding.pivoted else are_capitals,
    )
    prefix, bias = tokenizer.target_start, 0.0
    if not wanted.is_tail:
        prefix = contexts.before(source.after_opening(committed_tokens, len(prefix)), len(prefix))
        # A bias shapes drafts only, never what is committed.
        can_commit = segment.closed or (wanted.is_committed and policy.commits_open_segments)
        bias = 0.0 if can_commit else policy.draft_bias
    return Filed(
        wanted,
        source,
        Question(source.encoded.tokens, prefix, bias, source.second_tokens, source.second_lead),
        segment.sequence,
        segment.num_words,
        are_capitals(wanted.text) if binding.pivoted else source.in_capitals,
    )


def _glossary(binding: Binding) -> Glossary | None:
    """The terms of the source. Of a second leg, the first has written the forms into it."""
    glossary = binding.glossary
    return glossary.kept if glossary is not None and binding.pivoted else glossary


def _kept(
    wanted: Wanted, segment: Segment, binding: Binding, are_capitals: Callable[[str], bool]
) -> tuple[list[Verbatim], int | None]:
    """The terms and prices in the source, and from where on another may still begin."""
    grows = wanted.is_committed and not wanted.is_complete
    terms: list[Verbatim] = []
    open_from = open_price(wanted.text) if grows else None
    glossary = _glossary(binding)
    if glossary is not None:
        found = find_terms(
            glossary,
            binding.tokenizer,
            wanted.text,
            capitals=are_capitals(wanted.text),
            grows=grows,
        )
        terms = as_verbatim(wanted.text, found.matches, binding.target)
        open_from = min(found.open_from, len(wanted.text) if open_from is None else open_from)
    return sorted([*terms, *_prices(wanted.text, terms, segment, binding)]), open_from


def _prices(text: str, terms: list[Verbatim], segment: Segment, binding: Binding) -> list[Verbatim]:
    languages = (segment.config.segmenter.language, binding.target)
    return prices(text, terms, None if binding.pivoted else languages)


def spelled(committed: str, segment: Segment, binding: Binding) -> tuple[int, ...]:
    """Tokens of a segment's committed text that is known as text only, as the model would write it.

    It comes from a client that resumes.
    """
    tokenizer, source = binding.tokenizer, segment.committed + segment.tentative
    terms: list[Verbatim] = []
    glossary = _glossary(binding)
    if glossary is not None:
        found = find_terms(glossary, tokenizer, source)
        terms = as_verbatim(source, found.matches, binding.target)
    kept = sorted([*terms, *_prices(source, terms, segment, binding)])
    language, text = segment.config.segmenter.language, without_controls(source)
    names = stand_ins(text, language) if tokenizer.knows_sentences else NO_STAND_INS
    protected = protect(text, tokenizer.writes, kept, tokenizer.code_words, stand_ins=names)
    said = protected.concealed(committed)
    if tokenizer.knows_sentences and any(optional_endings(source, language)):
        said = rewrite(said, optional_endings(said, binding.target)).text
    if segment.is_in_capitals(source, former=False):
        said = sentence_case(said, binding.target)
    elif tokenizer.knows_sentences and not segment.continues:
        given = with_sentence_begun(protected.text, protected.visible, language)
        if given != protected.text:
            said = with_sentence_begun(said, said, binding.target)
    return tuple(tokenizer.encode_target(said))
