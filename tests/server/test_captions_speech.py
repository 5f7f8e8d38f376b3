"""Speech through the gateway, with a recogniser that is no model; and where captions go besides."""

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from tests.server.gateways import PUBLISHER, ROOM, Gateway, Speaker, gateway, models
from translator.asr import SourcePiece
from translator.captions.events import ORIGINAL
from translator.captions.hearing import Ears
from translator.captions.links import Role
from translator.captions.outlets import Recording, RoomSink
from translator.captions.sinks.sink import make_sink
from translator.captions.v1 import captions_pb2 as pb
from translator.captions.v1.captions_pb2_grpc import CaptionsServiceStub
from translator.cli.room_outlets import outlets
from translator.errors import ConfigError
from translator.speech.fake import FakeRecogniser, FakeSpeech
from translator.speech.recogniser import Speech
from translator.testing import serve_in_process

pytestmark = pytest.mark.server

RATE = 16_000


@asynccontextmanager
async def hearing(speech: Speech) -> AsyncIterator[Gateway]:
    with ThreadPoolExecutor(1) as pool:
        async with serve_in_process(models=models()) as server:
            async with gateway(server.address, ears=Ears(speech, pool)) as running:
                yield running


@pytest.fixture
async def captions() -> AsyncIterator[Gateway]:
    async with hearing(FakeSpeech()) as running:
        yield running


def sound(seconds: float) -> bytes:
    return np.full(round(seconds * RATE), 8_000, "<i2").tobytes()


async def say(speaker: Speaker, position: int, samples: bytes) -> int:
    """Send audio in messages of half a second; returns the position after it."""
    for start in range(0, len(samples), RATE):
        part = samples[start : start + RATE]
        encoded = base64.b64encode(part).decode()
        await speaker.send(audio={"position": str(position), "samples": encoded})
        position += len(part) // 2
    return position


async def test_speech_becomes_captions(captions: Gateway) -> None:
    async with (
        captions.viewer("pt") as pt,
        captions.viewer(ORIGINAL) as original,
        captions.speaker() as speaker,
    ):
        assert speaker.opened["speechLanguageCodes"] == ["en", "pt"]
        end = await say(speaker, 0, sound(4.1))
        await original.until_text("One two three four.\nFive six seven eight.")
        await pt.until_text("ONE TWO THREE FOUR.\nFIVE SIX SEVEN EIGHT.")
        committed = [e["committed"] for e in original.events if "committed" in e]
        assert committed[0]["startOffset"] == "0s"
        assert committed[-1]["endOffset"] == "4s"
        # What became captions need not be kept; what did not has to be.
        heard = 0
        while heard < 4 * RATE:
            heard = int((await speaker.until("progress"))["progress"].get("audioPosition", 0))
        assert heard <= end


async def test_audio_that_comes_again_is_heard_once(captions: Gateway) -> None:
    async with captions.viewer() as viewer:
        async with captions.speaker() as speaker:
            end = await say(speaker, 0, sound(1.0))
            await viewer.until(lambda v: "One" in str(v.texts))
            await speaker.socket.close(1011)
        async with captions.speaker() as speaker:
            assert int(speaker.opened["audioPosition"]) == end
            await say(speaker, 0, sound(2.0))
            await viewer.until_text("One two three four.")
        assert viewer.text() == "One two three four."


async def test_what_was_said_last_is_heard_when_the_speaker_leaves(captions: Gateway) -> None:
    async with captions.viewer() as viewer:
        async with captions.speaker() as speaker:
            await say(speaker, 0, sound(1.3))
            await speaker.socket.close(1000)
        # "three" was only half heard.
        await viewer.until_text("One two three")


class Slow(FakeSpeech):
    """Hears the end of the first speech only when it is let."""

    def __init__(self) -> None:
        self.first = Waiting()
        self.num_made = 0

    def listen(self, language: str) -> FakeRecogniser:
        self.num_made += 1
        return self.first if self.num_made == 1 else super().listen(language)


class Waiting(FakeRecogniser):
    def __init__(self) -> None:
        super().__init__()
        self.is_at_end = threading.Event()
        self.gate = threading.Event()

    def finish(self) -> list[SourcePiece]:
        self.is_at_end.set()
        assert self.gate.wait(20)
        return super().finish()


async def test_a_speaker_comes_back_before_all_is_heard() -> None:
    speech = Slow()
    async with hearing(speech) as captions, captions.viewer() as viewer:
        async with captions.speaker() as speaker:
            end = await say(speaker, 0, sound(1.3))
            await speaker.socket.close(1000)
            assert await asyncio.to_thread(speech.first.is_at_end.wait, 20)
        async with captions.speaker() as speaker:
            # Nobody would hear twice what is sent again.
            assert int(speaker.opened["audioPosition"]) == end
            saying = asyncio.create_task(say(speaker, end, sound(2.0)))
            speech.first.gate.set()
            await saying
            await viewer.until(lambda v: "four." in " ".join(v.texts.values()))
        assert " ".join(viewer.texts.values()) == "One two three One two three four."


async def calls(captions: Gateway, *requests: pb.PublishRequest) -> list[pb.PublishResponse]:
    """Speak over gRPC, and end; returns all answers."""
    opening = pb.Opening(
        key=captions.key(Role.SPEAK),
        room_id=ROOM,
        publisher_id=PUBLISHER,
        settings=pb.Settings(language_code="en"),
    )
    async with grpc.aio.insecure_channel(captions.address) as channel:
        stub: Any = CaptionsServiceStub(channel)
        call = stub.Publish(iter([pb.PublishRequest(opening=opening), *requests]))
        async with asyncio.timeout(20):
            return [answer async for answer in call]


async def test_speech_over_grpc_is_heard_to_its_end(captions: Gateway) -> None:
    # A length that is no round number of seconds, in floating point either.
    samples = sound(1.3) + sound(1 / RATE)
    first, second = samples[:RATE], samples[RATE:]
    async with captions.viewer() as viewer:
        answers = await calls(
            captions,
            pb.PublishRequest(audio=pb.Audio(position=0, samples=first)),
            # What comes again is heard once.
            pb.PublishRequest(audio=pb.Audio(position=0, samples=first)),
            pb.PublishRequest(audio=pb.Audio(position=RATE // 2, samples=second)),
        )
        assert list(answers[0].opened.speech_language_codes) == ["en", "pt"]
        # The call ends when all that was said has become captions.
        heard = [each.progress.audio_position for each in answers if each.HasField("progress")]
        assert heard == sorted(heard)
        assert heard[-1] == len(samples) // 2
        await viewer.until_text("One two three")


async def test_speech_over_grpc_without_a_recogniser_is_refused_in_a_sentence() -> None:
    async with serve_in_process(models=models()) as server, gateway(server.address) as captions:
        audio = pb.PublishRequest(audio=pb.Audio(samples=sound(0.1)))
        answers = await calls(captions, audio)
        assert not answers[0].opened.speech_language_codes
        (problem,) = [each.problem for each in answers if each.HasField("problem")]
        assert "does not recognise speech" in problem.message


async def test_missing_audio_and_another_language_begin_anew(captions: Gateway) -> None:
    async with captions.viewer() as viewer, captions.speaker() as speaker:
        await say(speaker, 0, sound(0.7))
        await say(speaker, 10 * RATE, sound(1.0))
        await viewer.until(lambda v: "One two One two" in " ".join(v.texts.values()))
        await speaker.send(settings={"languageCode": "pt"})
        await say(speaker, 11 * RATE, sound(2.0))
        await viewer.until(lambda v: "One two three four." in v.texts.values())
        last = [e["committed"] for e in viewer.events if "committed" in e][-1]
        assert last["sourceLanguageCode"] == "pt"
        assert float(last["endOffset"].rstrip("s")) > 11


@pytest.mark.parametrize(
    "audio",
    [{"samples": "A" * 43_692}, {"samples": "QQ=="}, {"samples": [1]}, {"x": 1}],
)
async def test_what_is_no_audio_is_told(captions: Gateway, audio: dict[str, Any]) -> None:
    async with captions.speaker() as speaker, captions.viewer() as viewer:
        await speaker.send(audio=audio)
        if "x" not in audio:
            assert (await speaker.until("problem"))["problem"]["reason"] == "INVALID_REQUEST"
        await say(speaker, 0, sound(2.1))
        await viewer.until_text("One two three four.")


async def test_a_language_that_the_recogniser_does_not_know(captions: Gateway) -> None:
    async with captions.speaker("de") as speaker:
        for position in range(20):
            await say(speaker, position * 16, sound(0.001))
            problem = (await speaker.until("problem"))["problem"]
            assert "does not understand de" in problem["message"]
        with pytest.raises(ConnectionClosed):
            await speaker.until("problem")


async def test_a_gateway_without_a_recogniser_says_so() -> None:
    async with serve_in_process(models=models()) as server:
        async with gateway(server.address) as running, running.speaker() as speaker:
            assert "speechLanguageCodes" not in speaker.opened
            await say(speaker, 0, sound(0.1))
            assert "does not recognise" in (await speaker.until("problem"))["problem"]["message"]


class Broken(FakeSpeech):
    """Fails on the first audio, and is slow on what comes then."""

    num_made = 0

    def listen(self, language: str) -> FakeRecogniser:
        self.num_made += 1
        return Failing() if self.num_made == 1 else super().listen(language)


class Failing(FakeRecogniser):
    def accept(self, audio: bytes) -> list[SourcePiece]:
        raise RuntimeError("what was said")


async def test_a_recogniser_that_fails_is_replaced(caplog: pytest.LogCaptureFixture) -> None:
    async with hearing(Broken()) as captions:
        async with captions.speaker() as speaker, captions.viewer() as viewer:
            position = await say(speaker, 0, sound(0.5))
            problem = (await speaker.until("problem"))["problem"]
            assert problem["reason"] == "SPEECH_LOST"
            await say(speaker, position, sound(2.1))
            await viewer.until_text("One two three four.")
            assert (await speaker.until("problem"))["problem"]["reason"] == "RECOVERED"
    assert "RuntimeError" in caplog.text
    assert "what was said" not in caplog.text


async def test_a_destination_gets_one_sentence_after_the_other(
    captions: Gateway, tmp_path: Path
) -> None:
    shown = tmp_path / "shown.txt"
    room = captions.room
    room.add_outlet(RoomSink("pt", make_sink(f"file={shown}", "pt")))
    room.add_outlet(Recording(ORIGINAL, tmp_path / "talk.txt"))
    async with captions.viewer() as viewer:
        await viewer.until(lambda v: v.room.get("recorded", False))
        async with (
            captions.speaker(name="Rosa") as rosa,
            captions.speaker(name="Ann", publisher="publisher2") as ann,
        ):
            await rosa.say("Good morning", ends=False)
            await ann.say("Hello there. ")
            await rosa.say(", everyone. ")
            await viewer.until(lambda v: len(v.closed) == 2)
    status = (await captions.json(captions.path("", Role.OPERATE)))["status"]
    assert status["room"]["recorded"]
    assert [each["kind"] for each in status["sinks"]] == ["file", "recording"]
    assert all(each["on"] and "problem" not in each for each in status["sinks"])
    assert [each["pinned"] for each in status["languages"] if each["languageCode"] == "pt"]
    async with asyncio.timeout(20):
        while "HELLO" not in (shown.read_text() if shown.exists() else ""):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await captions.hall.close()
    transcript = (tmp_path / "talk.txt").read_text()
    assert sorted(transcript.splitlines()) == ["Ann: Hello there.", "Rosa: Good morning, everyone."]


async def test_operators_switch_destinations_and_recordings(
    captions: Gateway, tmp_path: Path
) -> None:
    room = captions.room
    room.add_outlet(RoomSink(ORIGINAL, make_sink(f"file={tmp_path / 'shown.txt'}", "en")))
    room.add_outlet(Recording(ORIGINAL, tmp_path / "talk.txt"))
    all_off = []

    async def switch(number: int, on: bool, role: Role = Role.OPERATE) -> tuple[int, Any]:
        path = captions.path(f"/sinks/{number}", role)
        body = json.dumps({"on": on}).encode()
        status, _, answer = await captions.get(path, "POST", body=body)
        return status, json.loads(answer)

    async with captions.viewer() as viewer, captions.speaker() as speaker:
        await viewer.until(lambda v: v.room.get("recorded", False))
        await speaker.say("One. ")
        await speaker.say("Two begins", ends=False)
        await viewer.until(lambda v: "Two" in v.texts.get((ORIGINAL, 2), ""))
        for number in (1, 2):
            status, answer = await switch(number, False)
            assert status == 200
            all_off.append(answer["sink"])
        assert [each["problem"] for each in all_off] == ["switched off by an operator"] * 2
        assert not any(each.get("on") for each in all_off)
        await viewer.until(lambda v: not v.room.get("recorded", False))
        await speaker.say(" and goes on", ends=False)
        await viewer.until(lambda v: "goes" in v.texts.get((ORIGINAL, 2), ""))
        for number in (1, 2):
            status, answer = await switch(number, True)
            assert (status, answer["sink"]["on"], answer["sink"]["sinkId"]) == (200, True, number)
            assert "problem" not in answer["sink"]
        await viewer.until(lambda v: v.room.get("recorded", False))
        # The rest of a sentence that was said in part while it was off is not written.
        await speaker.say(" to its end. ")
        await speaker.say("Three. ")
        await viewer.until(lambda v: len(v.closed) == 3)
        assert (await switch(3, False))[0] == 400
        assert (await switch(1, False, Role.SPEAK))[0] == 403
    await captions.hall.close()
    assert (tmp_path / "talk.txt").read_text().splitlines() == ["One.", "Three."]


@pytest.mark.parametrize(
    ("sinks", "record", "says"),
    [
        (["zoom=https://x.example/"], None, "has no language"),
        (["pt:nothing=x"], None, "is not KIND=WHERE"),
        (["?:file=x"], None, "not a language code"),
        ([], Path("/proc/nowhere"), "record: "),
    ],
)
def test_what_cannot_be_a_destination_is_told(
    sinks: list[str], record: Path | None, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        outlets(ROOM, sinks, record, [])
