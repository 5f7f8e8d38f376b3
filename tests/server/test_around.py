"""What surrounds the service: health, reflection, channelz, metrics, logs, clients not ours."""

import asyncio
import gc
import logging
import os
import signal
import urllib.request

import grpc
import pytest
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_requests.aio import AsyncClient

from tests.server.wire import chunks, config, exchange, source
from translator.cli.running import Announcement, serve
from translator.config import ServerConfig
from translator.fronts.google.front import Google
from translator.fronts.riva.front import Riva
from translator.fronts.rpc.front import RpcFront
from translator.server.app import RunningServer
from translator.testing import serve_in_process
from translator.v1 import translate_pb2
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

pytestmark = pytest.mark.server

SERVICE = "translator.v1.TranslatorService"


async def test_health_is_serving_until_the_drain(server: RunningServer) -> None:
    async with grpc.aio.insecure_channel(server.address) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", SERVICE):
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=SERVICE))
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVING
        drain = asyncio.create_task(server.drain())
        assert (await watch.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        watch.cancel()
        await drain


async def test_garbage_is_not_looked_for_in_what_a_server_started_with() -> None:
    frozen: list[int] = []

    def ready(_: Announcement) -> None:
        frozen.append(gc.get_freeze_count())
        os.kill(os.getpid(), signal.SIGTERM)

    try:
        await serve(ServerConfig(port=0, fake_model=True), ready)
    finally:
        gc.unfreeze()
    assert frozen[0] > 10_000


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_a_client_that_knows_only_reflection_streams_and_gets_the_translation(
    server: RunningServer,
) -> None:
    client = AsyncClient(server.address)
    service = await client.service(SERVICE)

    async def requests():  # type: ignore[no-untyped-def]
        yield {"config": {"source_language_code": "xx", "target_language_codes": ["yy"]}}
        yield {"source": {"sequence": 1, "committed": "no stub was "}}
        yield {"source": {"sequence": 2, "committed": "needed."}}

    responses = [response async for response in await service.StreamingTranslate(requests())]
    committed = "".join(r["target"].get("committed", "") for r in responses if "target" in r)
    assert committed == "NO STUB WAS NEEDED."
    assert "report" in responses[-1]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_reflection_has_the_fronts_that_are_served() -> None:
    fronts: dict[str, type[RpcFront]] = {"google": Google, "riva": Riva}
    for served in (("google", "riva"), ("riva",), ()):
        async with serve_in_process(ServerConfig(port=0, fronts=served)) as server:
            client = AsyncClient(server.address)
            names = {f"grpc.{name}" for name in (
                "health.v1.Health", "reflection.v1alpha.ServerReflection"
            )}  # fmt: skip
            ours = {SERVICE, *(fronts[name].descriptor.full_name for name in served)}
            assert set(await client.service_names()) == names | ours
            if "riva" in served:
                riva = await client.service(Riva.descriptor.full_name)
                asked = {"texts": ["No stub."], "source_language": "xx", "target_language": "yy"}
                answer = await riva.TranslateText(asked)
                assert [each["text"] for each in answer["translations"]] == ["NO STUB."]


async def test_the_admin_port_has_channelz_and_the_service_port_has_not() -> None:
    async with serve_in_process(ServerConfig(port=0, admin_port=0)) as server:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.admin_port}") as channel:
            stub = channelz_pb2_grpc.ChannelzStub(channel)
            answer = await stub.GetServers(channelz_pb2.GetServersRequest())
            assert len(answer.server) >= 2
        async with grpc.aio.insecure_channel(server.address) as channel:
            stub = channelz_pb2_grpc.ChannelzStub(channel)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await stub.GetServers(channelz_pb2.GetServersRequest())
            assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED


async def metrics_of(server: RunningServer) -> dict[str, str]:
    url = f"http://127.0.0.1:{server.metrics_port}/metrics"
    page = await asyncio.to_thread(lambda: urllib.request.urlopen(url).read().decode())
    return dict(line.rsplit(" ", 1) for line in page.splitlines() if line[0] != "#")


async def test_metrics_count_what_happened() -> None:
    async with serve_in_process(ServerConfig(port=0, metrics_port=0)) as server:
        await exchange(server.address, [config(), *chunks("one two three. four five.", 4)])
        await exchange(server.address, [config(["ww"])])
        values = await metrics_of(server)
    assert values["translator_sessions"] == "0.0"
    assert values["translator_source_words_total"] == "5.0"
    assert values["translator_target_words_total"] == "5.0"
    assert values['translator_sessions_ended_total{code="OK"}'] == "1.0"
    assert values['translator_errors_total{reason="LANGUAGE_PAIR_NOT_SUPPORTED"}'] == "1.0"
    of_fake = '{model="fake"}'
    assert float(values[f"translator_step_seconds_count{of_fake}"]) > 0
    assert float(values[f"translator_batch_size_requests_count{of_fake}"]) > 0
    assert float(values[f"translator_queue_seconds_count{of_fake}"]) > 0
    assert float(values[f"translator_requests_superseded_total{of_fake}"]) >= 0
    assert values["translator_update_seconds_count"] == "7.0"
    assert values['translator_limit{limit="max_sessions"}'] == "256.0"


async def test_words_are_counted_while_the_stream_runs() -> None:
    async with serve_in_process(ServerConfig(port=0, metrics_port=0)) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            call = TranslatorServiceStub(channel).StreamingTranslate()
            await call.write(config())
            await call.write(source(1, "one two three. "))
            sequence = 1
            async for response in call:
                if response.target.source_sequence == sequence == 1:
                    # What the first update brought is counted before the next one leaves.
                    await call.write(source(sequence := 2, "four five. "))
                elif response.target.source_sequence == 2:
                    break
            values = await metrics_of(server)
            assert values["translator_sessions"] == "1.0"
            assert float(values["translator_source_words_total"]) >= 3
            assert float(values["translator_target_words_total"]) > 0
            assert float(values['translator_decoder_steps_total{kind="run"}']) > 0
            await call.done_writing()
            async for _ in call:
                pass


async def test_translate_leaves_counts_and_a_log_line_each_and_no_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "translator")
    async with serve_in_process(ServerConfig(port=0, metrics_port=0)) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            stub = TranslatorServiceStub(channel)

            async def translate(*texts: str, target: str = "yy") -> None:
                await stub.Translate(
                    translate_pb2.TranslateRequest(
                        texts=texts, source_language_code="xx", target_language_code=target
                    )
                )

            for n in range(20):
                # What is the same is not decoded again.
                await translate(f"xylophone{n} here.", f"and three{n} words.")
            with pytest.raises(grpc.aio.AioRpcError):
                await translate("xylophone", target="ww")
            await translate("fine.", "xylophone" * 6_000)
        values = await metrics_of(server)
    assert values['translator_translate_requests_total{code="OK"}'] == "21.0"
    assert values['translator_translate_requests_total{code="NOT_FOUND"}'] == "1.0"
    assert values["translator_translate_seconds_count"] == "22.0"
    assert values["translator_translate_requests_running"] == "0.0"
    assert values['translator_translate_texts_total{code="OK"}'] == "41.0"
    assert values['translator_translate_texts_total{code="INVALID_ARGUMENT"}'] == "1.0"
    assert values["translator_source_words_total"] == f"{20 * 5 + 1}.0"
    assert values["translator_target_words_total"] == f"{20 * 5 + 1}.0"
    assert float(values['translator_decoder_steps_total{kind="run"}']) > 100
    lines = [r.getMessage() for r in caplog.records if "translate ended" in r.getMessage()]
    assert len(lines) == 22
    assert "code=OK source=xx target=yy models=fake texts=2 failed=0" in lines[0]
    assert "source_words=5 target_words=5 duration_s=" in lines[0]
    assert "code=NOT_FOUND" in lines[20]
    assert "texts=2 failed=1" in lines[21]
    assert "xylophone" not in caplog.text.lower()


async def test_a_session_leaves_a_log_line_with_figures_and_no_text(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "translator")
    word = "xylophone"
    requests = [config(), source(1, f"{word} here. ", tentative=word)]
    result = await exchange(server.address, requests)
    assert result.texts() == {0: f"{word.upper()} HERE."}
    line = next(r.getMessage() for r in caplog.records if "session ended" in r.getMessage())
    assert "code=OK" in line
    assert "source_words=2" in line
    assert word not in caplog.text.lower()


async def test_an_address_in_use_is_one_sentence(server: RunningServer) -> None:
    from translator.errors import ConfigError

    taken = int(server.address.rpartition(":")[2])
    with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{taken}"):
        async with serve_in_process(ServerConfig(port=taken)):
            pass
