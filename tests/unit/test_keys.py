"""Who is let in: keys, names in certificates, tokens; and how much they may use."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm

from translator.access.caller import Caller, Quota, Role, Visitor, secrets_of
from translator.access.gate import Gate
from translator.access.key_file import add_key, read_file, revoke_key
from translator.access.keys import digest, new_key
from translator.access.ledger import Ledger
from translator.access.quotas import Books, Window
from translator.access.tokens import Jwks
from translator.errors import (
    ConfigError,
    KeyExpiredError,
    PermissionDeniedError,
    QuotaExceededError,
    UnauthenticatedError,
)
from translator.testing import FakeClock

pytestmark = pytest.mark.unit

NOW = datetime(2031, 5, 6, 12, tzinfo=UTC)
KEY, OTHER = new_key(), new_key()
RULES = f"""
[[keys]]
name = "desk"
sha256 = "{digest(KEY)}"

[[keys]]
name = "guest"
sha256 = "{digest(OTHER)}"
roles = ["translate"]
expires = 2031-05-06
sessions = 2

[[certificates]]
name = "gateway"
subject = "gateway.example"
roles = ["stream"]
"""


def gate(tmp_path: Path, rules: str = RULES, now: datetime = NOW) -> Gate:
    file = tmp_path / "access.toml"
    file.write_text(rules)
    file.chmod(0o600)
    return Gate(file, lambda: now)


def refused(gate: Gate, *secrets: str, names: tuple[str, ...] = ()) -> str:
    with pytest.raises(UnauthenticatedError) as error:
        gate.caller(Visitor(secrets, names))
    for secret in secrets:
        assert secret not in error.value.message or len(secret) < 4
    return error.value.message


def test_without_a_file_everyone_is_let_in() -> None:
    caller = Gate(None).caller(Visitor(("anything",)))
    assert (caller.name, caller.is_configured) == ("", False)
    for role in Role:
        caller.check(role)


def test_a_key_names_its_caller(tmp_path: Path) -> None:
    found = gate(tmp_path).caller(Visitor((KEY,)))
    assert found.name == "desk"
    assert found.roles == {Role.STREAM, Role.TRANSLATE, Role.BATCH}
    assert found.is_configured
    with pytest.raises(PermissionDeniedError, match="desk has no role admin; roles: batch, str"):
        found.check(Role.ADMIN)


def test_whoever_is_not_known_is_refused_with_a_sentence(tmp_path: Path) -> None:
    rules = gate(tmp_path)
    assert "a key is needed" in refused(rules)
    for wrong in (
        new_key(),
        "",
        "tk_",
        KEY + "x",
        KEY.upper(),
        "x" * 20_000,
        "\ud800",
        digest(KEY),
    ):
        assert refused(rules, wrong) == "the key is not known"
    assert "name different callers" in refused(rules, KEY, OTHER)
    assert rules.caller(Visitor((KEY, KEY))).name == "desk"
    assert "client's certificate" in refused(rules, names=("elsewhere.example",))


def test_a_key_ends_with_its_last_day(tmp_path: Path) -> None:
    guest = Visitor((OTHER,))
    last = datetime(2031, 5, 6, 23, 59, tzinfo=UTC)
    assert gate(tmp_path, now=last).caller(guest).quota == Quota(sessions=2)
    with pytest.raises(KeyExpiredError, match="guest was let in until 2031-05-06"):
        gate(tmp_path, now=last + timedelta(minutes=1)).caller(guest)


def test_a_name_in_the_certificate_is_enough_and_a_key_goes_before_it(tmp_path: Path) -> None:
    rules = gate(tmp_path)
    assert rules.caller(Visitor((), ("x.example", "gateway.example"))).name == "gateway"
    assert rules.caller(Visitor((KEY,), ("gateway.example",))).name == "desk"


def test_headers_of_every_kind_are_read() -> None:
    assert secrets_of([("authorization", f"Bearer {KEY}")]) == (KEY,)
    assert secrets_of([("authorization", f" bearer   {KEY} ")]) == (KEY,)
    assert secrets_of([("x-api-key", KEY), ("user-agent", "x")]) == (KEY,)
    assert secrets_of([("authorization", KEY)]) == (KEY,)
    assert secrets_of([("authorization", "Bearer a"), ("authorization", b"Bearer b")]) == ("a", "b")
    # Not ours: it is told that it is not known, not that there is none.
    assert secrets_of([("authorization", "Basic abc")]) == ("Basic abc",)


def test_a_change_counts_and_a_mistake_leaves_what_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rules = gate(tmp_path)
    file = tmp_path / "access.toml"

    def write(text: str) -> None:
        before = file.stat().st_mtime_ns
        file.write_text(text)
        os.utime(file, ns=(0, before + 1_000_000))
        rules.refresh()

    new = new_key()
    write(RULES.replace(digest(KEY), digest(new)))
    assert rules.caller(Visitor((new,))).name == "desk"
    refused(rules, KEY)
    for wrong, told in (
        ("keys = [", "is no TOML"),
        ("[[keys]]\nname = 'x'", "keys.0.sha256"),
        ("[[keys]]\nname = 'x'\nsha256 = 'tk_abc'", "keys.0.sha256"),
        (RULES + "\n[tokens]\nissuer = 'x'", "tokens.audience"),
        (RULES + RULES, "twice"),
        (RULES.replace("guest", "desk"), "desk is the name of two entries"),
        (RULES.replace("sessions = 2", "session = 2"), "session"),
        ("#" * ((1 << 20) + 1), "more than 1048576 bytes"),
    ):
        caplog.clear()
        write(wrong)
        assert rules.caller(Visitor((new,))).name == "desk"
        [line] = [record.getMessage() for record in caplog.records]
        assert line.startswith("the access rules stay as they were: access: ")
        assert told in line
        assert "tk_abc" not in line
    file.unlink()
    rules.refresh()
    assert rules.caller(Visitor((new,))).name == "desk"


def test_a_file_that_everyone_may_read_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gate(tmp_path)
    assert not caplog.records
    (tmp_path / "access.toml").chmod(0o644)
    Gate(tmp_path / "access.toml")
    assert "everyone on this machine may read" in caplog.text


def test_keys_are_added_and_revoked_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "access.toml"
    first = add_key(file, "desk", [Role.STREAM], None, {"sessions": 3, "characters_per_day": 0})
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("# Ours.\n" + file.read_text() + "\n[[certificates]]\nname='g'\nsubject='g'\n")
    second = add_key(file, "shop", [Role.BATCH, Role.ADMIN], NOW.date(), {})
    assert first.startswith("tk_")
    assert first not in file.read_text()
    rules = Gate(file, lambda: NOW)
    assert rules.caller(Visitor((first,))) == Caller(
        "desk", frozenset({Role.STREAM}), Quota(sessions=3), is_configured=True
    )
    assert rules.caller(Visitor((second,))).roles == {Role.BATCH, Role.ADMIN}
    with pytest.raises(ConfigError, match="has the name 'shop' already"):
        add_key(file, "shop", [Role.BATCH], None, {})
    for name in ("two words", "", 'x"\nroles = ["admin"]\n#', "ü", "x" * 65, "a\n"):
        with pytest.raises(ConfigError, match="is no name"):
            add_key(file, name, [Role.BATCH], None, {})
    revoke_key(file, "desk")
    text, left = read_file(file)
    assert text.startswith("# Ours.\n")
    assert left.names == ["shop", "g"]
    with pytest.raises(ConfigError, match="no key of the name 'desk'; keys: shop"):
        revoke_key(file, "desk")
    with pytest.raises(ConfigError, match="no key of the name 'g'"):
        revoke_key(file, "g")


def test_an_entry_that_is_written_in_another_way_is_left_to_its_writer(tmp_path: Path) -> None:
    file = tmp_path / "access.toml"
    file.write_text(f'keys = [{{name = "desk", sha256 = "{digest(KEY)}"}}]\n')
    before = file.read_text()
    with pytest.raises(ConfigError, match="unusual way"):
        revoke_key(file, "desk")
    assert file.read_text() == before


# Tokens


RSA = rsa.generate_private_key(65537, 2048)
STRANGER = rsa.generate_private_key(65537, 2048)
CLAIMS = {"iss": "https://id.example", "aud": "translator", "sub": "maria"}


def token(key: Any = RSA, algorithm: str = "RS256", kid: str = "one", **claims: Any) -> str:
    now = datetime.now(UTC)
    told = CLAIMS | {"exp": now + timedelta(minutes=5)} | claims
    told = {name: value for name, value in told.items() if value is not None}
    return jwt.encode(told, key, algorithm=algorithm, headers={"kid": kid})


@pytest.fixture
def keyed(tmp_path: Path) -> Gate:
    jwk = json.loads(RSAAlgorithm.to_jwk(RSA.public_key())) | {"kid": "one"}
    shared = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "shared"}
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [jwk, shared]}))
    rules = f"""{RULES}
[tokens]
issuer = "https://id.example"
audience = "translator"
jwks = "{file}"
roles = ["stream"]
roles_claim = "scope"
characters_per_minute = 100
"""
    made = gate(tmp_path, rules)
    made.refresh_tokens()
    return made


def test_a_token_names_its_caller(keyed: Gate) -> None:
    caller = keyed.caller(Visitor((token(scope="openid stream batch fly"),)))
    assert caller.name == "maria"
    assert caller.roles == {Role.STREAM, Role.BATCH}
    assert caller.quota.characters_per_minute == 100
    assert not caller.is_configured
    assert keyed.caller(Visitor((token(scope=["translate"]),))).roles == {Role.TRANSLATE}
    assert keyed.caller(Visitor((token(scope=7),))).roles == set()
    assert keyed.caller(Visitor((KEY,))).name == "desk"


def test_a_token_that_is_not_valid_is_one_sentence(keyed: Gate) -> None:
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    elliptic = ec.generate_private_key(ec.SECP256R1())
    for wrong, told in (
        (token(exp=now - hour), "it has expired"),
        (token(nbf=now + hour), "not valid yet"),
        (token(aud="somebody-else"), "another audience"),
        (token(iss="https://evil.example"), "another issuer"),
        (token(STRANGER), "signature is wrong"),
        (token(kid="nowhere"), "a key that its issuer does not have"),
        (token(elliptic, "ES256"), "cannot be read"),
        (token(None, "none"), "of a kind that is not taken"),
        (token("secret-secret-secret-secret-secret", "HS256", "shared"), "of a kind that is not"),
        (token(exp=None), "lacks exp"),
        (token(sub=None), "lacks exp, sub"),
        (token(sub=""), "its sub is no name"),
        (token(sub="x" * 200), "its sub is no name"),
        ("a.b.c", "cannot be read"),
        ("....", "cannot be read"),
        (token()[:-9], "not valid"),
        ("eyJ" + "A" * 9000, "cannot be read"),
    ):
        assert told in refused(keyed, wrong), wrong
    # Clocks may be a minute apart.
    assert keyed.caller(Visitor((token(exp=now - timedelta(seconds=30)),))).name == "maria"
    # What is in a token must not end a line of the log.
    assert keyed.caller(Visitor((token(sub="a\nb\x1b[2J"),))).name == "a?b?[2J"


def test_keys_of_an_issuer_are_fetched_again_but_not_for_whoever_asks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    file = tmp_path / "jwks.json"
    jwks = Jwks(str(file), clock)
    jwks.refresh()
    assert jwks.keys == {}
    for _ in range(5):
        clock.advance(60)
        jwks.refresh()
    # It is told once, not every time.
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"the keys of {file} cannot be had (")
    jwk = json.loads(RSAAlgorithm.to_jwk(RSA.public_key()))
    file.write_text(json.dumps({"keys": [jwk | {"kid": "one"}]}))
    clock.advance(60)
    jwks.refresh()
    assert set(jwks.keys) == {"one"}
    file.write_text(json.dumps({"keys": [jwk | {"kid": "two"}]}))
    for _ in range(20):
        jwks.want()
        clock.advance(1)
        jwks.refresh()
    assert set(jwks.keys) == {"one"}
    jwks.want()
    clock.advance(11)
    jwks.refresh()
    assert set(jwks.keys) == {"two"}
    for garbage in ("", "{", "[]", '{"keys": 3}', '{"keys": []}', "[" * 100_000):
        file.write_text(garbage)
        clock.advance(400)
        jwks.refresh()
        assert set(jwks.keys) == {"two"}


def test_keys_come_from_where_nobody_can_change_them_on_the_way() -> None:
    for wrong in ("http://id.example/keys", "ftp://x/y", "file:///etc/passwd"):
        with pytest.raises(ConfigError, match=r"jwks: is .*; allowed: https"):
            Jwks(wrong)
    Jwks("https://id.example/keys")
    Jwks("http://127.0.0.1:9/keys")


# Quotas


def test_a_window_forgets_what_is_older_than_it() -> None:
    clock = FakeClock(0.0)
    window = Window(60.0, clock)
    assert window.spend(90, 100) == 0.0
    assert window.spend(30, 100) == 0.0
    wait_s = window.spend(1, 100)
    assert 60 < wait_s < 120
    clock.advance(wait_s - 0.5)
    assert window.spend(1, 100) > 0
    clock.advance(0.6)
    assert window.spend(1, 100) == 0.0
    clock.advance(1000)
    assert window.spend(100, 100) == 0.0


@given(
    limit=st.integers(1, 1000),
    steps=st.lists(st.tuples(st.floats(0, 90), st.integers(1, 400)), max_size=60),
)
def test_nobody_gets_more_than_the_window_and_one_message_beyond(
    limit: int, steps: list[tuple[float, int]]
) -> None:
    clock = FakeClock(0.0)
    window = Window(60.0, clock)
    in_interval: dict[int, list[int]] = {}
    for pause_s, amount in steps:
        clock.advance(pause_s)
        wait_s = window.spend(amount, limit)
        if wait_s:
            assert 0 < wait_s <= 120
            clock.advance(wait_s + 0.01)
            assert window.spend(amount, limit) == 0.0
        in_interval.setdefault(int(clock.now / 60.0), []).append(amount)
    for amounts in in_interval.values():
        assert sum(amounts[:-1]) < limit


def test_a_caller_s_share_is_counted_for_all_its_calls() -> None:
    clock = FakeClock()
    books = Books(clock)
    caller = Caller("desk", quota=Quota(2, 100, 150, 3))
    usage = books.of(caller)
    assert books.of(Caller("desk")) is usage
    # Somebody whose token has that name is another caller.
    assert books.of(Caller("desk", is_configured=True)) is not usage
    usage.begin_session(caller)
    usage.begin_session(caller)
    with pytest.raises(QuotaExceededError, match="desk has 2 streams open") as full:
        usage.begin_session(caller)
    assert full.value.subject == "key-sessions"
    usage.end_session()
    usage.begin_session(caller)
    usage.spend_characters(caller, 100)
    with pytest.raises(QuotaExceededError, match="100 characters a minute") as spent:
        usage.spend_characters(caller, 1)
    assert 0 < spent.value.retry_after_s <= 120
    clock.advance(120)
    usage.spend_characters(caller, 90)
    clock.advance(120)
    with pytest.raises(QuotaExceededError, match="150 characters a day"):
        usage.spend_characters(caller, 1)
    for _ in range(3):
        usage.spend_item(caller)
    with pytest.raises(QuotaExceededError, match="3 items of batches a day"):
        usage.spend_item(caller)
    free = Caller("free")
    for _ in range(100):
        books.of(free).spend_characters(free, 10**9)


def test_workers_count_what_a_caller_uses_together(tmp_path: Path) -> None:
    clock = FakeClock(1000.0)
    file = tmp_path / "ledger"
    with file.open("wb") as made:
        Ledger.create(made, 2)
    first, second = (Books(clock, Ledger(file, n, 2, clock)) for n in range(2))
    desk = Caller("desk", quota=Quota(2, 100, 0, 3), is_configured=True)
    first.of(desk).begin_session(desk)
    second.of(desk).begin_session(desk)
    for books in (first, second):
        assert books.of(desk).sessions == 2
        with pytest.raises(QuotaExceededError, match="desk has 2 streams open"):
            books.of(desk).begin_session(desk)
    first.of(desk).spend_characters(desk, 60)
    second.of(desk).spend_characters(desk, 60)
    with pytest.raises(QuotaExceededError, match="100 characters a minute"):
        first.of(desk).spend_characters(desk, 1)
    # Others are others, also those whose token has the name of a key.
    namesake = Caller("desk", quota=Quota(2, 100, 0, 3))
    second.of(namesake).spend_characters(namesake, 1)
    # What a worker held is free when another takes its place; what was said was said.
    second = Books(clock, Ledger(file, 1, 2, clock))
    assert second.of(desk).sessions == 1
    with pytest.raises(QuotaExceededError, match="100 characters a minute"):
        second.of(desk).spend_characters(desk, 1)
    clock.advance(121)
    second.of(desk).spend_characters(desk, 1)
    first.of(desk).end_session()
    assert second.of(desk).sessions == 0


def test_a_full_ledger_takes_back_the_rows_of_those_who_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translator.access.ledger._ROWS", 4)
    clock = FakeClock(1000.0)
    file = tmp_path / "ledger"
    with file.open("wb") as made:
        Ledger.create(made, 1)
    ledger = Ledger(file, 0, 1, clock)
    rows = [ledger.row(f"caller {number}") for number in range(5)]
    for number, row in enumerate(rows):
        row.windows[1] = number + 1
    # The fifth has one of its own.
    assert [ledger.row(f"caller {number}").windows[1] for number in range(5)] == [1, 2, 3, 4, 0]
    rows[0].sessions[0] = 1
    clock.advance(3 * 86_400)
    assert ledger.row("caller 5").windows[1] == 0
    # Whoever has a stream open stays.
    assert ledger.row("caller 0").windows[1] == 1


def test_callers_who_use_nothing_are_forgotten_when_there_are_too_many() -> None:
    books = Books(FakeClock())
    busy = Caller("busy")
    books.of(busy).begin_session(busy)
    for number in range(30_000):
        books.of(Caller(f"caller-{number}"))
    assert books.of(busy).sessions == 1
    assert books.num_known <= 10_001
