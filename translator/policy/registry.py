"""The policies by name, with their parameters, and the presets that map to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from translator.errors import FieldViolation, InvalidRequestError
from translator.policy.base import Policy
from translator.policy.final_only import FinalOnly
from translator.policy.local_agreement import LocalAgreement
from translator.policy.retranslation import Retranslation

__all__ = ["POLICIES", "Latency", "Parameter", "PolicyChoice", "PolicyKind", "resolve"]


class Latency(Enum):
    """A preset between early and faithful."""

    LOW = "low"
    BALANCED = "balanced"
    HIGH_QUALITY = "high-quality"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A whole number that sets a policy."""

    name: str
    description: str
    default: int
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class PolicyKind:
    """A policy that can be named."""

    name: str
    description: str
    build: Callable[..., Policy]
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """A policy with all its parameters: what a session runs and SessionStarted echoes."""

    name: str
    parameters: Mapping[str, float]

    def build(self) -> Policy:
        """A fresh policy for one target."""
        return POLICIES[self.name].build(*(int(value) for value in self.parameters.values()))


POLICIES: Mapping[str, PolicyKind] = {
    kind.name: kind
    for kind in (
        PolicyKind(
            "final-only",
            "Translates each segment once, when it is closed; shows nothing before.",
            FinalOnly,
        ),
        PolicyKind(
            "local-agreement",
            "Commits what the hypotheses of the last n source words have in common.",
            LocalAgreement,
            (Parameter("n", "Hypotheses that have to agree.", 5, 2, 10),),
        ),
        PolicyKind(
            "retranslation",
            "Shows every hypothesis as a draft and commits when the segment is closed.",
            Retranslation,
            (Parameter("mask-k", "Words at the end of a draft that are not shown.", 0, 0, 50),),
        ),
    )
}

# Measured by benchmarks/quality.py: five agreeing hypotheses are the fewest that stay within 2 BLEU
# of translating whole sentences in both directions of the embedded model.
_PRESETS: Mapping[Latency, PolicyChoice] = {
    Latency.LOW: PolicyChoice("local-agreement", {"n": 2}),
    Latency.BALANCED: PolicyChoice("local-agreement", {"n": 5}),
    Latency.HIGH_QUALITY: PolicyChoice("local-agreement", {"n": 7}),
}


def resolve(policy: Latency | PolicyChoice) -> PolicyChoice:
    """The policy that a preset, or a name with some of its parameters, stands for.

    Raises:
        InvalidRequestError: Unknown name or parameter, or a value out of bounds.
    """
    if isinstance(policy, Latency):
        return _PRESETS[policy]
    kind = POLICIES.get(policy.name)
    if kind is None:
        raise InvalidRequestError(
            "policy.named.name",
            f"is {policy.name!r}; allowed: {', '.join(sorted(POLICIES))}",
        )
    known = {parameter.name: parameter for parameter in kind.parameters}
    violations = [
        FieldViolation(
            f"policy.named.parameters[{name!r}]",
            f"{kind.name} has no such parameter; allowed: {', '.join(known) or 'none'}",
        )
        for name in policy.parameters
        if name not in known
    ]
    values: dict[str, float] = {}
    for parameter in kind.parameters:
        value = values[parameter.name] = policy.parameters.get(parameter.name, parameter.default)
        # A NaN or an infinity is in no range.
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
