"""What clients may ask for: requests checked and resolved, each error naming its field."""

from collections.abc import Sequence
from dataclasses import replace

from translator.config import Limits
from translator.errors import InvalidRequestError, UnsupportedFeatureError
from translator.models.catalog import PIVOT_LANGUAGE, Catalog, Route, Served
from translator.policy.registry import Latency, PolicyChoice, resolve
from translator.server import convert
from translator.session.events import Binding, ResumeState, SessionConfig
from translator.text.segmenter import Segmenter, SegmentLimits
from translator.v1 import streaming_pb2, translate_pb2

__all__ = ["heartbeat_s", "resolve_config", "resolve_resume", "resolve_translate", "segment_limits"]

_MAX_INTERVAL_S = 3600.0


def segment_limits(limits: Limits) -> SegmentLimits:
    """The longest segment."""
    return SegmentLimits(limits.max_segment_words, limits.max_segment_length)


def resolve_config(
    config: streaming_pb2.StreamingConfig, catalog: Catalog, limits: Limits
) -> SessionConfig:
    """A stream's configuration with its models and policy.

    Raises:
        ClientError: Something in it is not allowed, not there or not served.
    """
    _refuse_glossary("config.glossary", config.glossary)
    targets = list(config.target_language_codes)
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
    policy = convert.policy_choice(config.policy)
    bindings = []
    pivot = None
    for target in targets:
        route = catalog.route(config.source_language_code, target, config.model)
        if route.first is not None:
            # The same for all targets.
            pivot = _binding(PIVOT_LANGUAGE, route.first, policy)
        binding = _binding(target, route.last, policy)
        bindings.append(replace(binding, pivoted=route.first is not None))
    is_client = config.segmentation == streaming_pb2.SEGMENTATION_CLIENT
    return SessionConfig(
        bindings=tuple(bindings),
        policy=resolve(policy),
        segmenter=Segmenter(
            config.source_language_code, segment_limits(limits), find_sentences=not is_client
        ),
        client_segmentation=is_client,
        drafts=not config.disable_drafts,
        alignments=config.alignments,
        min_update_interval_s=_interval(
            "config.min_update_interval", convert.seconds(config.min_update_interval)
        ),
        max_unacked_updates=config.max_unacked_updates,
        pivot=pivot,
    )


def _binding(target: str, served: Served, policy: Latency | PolicyChoice) -> Binding:
    """One leg of a stream's target, with the policy that its pair has."""
    own = resolve(policy, served.pair.source, served.pair.target)
    if own.name == "alignatt" and not served.model.info.supports_alignment:
        raise InvalidRequestError(
            "config.policy",
            f"is alignatt, but model {served.model.info.name!r} does not align; "
            "choose another policy, or a model with supports_alignment",
        )
    return Binding(target, served.model.info, served.tokenizer, own)


def heartbeat_s(config: streaming_pb2.StreamingConfig, default_s: float) -> float:
    """The longest silence that the client wants, in seconds; 0: any.

    Raises:
        InvalidRequestError: It is negative or too long.
    """
    if not config.HasField("heartbeat_interval"):
        return default_s
    return _interval("config.heartbeat_interval", convert.seconds(config.heartbeat_interval))


def resolve_resume(
    config: streaming_pb2.StreamingConfig, resolved: SessionConfig, limits: Limits
) -> ResumeState:
    """Where an earlier stream broke off.

    Raises:
        InvalidRequestError: It contradicts itself or the configuration.
    """
    message = config.resume
    if not message.session_id:
        raise InvalidRequestError("config.resume.session_id", "is empty; a session is needed")
    known = {binding.target for binding in resolved.bindings}
    for target in message.targets:
        field = f"config.resume.targets[{target.target_language_code!r}]"
        if target.target_language_code not in known:
            raise InvalidRequestError(
                field, f"is not a target of the config; allowed: {', '.join(sorted(known))}"
            )
        known.remove(target.target_language_code)
        for name, text in (
            ("source_committed", target.source_committed),
            ("source_tentative", target.source_tentative),
            ("target_committed", target.target_committed),
        ):
            if len(text) > limits.max_chunk_length:
                raise InvalidRequestError(
                    f"{field}.{name}",
                    f"has {len(text)} code points; at most {limits.max_chunk_length} are allowed",
                )
    state = convert.resume_state(message)
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


def resolve_translate(
    request: translate_pb2.TranslateRequest, catalog: Catalog, limits: Limits
) -> Route:
    """The models for a Translate request.

    Raises:
        ClientError: Something in it is not allowed, not there or not served.
    """
    if request.mime_type not in {"", "text/plain"}:
        if request.mime_type == "text/html":
            raise UnsupportedFeatureError('mime_type: "text/html" is not served yet')
        raise InvalidRequestError(
            "mime_type", f'is {request.mime_type[:40]!r}; allowed: "text/plain"'
        )
    _refuse_glossary("glossary", request.glossary)
    if request.num_alternatives:
        raise UnsupportedFeatureError("num_alternatives: alternatives are not served yet")
    if not request.texts:
        raise InvalidRequestError("texts", "is empty; at least one text is needed")
    if len(request.texts) > limits.max_texts:
        raise InvalidRequestError(
            "texts", f"has {len(request.texts)} texts; at most {limits.max_texts} are allowed"
        )
    return catalog.route(request.source_language_code, request.target_language_code, request.model)


def _refuse_glossary(field: str, glossary: Sequence[translate_pb2.GlossaryEntry]) -> None:
    if glossary:
        raise UnsupportedFeatureError(f"{field}: glossaries are not served yet")


def _interval(field: str, seconds: float) -> float:
    if not 0 <= seconds <= _MAX_INTERVAL_S:
        raise InvalidRequestError(
            field, f"is {seconds:g} s; allowed: from 0 to {_MAX_INTERVAL_S:g} s"
        )
    return seconds
