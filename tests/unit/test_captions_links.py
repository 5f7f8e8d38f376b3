"""Who may do what in which room."""

import jwt
import pytest

from translator.captions.links import AccessError, ExpiredLinkError, Links, Role, new_room_id

pytestmark = pytest.mark.unit

SECRET = b"a secret of thirty-two bytes, or so"
LINKS = Links(SECRET, "https://captions.example.org")


def claims(**others: object) -> dict[str, object]:
    return {"aud": "captions", "sub": "harbour", "role": "view", "exp": 2**40, **others}


@pytest.mark.parametrize("given", Role)
@pytest.mark.parametrize("asked", Role)
def test_who_operates_may_speak_and_who_speaks_may_read(given: Role, asked: Role) -> None:
    key = LINKS.key("harbour", given)
    order = list(Role)
    if order.index(given) >= order.index(asked):
        assert LINKS.check(key, "harbour", asked) is given
    else:
        with pytest.raises(AccessError, match=f"lets you {given}"):
            LINKS.check(key, "harbour", asked)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "a.b.c",
        Links(b"another secret of thirty-two bytes").key("harbour", Role.OPERATE),
        jwt.encode(claims(), "", "none"),
        jwt.encode(claims(aud="elsewhere"), SECRET, "HS256"),
        jwt.encode(claims(role="king"), SECRET, "HS256"),
        jwt.encode(claims(role=["view"]), SECRET, "HS256"),
        jwt.encode({"aud": "captions", "sub": "harbour", "role": "view"}, SECRET, "HS256"),
        jwt.encode(claims(sub="elsewhere"), SECRET, "HS256"),
    ],
)
def test_a_key_that_is_not_good(key: str) -> None:
    with pytest.raises(AccessError):
        LINKS.check(key, "harbour", Role.VIEW)


def test_a_key_that_was_good_once() -> None:
    with pytest.raises(ExpiredLinkError, match="expired"):
        LINKS.check(LINKS.key("harbour", Role.VIEW, lifetime_s=-60), "harbour", Role.VIEW)


def test_a_link_has_its_key_in_the_fragment() -> None:
    link, _, key = LINKS.url("harbour", Role.SPEAK).partition("#key=")
    assert link == "https://captions.example.org/s/harbour"
    assert LINKS.check(key, "harbour", Role.SPEAK) is Role.SPEAK


def test_room_names_differ_and_are_easy_to_read() -> None:
    names = {new_room_id() for _ in range(100)}
    assert len(names) == 100
    assert not set("01ilo") & set("".join(names))
