"""Policies by name: what is resolved, and errors that name field, value and what is allowed."""

import math

import pytest

from translator.errors import InvalidRequestError
from translator.policy.final_only import FinalOnly
from translator.policy.local_agreement import LocalAgreement
from translator.policy.registry import POLICIES, Latency, PolicyChoice, resolve
from translator.policy.retranslation import Retranslation

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("latency", list(Latency))
def test_every_preset_is_a_choice_that_resolves_to_itself(latency: Latency) -> None:
    choice = resolve(latency)
    assert resolve(choice) == choice


def test_presets_go_from_early_to_faithful() -> None:
    numbers = [resolve(latency).parameters["n"] for latency in Latency]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_every_policy_is_built_from_its_defaults(name: str) -> None:
    kind = POLICIES[name]
    choice = resolve(PolicyChoice(name, {}))
    assert choice.name == name == kind.name
    assert choice.parameters == {p.name: p.default for p in kind.parameters}
    assert choice.build() is not choice.build()
    assert kind.description
    for parameter in kind.parameters:
        assert parameter.minimum <= parameter.default <= parameter.maximum
        assert parameter.description
        for value in (parameter.minimum, parameter.maximum):
            resolve(PolicyChoice(name, {parameter.name: value})).build()


def test_parameters_reach_the_policy() -> None:
    agreement = resolve(PolicyChoice("local-agreement", {"n": 5.0})).build()
    assert isinstance(agreement, LocalAgreement)
    assert agreement.n == 5
    retranslation = resolve(PolicyChoice("retranslation", {"mask-k": 4.0})).build()
    assert isinstance(retranslation, Retranslation)
    assert retranslation.mask_k == 4
    assert isinstance(resolve(PolicyChoice("final-only", {})).build(), FinalOnly)


def test_an_unknown_name_is_answered_with_those_allowed() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        resolve(PolicyChoice("wait-what", {}))
    (violation,) = caught.value.violations
    assert violation.field == "policy.named.name"
    assert "'wait-what'" in violation.description
    assert all(name in violation.description for name in POLICIES)


@pytest.mark.parametrize("value", [1, 11, 2.5, -3, math.nan, math.inf, -math.inf])
def test_a_value_out_of_bounds_is_answered_with_the_bounds(value: float) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        resolve(PolicyChoice("local-agreement", {"n": value}))
    (violation,) = caught.value.violations
    assert violation.field == "policy.named.parameters['n']"
    assert f"is {value:g}" in violation.description
    assert "from 2 to 10" in violation.description


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        resolve(PolicyChoice("local-agreement", {"n": 99, "k": 1, "m": 2}))
    assert {v.field for v in caught.value.violations} == {
        "policy.named.parameters['n']",
        "policy.named.parameters['k']",
        "policy.named.parameters['m']",
    }
    assert "allowed: n" in str(caught.value)
    assert caught.value.status == "INVALID_ARGUMENT"


def test_a_policy_without_parameters_takes_none() -> None:
    with pytest.raises(InvalidRequestError, match="allowed: none"):
        resolve(PolicyChoice("final-only", {"n": 2}))
