"""Checks and resolves what clients ask for. Each error names its field."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from translator.catalog.catalog import PIVOT_LANGUAGE, Catalog, Choice, Route, standardize
from translator.config import Limits
from translator.documents.template import find_directives
from translator.errors import InvalidRequestError, UnsupportedFeatureError
from translator.languages.tags import language
from translator.policy.registry import Latency, PolicyChoice, resolve
from translator.service.batch_requests import BatchConfig
from translator.service.requests import RestsRequest, StreamConfig, TextsRequest
from translator.service.source_languages import SourceLanguages, is_undetermined
from translator.session.events import Binding, Rests, ResumeState, SessionConfig
from translator.session.passthrough import pass_through
from translator.terms.glossary import Glossary
from translator.terms.term import Term
from translator.text.segmenter import Segmenter, SegmentLimits
from translator.text.tokens import Tokenizer

__all__ = [
    "HTML",
    "MARKDOWN",
    "PAGES",
    "PLAIN",
    "CheckedConfig",
    "check_config",
    "check_glossary",
    "check_mime_type",
    "check_options",
    "check_possible",
    "check_resume",
    "check_texts",
    "check_type_and_number",
    "check_undetected",
    "heartbeat_s",
    "segment_limits",
]

PLAIN, HTML, MARKDOWN = "text/plain", "text/html", "text/markdown"
# What is made of texts and markup.
PAGES = frozenset({HTML, MARKDOWN})
_MAX_INTERVAL_S = 3600.0
# How much longer than its source the target of a segment may be.
_GROWTH = 8
# Of what is counted on from there; all clients can hold it exactly.
_MAX_COUNT = 2**53 - 1
# Each of them is checked against the catalog when a stream begins.
_MAX_POSSIBLE = 16


def segment_limits(limits: Limits) -> SegmentLimits:
    """The limits of a segment."""
    return SegmentLimits(limits.max_segment_words, limits.max_segment_length)


@dataclass(frozen=True, slots=True)
class _Leg:
    """A target that a model translates into, with the policy for its pair.

    Without a model, the target is in the language of the source, and the text passes through.
    """

    target: str
    choice: Choice | None = None
    policy: PolicyChoice | None = None
    pivoted: bool = False

    def bound(self, tokenizer: Callable[[Choice], Tokenizer], glossary: Glossary | None) -> Binding:
        """Bind the leg to its model's tokenizer and to its terms."""
        if self.choice is None:
            return pass_through(self.target)
        info = self.choice.info
        return Binding(
            self.target, info, tokenizer(self.choice), self.policy, self.pivoted, glossary
        )


@dataclass(frozen=True, slots=True)
class CheckedConfig:
    """A stream's configuration: fully checked, but no model is loaded yet.

    Attributes:
        unbound: The configuration without its targets.
        legs: One for each target.
        pivot: The leg into the pivot language, if any target is translated from that.
    """

    unbound: SessionConfig
    legs: tuple[_Leg, ...]
    pivot: _Leg | None

    @property
    def models(self) -> list[str]:
        """Names of the models it needs."""
        needed = self.legs if self.pivot is None else (*self.legs, self.pivot)
        return [leg.choice.info.name for leg in needed if leg.choice is not None]

    @property
    def translated(self) -> list[str]:
        """The targets that a model translates into."""
        return [leg.target for leg in self.legs if leg.choice is not None]

    def check_glossaries(self, glossaries: Mapping[str, Glossary]) -> None:
        """Check that targets which share a first leg have the same terms.

        Raises:
            InvalidRequestError: They do not.
        """
        pivoted = [leg.target for leg in self.legs if leg.pivoted]
        if len({id(glossaries.get(target)) for target in pivoted}) > 1:
            raise InvalidRequestError(
                "config.glossaries",
                f"{', '.join(pivoted)} are translated through English together, so they cannot "
                "have terms of their own: open a stream for each, or give the terms in glossary",
            )

    def bound(
        self,
        tokenizer: Callable[[Choice], Tokenizer],
        glossaries: Mapping[str, Glossary],
    ) -> SessionConfig:
        """The whole configuration, with the tokenizers of its models, which are loaded.

        Args:
            tokenizer: The tokenizer of a model and pair.
            glossaries: The terms of each target that has some.
        """
        bindings = [leg.bound(tokenizer, glossaries.get(leg.target)) for leg in self.legs]
        shared = next((binding.glossary for binding in bindings if binding.pivoted), None)
        return replace(
            self.unbound,
            bindings=tuple(bindings),
            pivot=None if self.pivot is None else self.pivot.bound(tokenizer, shared),
        )


def check_config(
    config: StreamConfig, catalog: Catalog, limits: Limits, source: str = ""
) -> CheckedConfig:
    """Check a stream's configuration, and find its models and policies.

    Args:
        config: What the client sent.
        catalog: The models on offer.
        limits: What clients may take.
        source: The language of the source, if the config does not name it.

    Raises:
        ClientError: Something in it is not allowed, does not exist, or is not served.
    """
    source = source or config.source
    follows = is_undetermined(config.source)
    if config.possible_sources and not follows:
        raise InvalidRequestError(
            "config.possible_source_language_codes",
            f"is set while source_language_code is {config.source[:40]!r}; "
            'it is allowed with "und" only',
        )
    targets = config.targets
    if not targets:
        raise InvalidRequestError(
            "config.target_language_codes", "is empty; at least one target is needed"
        )
    if len(targets) > limits.max_targets:
        raise InvalidRequestError(
            "config.target_language_codes",
            f"has {len(targets)} targets; at most {limits.max_targets} are allowed",
        )
    if len({target.lower() for target in targets}) < len(targets):
        raise InvalidRequestError("config.target_language_codes", "names a target twice")
    policy = config.policy
    legs: list[_Leg] = []
    pivot = None
    for target in targets:
        route = catalog.route(source, target, config.model)
        if route.first is not None:
            # The same for all targets.
            pivot = _leg(PIVOT_LANGUAGE, route.first, policy)
        leg = _Leg(target) if route.last is None else _leg(target, route.last, policy)
        legs.append(replace(leg, pivoted=route.first is not None))
    unbound = SessionConfig(
        bindings=(),
        policy=resolve(policy),
        segmenter=Segmenter(
            source, segment_limits(limits), find_sentences=not config.client_segmentation
        ),
        client_segmentation=config.client_segmentation,
        drafts=config.drafts,
        alignments=config.alignments,
        min_update_interval_s=_interval("config.min_update_interval", config.min_update_interval_s),
        max_unacked_updates=config.max_unacked_updates,
        follows=follows,
        rests=_rests(config.rests),
    )
    return CheckedConfig(unbound, tuple(legs), pivot)


def _rests(request: RestsRequest) -> Rests:
    """The rests, with defaults for those that are not set."""
    times = {
        field: _interval(f"config.rests.{field.removesuffix('_s')}", seconds)
        for field, seconds in asdict(request).items()
        if seconds is not None
    }
    return replace(Rests(), **times)


def _leg(target: str, choice: Choice, policy: Latency | PolicyChoice) -> _Leg:
    pair, info = choice.pair, choice.info
    own = resolve(policy, pair.source, pair.target, has_open_end=info.has_open_end)
    if own.name == "alignatt" and not info.supports_alignment:
        raise InvalidRequestError(
            "config.policy",
            f"is alignatt, but model {info.name!r} does not align; "
            "choose another policy, or a model with supports_alignment",
        )
    return _Leg(target, choice, own)


def check_undetected(
    config: StreamConfig,
    catalog: Catalog,
    limits: Limits,
    languages: SourceLanguages,
) -> SessionConfig:
    """Check a config while the source's language is unknown; all targets pass through then.

    Raises:
        ClientError: It could not be served in any language, or not in one of those that the client
            names.
    """
    possible = check_possible("config.possible_source_language_codes", config.possible_sources)
    checked = languages.first_served(
        lambda source: check_config(config, catalog, limits, source), possible
    )
    return replace(
        checked.unbound,
        bindings=tuple(map(pass_through, config.targets)),
        segmenter=Segmenter(
            possible[0] if possible else PIVOT_LANGUAGE,
            segment_limits(limits),
            find_sentences=not config.client_segmentation,
        ),
        awaits_language=True,
    )


def check_possible(field: str, codes: Sequence[str]) -> list[str]:
    """Check the languages that a client allows a source to be in.

    Raises:
        InvalidRequestError: There are too many, or detection cannot tell two of them apart.
    """
    if len(codes) > _MAX_POSSIBLE:
        raise InvalidRequestError(
            field, f"has {len(codes)} languages; at most {_MAX_POSSIBLE} are allowed"
        )
    seen: dict[str, str] = {}
    for code in codes:
        if is_undetermined(code):
            raise InvalidRequestError(field, f"has {code!r}; languages are allowed, such as en")
        other = seen.setdefault(language(standardize(field, code)), code)
        if other is not code:
            raise InvalidRequestError(
                field, f"has {other!r} and {code!r}, which are not told apart; one is allowed"
            )
    return list(codes)


def heartbeat_s(config: StreamConfig | BatchConfig, default_s: float) -> float:
    """The longest silence that the client wants, in seconds; 0 means no limit.

    Raises:
        InvalidRequestError: It is negative or too long.
    """
    if config.heartbeat_s is None:
        return default_s
    return _interval("config.heartbeat_interval", config.heartbeat_s)


def check_resume(config: StreamConfig, limits: Limits) -> ResumeState | None:
    """Check where an earlier stream broke off; None if there was none.

    Raises:
        InvalidRequestError: It contradicts itself or the configuration.
    """
    resume = config.resume
    if resume is None:
        return None
    if not resume.session_id:
        raise InvalidRequestError("config.resume.session_id", "is empty; a session is needed")
    known = set(config.targets)
    for name, resumed in resume.targets:
        field = f"config.resume.targets[{name!r}]"
        if name not in known:
            raise InvalidRequestError(
                field, f"is not a target of the config; allowed: {', '.join(sorted(known))}"
            )
        known.remove(name)
        for part, text, most in (
            ("source_committed", resumed.source_committed, limits.max_chunk_length),
            ("source_tentative", resumed.source_tentative, limits.max_chunk_length),
            # It is one target prefix, which the model reads in one step.
            ("target_committed", resumed.target_committed, _GROWTH * limits.max_segment_length),
        ):
            if len(text) > most:
                raise InvalidRequestError(
                    f"{field}.{part}", f"has {len(text)} code points; at most {most} are allowed"
                )
        for part, number in (
            ("segment_id", resumed.segment_id),
            ("revision", resumed.revision),
            ("segment_source_start", resumed.source_start),
        ):
            if number > _MAX_COUNT:
                raise InvalidRequestError(
                    f"{field}.{part}", f"is {number}; at most {_MAX_COUNT} is allowed"
                )
    state = ResumeState(dict(resume.targets))
    first = state.first
    for name, resumed in state.targets.items():
        if first is None:
            break
        begins = resumed.source_start - first.source_start
        overlap = first.source_committed[begins:]
        if resumed.segment_id < first.segment_id or (
            resumed.source_committed and resumed.source_committed != overlap
        ):
            raise InvalidRequestError(
                f"config.resume.targets[{name!r}]",
                "contradicts the target that is furthest behind: a later segment has a greater id, "
                "and the sources have to end with the same text",
            )
    return state


def check_texts(request: TextsRequest, catalog: Catalog, limits: Limits, source: str) -> Route:
    """Check a request with texts in the language ``source``, and find its models.

    Raises:
        ClientError: Something in the request is not allowed, does not exist, or is not served.
    """
    check_type_and_number(request, limits)
    return check_options(request, catalog, limits, source)


def check_type_and_number(request: TextsRequest, limits: Limits) -> None:
    """Check what of a request with texts depends on no language; raises as ``check_texts``."""
    check_mime_type(request)
    if not request.texts:
        raise InvalidRequestError("texts", "is empty; at least one text is needed")
    if len(request.texts) > limits.max_texts:
        raise InvalidRequestError(
            "texts", f"has {len(request.texts)} texts; at most {limits.max_texts} are allowed"
        )


def check_options(request: TextsRequest, catalog: Catalog, limits: Limits, source: str) -> Route:
    """Check what holds for all texts of a request, and find its models; raises as ``check_texts``.

    Args:
        request: Its texts and their type are not looked at.
        catalog: The models on offer.
        limits: What clients may take.
        source: The language of the texts.
    """
    # Refuses an unknown syntax.
    find_directives("", request.templates)
    if request.num_alternatives > limits.max_alternatives:
        raise InvalidRequestError(
            "num_alternatives",
            f"is {request.num_alternatives}; at most {limits.max_alternatives} are allowed",
        )
    return catalog.route(source, request.target, request.model)


def check_mime_type(request: TextsRequest) -> None:
    """Check the type of a request's texts, and whether what is asked for is served with it.

    Raises:
        ClientError: It is not.
    """
    if request.mime_type not in {"", PLAIN, *PAGES}:
        raise InvalidRequestError(
            "mime_type",
            f'is {request.mime_type[:40]!r}; allowed: "{PLAIN}", "{HTML}", "{MARKDOWN}"',
        )
    if request.mime_type in PAGES:
        for field in ("alignments", "num_alternatives"):
            if getattr(request, field):
                raise UnsupportedFeatureError(f'{field}: not served with "{request.mime_type}"')


def check_glossary(field: str, entries: Sequence[tuple[str, str]]) -> Glossary | None:
    """Build a glossary; None if there are no entries.

    Args:
        field: How errors name it.
        entries: Source terms with their target terms; "" keeps the source term.

    Raises:
        InvalidRequestError: A term is not allowed, or contradicts another.
    """
    if not entries:
        return None
    terms = (Term(source, (target,) if target else ()) for source, target in entries)
    return Glossary(terms, field=field)


def _interval(field: str, seconds: float) -> float:
    if not 0 <= seconds <= _MAX_INTERVAL_S:
        raise InvalidRequestError(
            field, f"is {seconds:g} s; allowed: from 0 to {_MAX_INTERVAL_S:g} s"
        )
    return seconds
