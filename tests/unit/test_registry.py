"""Policies by name: what is resolved, and errors that name field, value and what is allowed."""

import math
from itertools import pairwise

import pytest

from translator.errors import InvalidRequestError
from translator.policy.alignatt import AlignAtt
from translator.policy.final_only import FinalOnly
from translator.policy.guarded_agreement import GuardedAgreement
from translator.policy.local_agreement import LocalAgreement
from translator.policy.registry import POLICIES, Latency, PolicyChoice, resolve
from translator.policy.retranslation import Retranslation
from translator.policy.wait_k import WaitK

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("latency", list(Latency))
def test_every_preset_is_a_choice_that_resolves_to_itself(latency: Latency) -> None:
    choice = resolve(latency)
    assert resolve(choice) == choice


def test_a_preset_may_be_another_for_a_model_that_can_be_told_and_for_its_pair() -> None:
    general, told = resolve(Latency.LOW), resolve(Latency.LOW, has_open_end=True)
    own = resolve(Latency.LOW, "en-GB", "pt-BR", has_open_end=True)
    assert own == resolve(Latency.LOW, "en", "pt", has_open_end=True)
    assert len({str(choice) for choice in (general, told, own)}) == 3
    assert resolve(Latency.LOW, "en", "pt") == general
    assert resolve(Latency.LOW, "de", "en", has_open_end=True) == told
    wait = PolicyChoice("wait-k", {})
    assert resolve(wait, "en", "pt", has_open_end=True) == resolve(wait)


@pytest.mark.parametrize("has_open_end", [False, True])
@pytest.mark.parametrize("pair", [("de", "en"), ("en", "pt"), ("pt", "en")])
def test_presets_go_from_early_to_faithful(pair: tuple[str, str], has_open_end: bool) -> None:
    asked = [resolve(latency, *pair, has_open_end=has_open_end).parameters for latency in Latency]
    for earlier, later in pairwise(asked):
        guards = [(earlier[name], later[name]) for name in ("n", "hold", "distance")]
        assert all(a <= b for a, b in guards)
        # Where nothing else is asked for, more has to be known.
        assert any(a < b for a, b in guards) or earlier["sure"] < later["sure"]


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


def test_the_order_and_the_number_of_parameters_do_not_matter() -> None:
    guarded = PolicyChoice("guarded-agreement", {"sure": 90, "n": 2}).build()
    assert isinstance(guarded, GuardedAgreement)
    assert (guarded.n, guarded.distance, guarded.sure) == (2, 2, 90)
    retranslation = PolicyChoice("retranslation", {"bias": 10, "mask-k": 4}).build()
    assert isinstance(retranslation, Retranslation)
    drafts = retranslation.drafts
    assert (drafts.mask_k, drafts.survive, drafts.bias) == (4, 1, 0.1)


def test_parameters_reach_the_policy() -> None:
    agreement = resolve(PolicyChoice("local-agreement", {"n": 5.0})).build()
    assert isinstance(agreement, LocalAgreement)
    assert agreement.n == 5
    numbers = {"bias": 30.0, "mask-k": 4.0, "survive": 3.0}
    retranslation = resolve(PolicyChoice("retranslation", numbers)).build()
    assert isinstance(retranslation, Retranslation)
    assert (retranslation.drafts.mask_k, retranslation.drafts.survive) == (4, 3)
    assert retranslation.draft_bias == 0.3
    assert isinstance(resolve(PolicyChoice("final-only", {})).build(), FinalOnly)
    alignatt = resolve(PolicyChoice("alignatt", {"f": 3.0})).build()
    assert isinstance(alignatt, AlignAtt)
    assert alignatt.f == 3
    wait_k = resolve(PolicyChoice("wait-k", {"k": 6.0})).build()
    assert isinstance(wait_k, WaitK)
    assert wait_k.k == 6
    # In an order of their own: a parameter goes by its name.
    numbers = {
        "bias": 10.0, "survive": 5.0, "sure": 80.0, "distance": 4.0, "n": 3.0, "hold": 2.0,
    }  # fmt: skip
    guarded = resolve(PolicyChoice("guarded-agreement", numbers)).build()
    assert isinstance(guarded, GuardedAgreement)
    assert (guarded.n, guarded.hold, guarded.distance) == (3, 2, 4)
    assert (guarded.sure, guarded.drafts.survive, guarded.draft_bias) == (80, 5, 0.1)


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
    assert "allowed: whole numbers from 2 to 10" in violation.description


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
