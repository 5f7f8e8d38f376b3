"""The gateway, over real sockets, with a real server of the fake model."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.server.gateways import PUBLISHER, ROOM, Gateway, Speaker, Viewer, gateway, models
from translator.captions.audience import RoomLimits
from translator.captions.events import ORIGINAL
from translator.captions.gateway import GatewayConfig
from translator.captions.links import Links, Role
from translator.testing import serve_in_process

pytestmark = pytest.mark.server


@pytest.fixture
async def captions() -> AsyncIterator[Gateway]:
    async with serve_in_process(models=models()) as server:
        async with gateway(server.address) as running:
            yield running


async def test_each_viewer_reads_its_language(captions: Gateway) -> None:
    async with (
        captions.viewer("pt") as pt,
        captions.viewer(ORIGINAL) as original,
        captions.viewer("en") as en,
        captions.viewer("de", ORIGINAL) as both,
        captions.speaker(name="Rosa") as speaker,
    ):
        await speaker.say("Good morning. ")
        await speaker.say("Who is here? ")
        await pt.until_text("GOOD MORNING.\nWHO IS HERE?")
        await original.until_text("Good morning.\nWho is here?")
        await en.until_text("Good morning.\nWho is here?")
        await both.until_text("GOOD MORNING.\nWHO IS HERE?")
        await both.until(lambda v: v.text(ORIGINAL) == "Good morning.\nWho is here?")
        first = next(e["committed"] for e in pt.events if "committed" in e)
        assert first["speaker"] == "Rosa"
        assert first["sourceLanguageCode"] == "en"
        assert first["key"] == f"{PUBLISHER}:0"


async def test_a_server_of_asgi_that_is_not_ours_serves_viewers_too(
    captions: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translator.captions.gateway.OUTLET", "none")
    async with captions.viewer("pt") as pt, captions.speaker() as speaker:
        await pt.until(lambda v: v.num_snapshots == 1)
        await speaker.say("Good morning. ")
        await pt.until_text("GOOD MORNING.")
        await speaker.say("Still here. ")
        await pt.until_text("GOOD MORNING.\nSTILL HERE.")


async def test_drafts_are_replaced_and_have_no_id(captions: Gateway) -> None:
    async with captions.viewer("pt") as pt, captions.speaker() as speaker:
        await speaker.say("", tentative="and so", ends=False)
        await pt.until(lambda v: v.drafts.get("pt", "").startswith("AND"))
        await speaker.say("And now. ")
        await pt.until_text("AND NOW.")
        await pt.until(lambda v: v.drafts["pt"] == "")
        assert not any("id" in event for event in pt.events if "draft" in event)


async def test_a_language_is_translated_only_while_somebody_reads_it(captions: Gateway) -> None:
    async with captions.speaker() as speaker:
        await speaker.say("One. ")
        await speaker.until_done(5)
        assert captions.room.room.languages == {ORIGINAL, "en"}
        async with captions.viewer("pt") as pt:
            await pt.until_text("ONE.")
            await speaker.say("Two. ")
            await pt.until_text("ONE.\nTWO.")
            assert captions.room.targets("en") == ["pt"]
        async with asyncio.timeout(10):
            while captions.room.targets("en"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_a_language_is_translated_once_however_many_read_it(captions: Gateway) -> None:
    async with (
        captions.viewer("pt") as one,
        captions.viewer("pt-BR") as two,
        captions.viewer("PT") as three,
        captions.speaker() as speaker,
    ):
        await speaker.say("Again. ")
        for viewer in (one, two, three):
            await viewer.until(lambda v: ("pt", 1) in v.closed)
        assert captions.room.targets("en") == ["pt"]


async def test_a_late_reader_gets_what_was_said_before(captions: Gateway) -> None:
    async with captions.speaker() as speaker:
        for word in ("One. ", "Two. ", "Three. "):
            await speaker.say(word)
        await speaker.until_done(17)
        async with captions.viewer("de") as de:
            await speaker.say("Four. ")
            await de.until_text("ONE.\nTWO.\nTHREE.\nFOUR.")
    # The speaker has gone; who comes now reads all the same.
    async with captions.viewer("pt") as pt:
        await pt.until_text("ONE.\nTWO.\nTHREE.\nFOUR.")


async def test_a_pinned_language_needs_no_reader() -> None:
    async with serve_in_process(models=models()) as server:
        async with gateway(server.address, pinned=["de"]) as captions:
            async with captions.speaker() as speaker:
                await speaker.say("Alone. ")
                await speaker.until_done(7)
                line = captions.room.room.line("de", 1)
                assert line is not None
                assert line.text == "ALONE."


async def test_a_pinned_region_is_offered_beside_its_language() -> None:
    async with serve_in_process(models=models()) as server:
        async with (
            gateway(server.address, pinned=["pt-PT"]) as captions,
            captions.viewer("pt-PT") as portugal,
            captions.viewer("pt-BR") as brazil,
            captions.speaker() as speaker,
        ):
            await speaker.say("Ônibus. ")
            await portugal.until_text("AUTOCARRO.")
            await brazil.until_text("ÔNIBUS.", "pt")
            offered = {each["languageCode"] for each in portugal.room["languages"]}
            assert {"pt", "pt-PT"} <= offered


async def test_several_speak_in_their_languages(captions: Gateway) -> None:
    async with (
        captions.viewer("en") as en,
        captions.viewer(ORIGINAL) as original,
        captions.speaker("en", "Rosa") as rosa,
        captions.speaker("pt", "Davi", "publisher2") as davi,
    ):
        await rosa.say("Good morning. ")
        await en.until_text("Good morning.")
        await davi.say("Bom dia. ")
        await en.until_text("Good morning.\nBom dia.")
        await original.until_text("Good morning.\nBom dia.")
        names = {e["committed"]["speaker"] for e in en.events if "committed" in e}
        assert names == {"Rosa", "Davi"}
        assert en.room["numSpeakers"] == 2


async def test_the_speaker_changes_language_and_name(captions: Gateway) -> None:
    async with captions.viewer("en") as en, captions.speaker(name="Rosa") as speaker:
        await speaker.say("Good morning. ", ends=False)
        await speaker.send(settings={"languageCode": "pt", "speaker": "Davi"})
        await speaker.say("Bom dia. ")
        await en.until_text("Good morning.\nBom dia.")
        said = [e["committed"] for e in en.events if "committed" in e]
        assert {(s["speaker"], s["sourceLanguageCode"]) for s in said} == {
            ("Rosa", "en"),
            ("Davi", "pt"),
        }


async def test_a_viewer_goes_on_after_the_last_event(captions: Gateway) -> None:
    async with captions.speaker() as speaker:
        async with captions.viewer("pt") as first:
            await speaker.say("One. ")
            await first.until_text("ONE.")
        await speaker.say("Two. ")
        await speaker.until_done(10)
        async with captions.viewer("pt", after=first.after) as again:
            await again.until_text("TWO.")
            assert again.num_snapshots == 0


@pytest.mark.parametrize("after", ["00000000-1", "{epoch}-9999999", "nonsense"])
async def test_an_id_that_is_not_known_gets_a_snapshot(captions: Gateway, after: str) -> None:
    async with captions.speaker() as speaker, captions.viewer("pt") as first:
        await speaker.say("One. ")
        await first.until_text("ONE.")
        after = after.format(epoch=first.after.split("-")[0])
        async with captions.viewer("pt", after=after) as again:
            await again.until_text("ONE.")
            assert again.num_snapshots == 1


async def test_a_language_that_no_model_has_shows_what_was_said_in_it(captions: Gateway) -> None:
    async with captions.viewer("cy") as welsh, captions.speaker("en") as speaker:
        await speaker.say("Hello. ")
        async with captions.speaker("cy", publisher="publisher2") as other:
            await other.say("Bore da. ")
            await welsh.until_text("Bore da.")


async def test_a_speaker_that_comes_back_goes_on(captions: Gateway) -> None:
    async with captions.viewer("pt") as pt:
        async with captions.speaker() as speaker:
            await speaker.say("We begin ", ends=False)
            await pt.until(lambda v: v.drafts.get("pt", "") != "" or bool(v.texts))
            speaker.socket.transport.abort()
        async with captions.speaker() as speaker:
            assert speaker.position == len("We begin ")
            # Sent again, in part: it is not said twice.
            await speaker.send(source={"position": "3", "committed": "begin now. "})
            await pt.until_text("WE BEGIN NOW.")


async def test_the_same_publisher_a_second_time_replaces_the_first(captions: Gateway) -> None:
    async with captions.speaker() as first:
        await first.say("One. ")
        await first.until_done(5)
        async with captions.speaker() as second:
            assert (await first.until("bye"))["bye"]["reason"] == "REPLACED"
            with pytest.raises(ConnectionClosed):
                await first.until("nothing")
            assert second.position == 5
            await second.say("Two. ")
            await second.until_done(10)


async def test_a_gap_in_the_source_is_an_error_and_the_speaker_goes_on(captions: Gateway) -> None:
    async with captions.viewer("pt") as pt, captions.speaker() as speaker:
        await speaker.send(source={"position": "7", "committed": "lost. "})
        problem = (await speaker.until("problem"))["problem"]
        assert problem["reason"] == "INVALID_REQUEST"
        await speaker.say("Here. ")
        await pt.until_text("HERE.")


async def test_a_gateway_that_starts_anew_loses_and_doubles_nothing() -> None:
    async with serve_in_process(models=models()) as server:
        async with gateway(server.address) as first:
            port = first.port
            async with first.speaker() as speaker, first.viewer("pt") as before:
                await speaker.say("One. ")
                await before.until_text("ONE.")
                await speaker.until_done(5)
                await speaker.say("Two", ends=False)
                epoch = before.after.split("-")[0]
        async with gateway(server.address, port=port) as second:
            async with second.viewer("pt", after=before.after) as after:
                # What had not become captions is said again, at the place it had.
                async with second.speaker(position=5) as speaker:
                    assert speaker.position == 5
                    await speaker.say("Two. ")
                    await after.until_text("TWO.")
                    assert after.num_snapshots == 1
                    assert after.after.split("-")[0] != epoch
                    said = next(e["committed"] for e in after.events if "committed" in e)
                    assert said["key"] == f"{PUBLISHER}:5"


async def test_a_server_that_goes_away_costs_no_word() -> None:
    async with serve_in_process(models=models()) as first, serve_in_process(models=models()) as two:
        async with gateway(first.address, two.address) as captions:
            async with captions.viewer("pt") as pt, captions.speaker() as speaker:
                await speaker.say("One two ", ends=False)
                await pt.until(lambda v: v.drafts.get("pt", "") != "" or bool(v.texts))
                await first.grpc_server.stop(0)
                await speaker.say("three. ")
                await pt.until_text("ONE TWO THREE.")


async def test_goodbye_when_the_gateway_ends(captions: Gateway) -> None:
    async with captions.viewer("pt") as pt:
        await pt.until(lambda v: v.num_snapshots == 1)
        await captions.hall.close()
        await pt.until(lambda v: "bye" in v.events[-1])
        assert pt.events[-1]["bye"]["reason"] == "GOING_AWAY"


async def test_the_same_over_a_websocket_and_by_asking(captions: Gateway) -> None:
    async with captions.speaker() as speaker:
        path = captions.path("/events", language="pt")
        async with captions.socket(path) as socket:
            await speaker.say("One. ")
            texts = ""
            async with asyncio.timeout(20):
                while texts != "ONE.":
                    event = json.loads(await socket.recv())
                    # Said before it was translated live, it comes whole.
                    for kind in ("committed", "segment"):
                        texts += event.get(kind, {}).get("text", "")
        events = await captions.json(captions.path("/poll", language="pt"))
        snapshot = next(event for event in events if "snapshot" in event)
        assert [s["text"] for s in snapshot["snapshot"]["segments"]] == ["ONE."]
        later = await captions.json(captions.path("/poll", language="pt", after=snapshot["id"]))
        assert [key for event in later for key in event] == ["room"]


async def test_who_only_asks_gets_what_was_said_before_too(captions: Gateway) -> None:
    async with captions.speaker() as speaker:
        await speaker.say("One. ")
        await speaker.until_done(5)
        path = captions.path("/poll", language="de")
        async with asyncio.timeout(10):
            while "ONE." not in json.dumps(await captions.json(path)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


async def test_closed_segments_are_pages_that_never_change(captions: Gateway) -> None:
    async with captions.speaker() as speaker:
        for number in range(40):
            await speaker.say(f"Line {number}. ")
        await speaker.until_done(speaker.position)
    epoch = captions.room.room.epoch
    path = captions.path(f"/segments/{epoch}/{ORIGINAL}/0")
    status, headers, body = await captions.get(path)
    assert status == 200
    assert "immutable" in headers["cache-control"]
    texts = [segment["text"] for segment in json.loads(body)["segments"]]
    assert texts == [f"Line {number}." for number in range(32)]
    for other in (f"/segments/{epoch}/{ORIGINAL}/1", f"/segments/00000000/{ORIGINAL}/0"):
        assert (await captions.get(captions.path(other)))[0] == 404
    transcript = await captions.json(captions.path("/transcript", language=ORIGINAL))
    assert len(transcript["segments"]) == 40


async def test_a_viewer_that_does_not_read_skips_to_the_newest(captions: Gateway) -> None:
    async with (
        captions.viewer(ORIGINAL, buffer=32_768) as stalled,
        captions.viewer(ORIGINAL) as other,
    ):
        await stalled.until(lambda v: v.num_snapshots == 1)
        # Straight into the room: more than buffers take, two megabytes of drafts.
        room = captions.room.room
        for number in range(60):
            segment = room.open(f"key:{number}", "en").segment_id
            draft = f"{number} " + "word " * 6000
            room.draft(ORIGINAL, segment, draft)
            captions.room.said()
            while other.drafts.get(ORIGINAL) != draft:
                await other.read()
            room.commit(ORIGINAL, segment, f"Line {number}.", closed=True)
        captions.room.said()
        await other.until(lambda v: v.text().endswith("Line 59."))
        await stalled.until(lambda v: v.text().endswith("Line 59."))
        assert stalled.text() == other.text()
        drafts = [sum("draft" in event for event in v.events) for v in (stalled, other)]
        assert drafts[0] < drafts[1] / 2


# Who may


@pytest.mark.parametrize(
    ("key", "status"),
    [("", 403), ("nonsense", 403), ("other room", 403), ("forged", 403), ("expired", 403)],
)
async def test_a_link_that_is_not_good(captions: Gateway, key: str, status: int) -> None:
    keys = {
        "other room": captions.key(room="elsewhere"),
        "forged": Links(b"another secret of thirty-two bytes").key(ROOM, Role.OPERATE),
        "expired": captions.links.key(ROOM, Role.VIEW, lifetime_s=-60),
    }
    path = captions.path("/events", language="pt", key=keys.get(key, key))
    answer, _, body = await captions.get(path)
    assert answer == status
    if key == "expired":
        assert b"EXPIRED" in body


async def test_a_viewers_link_does_not_let_speak_or_operate(captions: Gateway) -> None:
    async with captions.socket() as socket:
        with pytest.raises(ConnectionClosed):
            await Speaker(socket).open(captions.key(Role.VIEW), "en", "", PUBLISHER)
    for path in ("", "/links", "/qr.svg"):
        assert (await captions.get(captions.path(path)))[0] == 403
    for path in ("", "/links"):
        assert (await captions.get(captions.path(path, Role.SPEAK)))[0] == 403
        assert (await captions.get(captions.path(path, Role.OPERATE)))[0] == 200
    status, headers, body = await captions.get(captions.path("/qr.svg", Role.SPEAK))
    assert status == 200
    assert b"<svg" in body
    assert f"/r/{ROOM}#key=" in headers["x-view-url"]


async def test_a_foreign_page_cannot_connect(captions: Gateway) -> None:
    origin = "https://elsewhere.example"
    for path in ("", captions.path("/events", language="pt")):
        with pytest.raises(InvalidStatus) as refused:
            await captions.socket(path, origin=origin).__aenter__()
        assert refused.value.response.status_code == 403
    async with captions.socket(origin=f"http://127.0.0.1:{captions.port}"):
        pass


async def test_a_page_that_is_allowed_can() -> None:
    origin = "https://elsewhere.example"
    async with serve_in_process(models=models()) as server:
        async with gateway(server.address, config=GatewayConfig((origin,))) as captions:
            async with captions.socket(origin=origin):
                pass


async def test_a_socket_that_says_nothing_is_closed(
    captions: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translator.captions.gateway._FIRST_MESSAGE_S", 0.1)
    async with captions.socket() as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4408


async def test_only_so_many_sockets_may_be_silent() -> None:
    async with serve_in_process(models=models()) as server:
        async with gateway(server.address, config=GatewayConfig(max_unknown=2)) as captions:
            async with captions.socket(), captions.socket():
                with pytest.raises(InvalidStatus):
                    await captions.socket().__aenter__()


async def test_a_connection_that_asks_nothing_is_closed(
    captions: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translator.captions.serving._SILENT_S", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", captions.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHos")
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        "{",
        '{"source": 1}',
        '{"opening": {"publisherId": "x"}}',
        '{"source": {"committed": "first"}}',
        '{"opening": {"publisherId": "publisher1"}}',
        "[" * 5000,
    ],
)
async def test_a_first_message_that_is_none(captions: Gateway, message: str) -> None:
    async with captions.socket() as socket:
        await socket.send(message)
        answer = json.loads(await socket.recv())
        assert answer["problem"]["reason"] == "INVALID_REQUEST"
        with pytest.raises(ConnectionClosed):
            await socket.recv()


async def test_too_much_in_one_message(captions: Gateway) -> None:
    async with captions.speaker() as speaker:
        await speaker.send(source={"committed": "x" * 9000})
        assert "8192" in (await speaker.until("problem"))["problem"]["message"]
        await speaker.socket.send("x" * 70_000)
        with pytest.raises(ConnectionClosed):
            await speaker.until("nothing")


async def test_a_full_room(captions: Gateway) -> None:
    limits = RoomLimits(max_viewers=1, max_publishers=1)
    async with serve_in_process(models=models()) as server:
        async with gateway(server.address, limits=limits) as small:
            async with small.viewer() as viewer, small.speaker():
                await viewer.until(lambda v: v.num_snapshots == 1)
                assert (await small.get(small.path("/poll", language="pt")))[0] == 503
                with pytest.raises(ConnectionClosed):
                    async with small.speaker(publisher="publisher2"):
                        pass


@pytest.mark.parametrize("languages", [[], ["aa", "bb"] * 3, ["<img>"], ["x" * 99]])
async def test_languages_that_are_none(captions: Gateway, languages: list[str]) -> None:
    path = captions.path("/events", Role.VIEW, language=languages)
    assert (await captions.get(path))[0] == 400


async def test_markup_is_text(captions: Gateway) -> None:
    evil = "<img src=x onerror=alert(1)>"
    async with captions.viewer("pt") as pt, captions.speaker(name=evil) as speaker:
        await speaker.say(f"{evil} </script> done. ")
        await pt.until(lambda v: ("pt", 1) in v.closed)
        first = next(e["committed"] for e in pt.events if "committed" in e)
        assert first["speaker"] == evil
    status, headers, _ = await captions.get(f"/r/{evil.replace(' ', '%20')}")
    assert status == 200
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/pages/../gateway.py", "/pages/%2e%2e/gateway.py", "/pages/x.js"]
)
async def test_only_the_pages_are_served(captions: Gateway, path: str) -> None:
    assert (await captions.get(path))[0] == 404


async def test_a_room_is_made(captions: Gateway) -> None:
    body = json.dumps({"title": "Choir", "pinnedLanguageCodes": ["pt"]}).encode()
    key = captions.links.key("*", Role.OPERATE)
    status, _, answer = await captions.get(
        "/captions/v1/rooms", "POST", f"Authorization: Bearer {key}\r\n", body
    )
    assert status == 201
    made = json.loads(answer)
    assert made["viewUrl"].startswith(f"http://127.0.0.1:{captions.port}/r/{made['roomId']}#key=")
    status, _, _ = await captions.get("/captions/v1/rooms", "POST", "", body)
    assert status == 403


async def test_the_operator_sees_how_it_stands(captions: Gateway) -> None:
    async with captions.viewer("pt") as pt, captions.speaker(name="Rosa") as speaker:
        await speaker.say("One. ")
        await pt.until_text("ONE.")
        status = (await captions.json(captions.path("", Role.OPERATE)))["status"]
        assert status["numViewers"] == 1
        assert status["publishers"] == [
            {"speaker": "Rosa", "languageCode": "en", "connected": True}
        ]
        pt_status = next(s for s in status["languages"] if s["languageCode"] == "pt")
        assert pt_status == {"languageCode": "pt", "numViewers": 1, "translated": True}


async def test_no_server_is_said_to_the_speaker_and_nothing_is_lost() -> None:
    async with serve_in_process(models=models()) as server:
        async with gateway(server.address) as captions:
            await server.grpc_server.stop(0)
            async with captions.viewer() as viewer, captions.speaker() as speaker:
                problem = (await speaker.until("problem"))["problem"]
                assert problem["reason"] == "NO_SERVER"
                assert "cannot be reached" in problem["message"]
                assert isinstance(viewer, Viewer)
