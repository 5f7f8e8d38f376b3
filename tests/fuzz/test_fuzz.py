"""A few of the cases of ``make fuzz``, the same in every run, and those that once found a bug."""

import asyncio
import logging
import random
from collections.abc import Iterator

import pytest

from tests.fuzz.calls import calls
from tests.fuzz.choices import mutated
from tests.fuzz.files import FILES
from tests.fuzz.rooms import rooms

pytestmark = pytest.mark.model

CALLS = 1_100
ROOM_CALLS = 400
AT_ONCE = 32


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


async def test_whatever_a_client_sends_is_answered_and_no_bug_of_ours() -> None:
    chance = random.Random(1)
    places = asyncio.Semaphore(AT_ONCE)
    async with calls() as service, asyncio.TaskGroup() as group:

        async def call(data: bytes) -> None:
            async with places:
                await service.run(data)

        for _ in range(CALLS):
            group.create_task(call(chance.randbytes(chance.choice((8, 16, 64)))))


async def test_whatever_a_room_is_sent_is_answered_and_no_bug_of_ours() -> None:
    chance = random.Random(1)
    async with rooms() as service:
        for _ in range(ROOM_CALLS):
            await service.run(chance.randbytes(chance.choice((8, 16, 64))))


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_read_or_it_is_said_what_is_wrong(name: str) -> None:
    target = FILES[name]
    chance = random.Random(1)
    for seed in target.seeds:
        target.read(seed)
    for _ in range(target.cases):
        data = mutated(chance.choice(target.seeds), chance, target.seeds)
        try:
            target.read(data)
        except Exception as error:
            error.add_note(f"{name} from {data!r}")
            raise


def test_there_are_as_many_cases_as_are_promised() -> None:
    assert CALLS + ROOM_CALLS + sum(target.cases for target in FILES.values()) >= 20_000
