"""BatchTranslate over a real socket."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2, error_details_pb2

from tests.server.batches import Exchange, Request, Response, config, exchange, item, reason_of
from tests.server.test_around import metrics_of
from tests.server.test_unary import Endless
from tests.server.wire import connected, detail, rest_of
from translator.config import Limits, ServerConfig
from translator.languages.pair import LanguagePair
from translator.models.base import EncoderStates
from translator.server.app import RunningServer
from translator.testing import FakeModel, serve_in_process
from translator.v1 import batch_pb2, translate_pb2

pytestmark = pytest.mark.server

ENGINE, SOURCE = batch_pb2.BatchResult.ORIGIN_ENGINE, batch_pb2.BatchResult.ORIGIN_SOURCE
CACHE = batch_pb2.BatchResult.ORIGIN_CACHE


def limited(**limits: int) -> ServerConfig:
    return ServerConfig(port=0, limits=Limits(**limits))


async def test_every_item_gets_a_result_of_its_own(server: RunningServer) -> None:
    texts = ["One. Two.", "  three.\n\n- four", "", " \t", "12345678905"]
    requests = [item(f"row {n}", text) for n, text in enumerate(texts)]
    result = await exchange(server.address, [config(), *requests])
    assert result.code is grpc.StatusCode.OK
    assert [result.texts[f"row {n}"] for n in range(5)] == [
        "ONE. TWO.",
        "  THREE.\n\n- FOUR~.",
        "",
        " \t",
        "12345678905",
    ]
    assert {r.translation.fingerprint for r in result.results.values()} == {"fingerprint of fake"}
    origins = [result.results[f"row {n}"].origin for n in range(5)]
    assert origins == [ENGINE, ENGINE, SOURCE, SOURCE, SOURCE]
    assert not any(r.HasField("status") or r.too_long for r in result.results.values())
    assert result.kinds[0] == "started"
    assert result.kinds[-1] == "report"
    report = result.report
    assert (report.items, report.failed_items, report.source_words) == (5, 0, 6)
    assert {o.origin: o.items for o in report.origins} == {ENGINE: 2, SOURCE: 3}


async def test_what_is_the_same_is_decoded_once() -> None:
    model = FakeModel()
    async with serve_in_process(models=[model]) as server:
        same = [item(str(n), "one two three.") for n in range(20)]
        first = await exchange(server.address, [config(), *same])
        again = await exchange(server.address, [config(), item("a", "one two three. four.")])
        known = await exchange(server.address, [config(), item("a", "four. one two three.")])
    assert set(first.texts.values()) == {"ONE TWO THREE."}
    assert {o.origin: o.items for o in first.report.origins} == {ENGINE: 1, CACHE: 19}
    assert again.results["a"].origin == ENGINE
    assert known.results["a"].origin == CACHE
    assert known.texts == {"a": "FOUR. ONE TWO THREE."}
    assert model.num_encoded == 2


async def test_the_first_answer_says_what_the_client_got(server: RunningServer) -> None:
    result = await exchange(server.address, [config()])
    started = result.responses[0].started
    assert (started.model, started.fingerprint) == ("fake", "fingerprint of fake")
    assert len(started.batch_id) == 32
    limits = started.limits
    assert (limits.max_items, limits.max_length, limits.max_item_length) == (256, 200_000, 50_000)
    assert limits.heartbeat_interval.seconds == 30
    assert result.kinds == ["started", "credit", "report"]
    credit = result.responses[1].credit
    assert (credit.items, credit.code_points) == (256, 200_000)


async def test_an_item_that_fails_fails_alone() -> None:
    async with serve_in_process(limited(max_item_length=20)) as server:
        result = await exchange(
            server.address,
            [
                config(alignments=True),
                item("long", "word " * 100),
                item("page", "<p>one</p>", mime_type="text/html"),
                item("picture", "one", mime_type="image/png"),
                item("right", "one."),
            ],
        )
    assert result.code is grpc.StatusCode.OK
    results = result.results
    assert results["long"].status.code == code_pb2.INVALID_ARGUMENT
    violation = detail(results["long"].status, error_details_pb2.BadRequest).field_violations[0]
    assert violation.field == "item.text"
    assert "at most 20" in violation.description
    assert results["page"].status.code == code_pb2.UNIMPLEMENTED
    assert results["picture"].status.code == code_pb2.INVALID_ARGUMENT
    assert results["right"].translation.text == "ONE."
    assert len(results["right"].translation.alignments) == 2
    assert (result.report.items, result.report.failed_items) == (4, 3)
    assert results["long"].origin == batch_pb2.BatchResult.ORIGIN_UNSPECIFIED


async def test_what_is_too_long_comes_and_says_so(server: RunningServer) -> None:
    result = await exchange(
        server.address,
        [
            config(),
            item("fits", "four.", max_length=5),
            item("does not", "fives.", max_length=5),
            item("any", "fives."),
        ],
    )
    fits, too_long, any_length = (result.results[name] for name in ("fits", "does not", "any"))
    assert not fits.too_long
    assert not any_length.too_long
    assert too_long.too_long
    assert too_long.translation.text == "FIVES."
    assert too_long.status.code == code_pb2.OUT_OF_RANGE
    info = detail(too_long.status, error_details_pb2.ErrorInfo)
    assert info.reason == "TOO_LONG"
    assert dict(info.metadata) == {"length": "6", "max_length": "5"}
    assert too_long.origin == ENGINE


async def test_the_glossary_and_the_type_hold_for_all_items(server: RunningServer) -> None:
    glossary = [translate_pb2.GlossaryEntry(source_term="two", target_term="deux")]
    requests = [
        config(glossary=glossary, mime_type="text/html", markup=["liquid"]),
        item("page", "<p>one <b>two</b> {{ two }}.</p>"),
        item("plain", "one two <b>.", mime_type="text/plain"),
    ]
    result = await exchange(server.address, requests)
    assert result.texts["page"] == "<p>ONE <b>deux</b> {{ two }}.</p>"
    assert result.texts["plain"].startswith("ONE deux")
    assert [t.entry for t in result.results["page"].translation.terms] == [0]


async def test_markup_that_would_not_be_kept_is_left_as_it_is(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "translator.documents.html.verify",
        lambda before, after, templates: ["tags"] if "broken" in before else [],
    )
    result = await exchange(
        server.address,
        [config(mime_type="text/html"), item("a", "<p>broken</p>"), item("b", "<p>whole</p>")],
    )
    assert result.texts == {"a": "<p>broken</p>", "b": "<p>WHOLE~.</p>"}
    assert reason_of(result.results["a"]) == "MARKUP_NOT_KEPT"
    assert result.results["a"].status.code == code_pb2.DATA_LOSS


async def test_a_term_that_is_not_kept_is_told(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "translator.documents.text_segment.locate", lambda matches, *_: [None for _ in matches]
    )
    glossary = [translate_pb2.GlossaryEntry(source_term="two", target_term="deux")]
    result = await exchange(server.address, [config(glossary=glossary), item("a", "one two.")])
    assert reason_of(result.results["a"]) == "TERM_NOT_KEPT"
    info = detail(result.results["a"].status, error_details_pb2.ErrorInfo)
    assert info.metadata["entries"] == "0"
    assert result.texts["a"]


async def test_the_language_of_each_item_is_detected(server: RunningServer) -> None:
    result = await exchange(
        server.address,
        [config(source="und"), item("a", "one two three four."), item("b", "1234"), item("c", "")],
    )
    assert result.responses[0].started.model == ""
    assert result.results["a"].translation.detected_language_code == "xx"
    assert result.texts == {"a": "ONE TWO THREE FOUR.", "b": "1234", "c": ""}
    assert result.results["b"].origin == SOURCE


async def test_through_english_the_model_and_the_fingerprint_are_both() -> None:
    models = [
        FakeModel(LanguagePair("xx", "en"), name="first"),
        FakeModel(LanguagePair("en", "yy"), name="second"),
    ]
    async with serve_in_process(models=models) as server:
        result = await exchange(server.address, [config(), item("a", "one.")])
    started = result.responses[0].started
    assert started.model == "first+second"
    assert started.fingerprint == "fingerprint of first+fingerprint of second"
    assert result.results["a"].translation.fingerprint == started.fingerprint


@pytest.mark.parametrize(
    ("requests", "field"),
    [
        ([], "request"),
        ([item("a")], "request"),
        ([Request()], "request"),
        ([config(), Request()], "request"),
        ([config(), config()], "request"),
        ([config(), item("")], "item.id"),
        ([config(), item("x" * 257)], "item.id"),
        ([config(mime_type="image/png")], "mime_type"),
        ([config(mime_type="text/html", markup=["no"])], "markup"),
        ([config(num_alternatives=9)], "num_alternatives"),
        ([config(source="")], "source_language_code"),
        ([config(target="\x00")], "target_language_code"),
        ([config(possible_source_language_codes=["xx"])], "possible_source_language_codes"),
    ],
)
async def test_what_is_not_allowed_ends_the_call_with_the_field(
    server: RunningServer, requests: Sequence[Request], field: str
) -> None:
    result = await exchange(server.address, requests)
    assert result.code is grpc.StatusCode.INVALID_ARGUMENT
    assert result.field == field


async def test_a_heartbeat_out_of_range_names_the_field(server: RunningServer) -> None:
    request = config()
    request.config.heartbeat_interval.FromSeconds(-1)
    assert (await exchange(server.address, [request])).field == "config.heartbeat_interval"


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (config("ww"), "LANGUAGE_PAIR_NOT_SUPPORTED"),
        (config("ww", "und"), "LANGUAGE_PAIR_NOT_SUPPORTED"),
        (config(model="none"), "MODEL_NOT_FOUND"),
    ],
)
async def test_a_language_or_a_model_that_is_not_there_ends_the_call(
    server: RunningServer, request_: Request, reason: str
) -> None:
    result = await exchange(server.address, [request_, item("a")])
    assert result.code is grpc.StatusCode.NOT_FOUND
    assert result.reason == reason


async def test_the_name_of_an_item_may_come_again_once_it_has_its_result() -> None:
    async with serve_in_process() as server, connected(server.address) as stub:
        call = stub.BatchTranslate()
        await call.write(config())
        for text in ("one.", "two."):
            await call.write(item("a", text))
            while not (response := await call.read()).HasField("result"):
                pass
            assert response.result.translation.text == text.upper()
        await call.done_writing()
        result = Exchange()
        await result.read(call)
        assert result.report.items == 2


async def test_the_name_of_an_item_that_has_no_result_is_refused() -> None:
    async with serve_in_process(models=[Endless()]) as server:
        result = await exchange(
            server.address, [config(), item("a", "never ends."), item("a", "two.")]
        )
    assert result.code is grpc.StatusCode.INVALID_ARGUMENT
    assert result.field == "item.id"


# Credit


async def test_who_sends_beyond_the_credit_is_told_and_keeps_what_was_answered() -> None:
    async with serve_in_process(limited(max_batch_items=2), [Endless()]) as server:
        result = await exchange(
            server.address, [config(), *(item(str(n), "never ends.") for n in range(3))]
        )
        assert result.code is grpc.StatusCode.INVALID_ARGUMENT
        assert result.field == "item"
        assert result.status is not None
        assert "without credit" in result.status.message
        # Its items do not run any more.
        assert (await exchange(server.address, [config(), item("a", "one.")])).texts == {
            "a": "ONE."
        }


async def test_code_points_are_counted_too_and_no_text_counts_more_than_it_may_have() -> None:
    limits = limited(max_batch_length=30, max_item_length=20)
    async with serve_in_process(limits, [Endless()]) as server:
        result = await exchange(
            server.address, [config(), item("a", "never ends."), item("b", "x" * 20)]
        )
        assert result.code is grpc.StatusCode.INVALID_ARGUMENT
        assert result.field == "item"
        result = await exchange(server.address, [config(), item("b", "x" * 1000)])
        assert result.code is grpc.StatusCode.OK
        assert result.results["b"].status.code == code_pb2.INVALID_ARGUMENT


async def test_what_an_item_took_is_given_back_with_its_result() -> None:
    limits = limited(max_batch_items=3, max_batch_length=100, max_item_length=100)
    async with serve_in_process(limits) as server, connected(server.address) as stub:
        call = stub.BatchTranslate()
        await call.write(config())
        left = [f"text number {n}." for n in range(50)]
        items = code_points = 0
        texts = []
        while (response := await call.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]
            items += response.credit.items
            code_points += response.credit.code_points
            assert items <= 3
            assert code_points <= 100
            while left and items and code_points >= len(left[0]):
                items, code_points = items - 1, code_points - len(left[0])
                await call.write(item(left[0], left.pop(0)))
                if not left:
                    await call.done_writing()
            if response.HasField("result"):
                texts.append(response.result.translation.text)
        assert await call.code() is grpc.StatusCode.OK
    assert sorted(texts) == sorted(f"TEXT NUMBER {n}." for n in range(50))


async def test_a_client_that_reads_nothing_holds_no_more_than_its_credit() -> None:
    async with serve_in_process(limited(max_batch_items=4)) as server:
        async with connected(server.address) as stub:
            call = stub.BatchTranslate()
            await call.write(config())
            for n in range(4):
                await call.write(item(str(n), "one."))
            await asyncio.sleep(0.2)
            # All are answered, and nothing else is to be sent.
            call.cancel()
        result = await exchange(server.address, [config(), item("a", "one.")])
        assert result.texts == {"a": "ONE."}


# The end


async def running_steps(model: FakeModel) -> bool:
    """Whether the model still decodes."""
    await asyncio.sleep(0.1)
    steps = model.num_steps
    await asyncio.sleep(0.1)
    return model.num_steps > steps


@pytest.mark.parametrize("how", ["cancel", "deadline", "broken"])
async def test_what_was_not_answered_is_given_up_when_the_call_ends(how: str) -> None:
    model = Endless()
    config_ = ServerConfig(port=0, max_batch_size=1)
    async with serve_in_process(config_, [model]) as server:
        async with connected(server.address) as stub:
            call = stub.BatchTranslate(timeout=0.5 if how == "deadline" else None)
            await call.write(config())
            for n in range(5):
                await call.write(item(str(n), "never ends."))
            for _ in range(100):
                if model.num_steps:
                    break
                await asyncio.sleep(0.01)
            assert model.num_steps
            if how == "cancel":
                call.cancel()
            elif how == "deadline":
                await rest_of(call)
        assert not await running_steps(model)
        assert server.service.num_batches == 0
        # The one slot is free, and those that waited never start.
        result = await exchange(server.address, [config(), item("a", "one.")])
        assert result.texts == {"a": "ONE."}
        assert model.num_encoded <= 2


async def test_a_drain_lets_a_batch_finish_what_it_has_and_takes_no_more() -> None:
    async with serve_in_process() as server, connected(server.address) as stub:
        call = stub.BatchTranslate()
        await call.write(config())
        await call.write(item("a", "one."))
        first = [await call.read() for _ in range(4)]
        assert {r.WhichOneof("response") for r in first} == {"started", "credit", "result"}
        server.service.drain(5.0)
        result = Exchange()
        await result.read(call)
        assert result.kinds == ["go_away"]
        assert result.responses[0].go_away.within.seconds == 5
        assert result.code is grpc.StatusCode.UNAVAILABLE
        assert result.reason == "DRAINING"
        refused = await exchange(server.address, [config()])
        assert refused.code is grpc.StatusCode.UNAVAILABLE


async def test_a_drain_that_takes_too_long_ends_a_batch_that_has_items_left() -> None:
    async with serve_in_process(models=[Endless()]) as server, connected(server.address) as stub:
        call = stub.BatchTranslate()
        await call.write(config())
        await call.write(item("never", "never ends."))
        await call.write(item("a", "one."))
        responses: list[Response] = []
        while not (responses and responses[-1].HasField("result")):
            responses.append(await call.read())
        server.service.drain(0.2)
        # It comes after GoAway: it is for another server.
        result = Exchange()
        await result.read(call)
        assert result.kinds[-1] == "go_away"
        assert result.code is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("num_items", [3, 100])
async def test_a_batch_that_drains_ends_with_ok_only_if_all_items_are_answered(
    num_items: int,
) -> None:
    async with serve_in_process() as server, connected(server.address) as stub:
        call = stub.BatchTranslate()
        await call.write(config())
        for n in range(num_items):
            await call.write(item(str(n), f"one two three number {n}."))
        await call.done_writing()
        responses = [await call.read()]
        while not responses[-1].HasField("result"):
            responses.append(await call.read())
        server.service.drain(20.0)
        result = Exchange(responses)
        await result.read(call)
        # Some may have come after GoAway: they are for another server.
        is_whole = len(result.results) == num_items
        assert result.code is (grpc.StatusCode.OK if is_whole else grpc.StatusCode.UNAVAILABLE)
        assert result.kinds.count("report") == is_whole


async def test_there_are_only_so_many_batches_and_they_take_no_place_of_a_stream() -> None:
    limits = limited(max_batches=1, max_sessions=1, max_translate_requests=1)
    async with serve_in_process(limits) as server, connected(server.address) as stub:
        call = stub.BatchTranslate()
        await call.write(config())
        assert (await call.read()).HasField("started")
        refused = await exchange(server.address, [config()])
        assert refused.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert refused.reason == "OVERLOADED"
        quota = detail(refused.status, error_details_pb2.QuotaFailure)
        assert quota.violations[0].subject == "batches"
        assert server.service.num_sessions == 0
        request = translate_pb2.TranslateRequest(
            texts=["one."], source_language_code="xx", target_language_code="yy"
        )
        assert (await stub.Translate(request)).translations[0].text == "ONE."
        call.cancel()


async def test_a_silent_batch_gets_a_sign_of_life() -> None:
    async with serve_in_process() as server, connected(server.address) as stub:
        request = config()
        request.config.heartbeat_interval.FromMilliseconds(50)
        call = stub.BatchTranslate()
        await call.write(request)
        responses = [await call.read() for _ in range(4)]
        assert responses[0].started.limits.heartbeat_interval.nanos == 50_000_000
        assert [r.credit.items for r in responses[1:]] == [256, 0, 0]
        call.cancel()


class Broken(FakeModel):
    """Fails at each source that holds the word "bomb"."""

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        for source in sources:
            if any("bomb" in self._tokenizer.piece(token) for token in source):
                raise RuntimeError("this is what the client must not see")
        return super().encode(sources)


async def test_a_bug_in_one_item_is_told_of_that_item_and_logged_without_its_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    async with serve_in_process(models=[Broken()]) as server:
        result = await exchange(
            server.address, [config(), item("a", "one."), item("b", "a bomb."), item("c", "two.")]
        )
    assert result.code is grpc.StatusCode.OK
    assert (result.texts["a"], result.texts["c"]) == ("ONE.", "TWO.")
    status = result.results["b"].status
    assert status.code == code_pb2.INTERNAL
    assert "must not see" not in status.message
    correlation = detail(status, error_details_pb2.ErrorInfo).metadata["correlation_id"]
    assert correlation in caplog.text
    [ended] = [r for r in caplog.records if getattr(r, "event", "") == "batch ended"]
    fields: dict[str, Any] = vars(ended)["fields"]
    assert (fields["items"], fields["failed"], fields["from_engine"]) == (3, 1, 2)
    assert fields["code"] == "OK"
    assert "bomb" not in ended.getMessage()


async def test_metrics_count_items() -> None:
    async with serve_in_process(ServerConfig(port=0, metrics_port=0)) as server:
        await exchange(server.address, [config(), item("a", "one."), item("b", " ")])
        await exchange(server.address, [config("ww")])
        values = await metrics_of(server)
    assert values["translator_batches"] == "0.0"
    assert values["translator_batch_items_open"] == "0.0"
    assert values['translator_batches_ended_total{code="OK"}'] == "1.0"
    assert values['translator_batches_ended_total{code="NOT_FOUND"}'] == "1.0"
    assert values['translator_batch_items_total{code="OK",origin="engine"}'] == "1.0"
    assert values['translator_batch_items_total{code="OK",origin="source"}'] == "1.0"
    assert values['translator_limit{limit="max_batch_items"}'] == "256.0"


async def test_items_and_results_may_come_together() -> None:
    """With credit for each item, as if each came by itself."""
    items = [batch_pb2.BatchItem(id=str(n), text=f"text {n}.") for n in range(100)]
    bundles = [Request(items=batch_pb2.BatchItems(items=items[n : n + 25])) for n in (0, 25, 50)]
    singles = [Request(item=each) for each in items[75:]]
    async with serve_in_process() as server:
        together = await exchange(
            server.address, [config(bundled_results=True), *bundles, *singles]
        )
        alone = await exchange(server.address, [config(), *bundles, *singles])
    expected = {each.id: each.text.upper() for each in items}
    assert together.texts == alone.texts == expected
    assert together.report.items == alone.report.items == 100
    assert "results" not in alone.kinds
    assert together.kinds.count("results") + together.kinds.count("result") < 50


async def test_a_message_with_several_items_needs_credit_for_each_and_has_at_least_one(
    server: RunningServer,
) -> None:
    two = [batch_pb2.BatchItem(id=str(n), text="x.") for n in range(2)]
    limits = Limits(max_batch_items=1)
    async with serve_in_process(ServerConfig(port=0, limits=limits)) as small:
        beyond = await exchange(
            small.address, [config(), Request(items=batch_pb2.BatchItems(items=two))]
        )
    assert (beyond.code, beyond.field) == (grpc.StatusCode.INVALID_ARGUMENT, "item")
    empty = await exchange(server.address, [config(), Request(items=batch_pb2.BatchItems())])
    assert (empty.code, empty.field) == (grpc.StatusCode.INVALID_ARGUMENT, "items")
