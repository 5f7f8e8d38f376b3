"""Policies by name, their parameters, and the presets that stand for them."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from translator.errors import FieldViolation, InvalidRequestError
from translator.policy.alignatt import AlignAtt
from translator.policy.base import Policy
from translator.policy.final_only import FinalOnly
from translator.policy.guarded_agreement import GuardedAgreement
from translator.policy.local_agreement import LocalAgreement
from translator.policy.retranslation import Retranslation
from translator.policy.wait_k import WaitK

__all__ = ["POLICIES", "Latency", "Parameter", "PolicyChoice", "PolicyKind", "resolve"]


class Latency(Enum):
    """A preset, from early to faithful."""

    LOW = "low"
    BALANCED = "balanced"
    HIGH_QUALITY = "high-quality"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A whole number that tunes a policy."""

    name: str
    description: str
    default: int
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class PolicyKind:
    """A policy that a client can name."""

    name: str
    description: str
    build: Callable[..., Policy]
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """A policy and its parameters: what a session runs, and what SessionStarted reports."""

    name: str
    parameters: Mapping[str, float]

    def build(self) -> Policy:
        """Make a new policy for one target; a parameter that is missing has its default."""
        given = {_argument(name): int(value) for name, value in self.parameters.items()}
        return POLICIES[self.name].build(**given)


def _argument(name: str) -> str:
    """The name of a parameter in the policy's constructor."""
    return name.replace("-", "_")


def _kind(
    name: str, description: str, policy: type[Policy], **parameters: tuple[str, int, int]
) -> PolicyKind:
    """A policy with a description, a minimum and a maximum for each argument of its constructor.

    The defaults are the constructor's.
    """
    arguments = inspect.signature(policy).parameters
    return PolicyKind(
        name,
        description,
        policy,
        tuple(
            Parameter(key.replace("_", "-"), text, arguments[key].default, minimum, maximum)
            for key, (text, minimum, maximum) in parameters.items()
        ),
    )


# More than any policy has: what is wrong with each is told.
_MAX_PARAMETERS = 16

_AGREE = "Hypotheses that have to agree."
_SURVIVE = "Hypotheses that have to agree on a word of a draft."
_BIAS = "How much drafts favour the previous one, in percent."

POLICIES: Mapping[str, PolicyKind] = {
    kind.name: kind
    for kind in (
        _kind(
            "guarded-agreement",
            "Commits what the last hypotheses agree on, up to a word that all were sure of and "
            "that is not aligned with the newest source words.",
            GuardedAgreement,
            n=(_AGREE, 2, 10),
            hold=("Words at the end of what agrees that are held back.", 0, 10),
            distance=("Source words at the end that nothing committed is aligned with.", 1, 20),
            sure=("Least probability, in percent, of a commit's last word.", 0, 100),
            survive=(_SURVIVE, 1, 10),
            bias=(_BIAS, 0, 49),
            ease=("How the doubt a word may leave grows with its distance, in percent.", 100, 1000),
            start=("Source words before anything is committed.", 0, 50),
            early=("What is left of the doubt for each word less than 6, in percent.", 1, 100),
        ),
        _kind(
            "alignatt",
            "Commits the words before the first that is aligned with the newest source words.",
            AlignAtt,
            f=("Source words at the end that are not relied on.", 1, 20),
        ),
        _kind(
            "wait-k",
            "Stays k words behind the source, whatever the hypothesis.",
            WaitK,
            k=("Source words before the first target word.", 1, 50),
        ),
        _kind(
            "final-only",
            "Translates each segment once, when it is closed; shows nothing before.",
            FinalOnly,
        ),
        _kind(
            "local-agreement",
            "Commits what the hypotheses of the last n source words have in common.",
            LocalAgreement,
            n=(_AGREE, 2, 10),
        ),
        _kind(
            "retranslation",
            "Shows every hypothesis as a draft and commits when the segment is closed.",
            Retranslation,
            mask_k=("Words at the end of a draft that are not shown.", 0, 50),
            survive=(_SURVIVE, 1, 10),
            bias=(_BIAS, 0, 49),
        ),
    )
}


def _guarded(**chosen: float) -> PolicyChoice:
    """Guarded agreement with these parameters, and defaults for the others."""
    name = "guarded-agreement"
    defaults = {parameter.name: parameter.default for parameter in POLICIES[name].parameters}
    return PolicyChoice(name, defaults | chosen)


# These are on the frontier that `translator evaluate` measures; docs/policies.md has the figures.
_PRESETS: Mapping[Latency, PolicyChoice] = {
    Latency.LOW: _guarded(n=2, distance=1, sure=95),
    Latency.BALANCED: _guarded(n=3, distance=2, sure=98, start=5),
    Latency.HIGH_QUALITY: _guarded(n=4, distance=2, sure=98, start=5),
}
# For models that can be told that a source goes on (marian/open_end.py). They know better how sure
# they are, so fewer hypotheses are enough.
_PRESETS_OF_TOLD: Mapping[Latency, PolicyChoice] = {
    Latency.LOW: _guarded(n=2, distance=1, sure=90),
    Latency.BALANCED: _guarded(n=2, distance=2, sure=97, start=5),
    Latency.HIGH_QUALITY: _guarded(n=2, distance=3, sure=90, start=5),
}
# English is followed more closely into Portuguese than Portuguese into English.
_PRESETS_OF_PAIR: Mapping[tuple[str, str, Latency], PolicyChoice] = {
    ("en", "pt", Latency.LOW): _guarded(n=2, distance=1, sure=85),
    ("en", "pt", Latency.BALANCED): _guarded(n=2, distance=2, sure=95, start=3, early=40),
    ("en", "pt", Latency.HIGH_QUALITY): _guarded(n=3, distance=2, sure=85, start=5),
    ("pt", "en", Latency.BALANCED): _guarded(n=2, distance=1, sure=97, ease=200, start=3, early=40),
    ("pt", "en", Latency.HIGH_QUALITY): _guarded(n=2, distance=3, sure=96, ease=200, start=4),
}


def resolve(
    policy: Latency | PolicyChoice,
    source: str = "",
    target: str = "",
    *,
    has_open_end: bool = False,
) -> PolicyChoice:
    """Resolve a preset, or a name with some of its parameters, to a policy with all of them.

    Args:
        policy: What the client asked for.
        source: BCP-47 code of the source; a preset may differ for a pair of languages.
        target: BCP-47 code of the target.
        has_open_end: Whether the model can be told that a source goes on; if so, presets commit
            earlier.

    Raises:
        InvalidRequestError: Unknown name or parameter, or a value out of bounds.
    """
    if isinstance(policy, Latency):
        if not has_open_end:
            return _PRESETS[policy]
        pair = source.partition("-")[0], target.partition("-")[0]
        return _PRESETS_OF_PAIR.get((*pair, policy), _PRESETS_OF_TOLD[policy])
    kind = POLICIES.get(policy.name)
    if kind is None:
        raise InvalidRequestError(
            "policy.named.name",
            f"is {policy.name[:40]!r}; allowed: {', '.join(sorted(POLICIES))}",
        )
    known = {parameter.name: parameter for parameter in kind.parameters}
    if len(policy.parameters) > _MAX_PARAMETERS:
        raise InvalidRequestError(
            "policy.named.parameters",
            f"has {len(policy.parameters)} parameters; {kind.name} has "
            f"{', '.join(known) or 'none'}",
        )
    violations = [
        FieldViolation(
            f"policy.named.parameters[{name[:40]!r}]",
            f"{kind.name} has no such parameter; allowed: {', '.join(known) or 'none'}",
        )
        for name in policy.parameters
        if name not in known
    ]
    values: dict[str, float] = {}
    for parameter in kind.parameters:
        value = values[parameter.name] = policy.parameters.get(parameter.name, parameter.default)
        # NaN and infinity are in no range.
        if not (parameter.minimum <= value <= parameter.maximum and value == int(value)):
            violations.append(
                FieldViolation(
                    f"policy.named.parameters[{parameter.name!r}]",
                    f"is {value:g}; allowed: whole numbers from {parameter.minimum} "
                    f"to {parameter.maximum}",
                )
            )
    if violations:
        first, *more = violations
        raise InvalidRequestError(first.field, first.description, *more)
    return PolicyChoice(kind.name, values)
