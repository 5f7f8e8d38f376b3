"""Models over the wire: loaded at their first use, shared, evicted; a bad one costs nobody else."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2

from tests.server.wire import Exchange, config, connected, detail, exchange, flush, rest_of, source
from translator.config import ServerConfig
from translator.errors import ModelFilesError, ModelLoadError
from translator.languages.pair import LanguagePair
from translator.models.base import DescribedModel, EncoderStates, Seq2SeqModel
from translator.models.embedded import embedded_models
from translator.server.app import RunningServer
from translator.testing import FakeModel, serve_in_process
from translator.v1 import models_pb2, translate_pb2

pytestmark = pytest.mark.server

MB = 2**20


@dataclass
class Loader:
    """Loads a fake model for xx to ``target``; it can be held up, and can fail."""

    target: str
    size: int = 3 * MB
    error: Exception | None = None
    loads: int = 0
    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def model(self) -> FakeModel:
        pair = LanguagePair("xx", self.target)
        return FakeModel(pair, name=f"to-{self.target}", memory_bytes=self.size)

    def load(self) -> Seq2SeqModel:
        self.loads += 1
        self.entered.set()
        assert self.gate.wait(10), "the test left the gate closed"
        if self.error is not None:
            raise self.error
        return self.model()


@asynccontextmanager
async def serving(*loaders: Loader, memory: int, **settings: Any) -> AsyncIterator[RunningServer]:
    described = [DescribedModel(loader.model().info, loader.load) for loader in loaders]
    settings = {"preload": False, **settings}
    server_config = ServerConfig(port=0, model_memory=memory, **settings)
    async with serve_in_process(server_config, described) as server:
        yield server


async def listed(server: RunningServer) -> dict[str, bool]:
    """Each model that is offered, and whether it is loaded."""
    async with connected(server.address) as stub:
        answer = await stub.ListModels(models_pb2.ListModelsRequest())
    return {model.name: model.loaded for model in answer.models}


async def say(server: RunningServer, target: str, text: str = "one two.") -> Exchange:
    return await exchange(server.address, [config([target]), source(1, text)])


async def refused(server: RunningServer, *targets: str) -> Exchange:
    """A stream that is refused; a write after that would hide its status from grpc.aio's user."""
    return await exchange(server.address, [config(targets)])


async def translate(server: RunningServer, target: str) -> str:
    async with connected(server.address) as stub:
        answer = await stub.Translate(
            translate_pb2.TranslateRequest(
                source_language_code="xx", target_language_code=target, texts=["one two."]
            ),
            timeout=20,
        )
    return str(answer.translations[0].text)


@asynccontextmanager
async def streaming(server: RunningServer, targets: Sequence[str]) -> AsyncIterator[Any]:
    """A stream that has started and stays open."""
    async with connected(server.address) as stub:
        call = stub.StreamingTranslate(timeout=60)
        await call.write(config(targets))
        started = await call.read()
        assert started.HasField("started")
        yield call
        await call.done_writing()
        assert (await rest_of(call))[-1].HasField("report")


async def test_a_second_model_evicts_the_first_when_its_streams_have_ended() -> None:
    a, b = Loader("aa"), Loader("bb")
    async with serving(a, b, memory=4 * MB) as server:
        assert await listed(server) == {"to-aa": False, "to-bb": False}
        assert (await say(server, "aa")).texts("aa") == {0: "ONE TWO."}
        assert await listed(server) == {"to-aa": True, "to-bb": False}
        assert (await say(server, "bb")).texts("bb") == {0: "ONE TWO."}
        assert await listed(server) == {"to-aa": False, "to-bb": True}
        assert await translate(server, "aa") == "ONE TWO."
        assert await listed(server) == {"to-aa": True, "to-bb": False}
        assert (a.loads, b.loads) == (2, 1)


async def test_a_model_without_room_is_refused_while_others_are_in_use() -> None:
    a, b = Loader("aa"), Loader("bb")
    async with serving(a, b, memory=4 * MB) as server:
        async with streaming(server, ["aa"]) as call:
            full = await refused(server, "bb")
            assert full.code is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert full.reason() == "OVERLOADED"
            assert full.detail(error_details_pb2.RetryInfo).retry_delay.seconds > 0
            [violation] = full.detail(error_details_pb2.QuotaFailure).violations
            assert violation.subject == "model-memory"
            assert "to-bb" in violation.description
            assert "to-aa" in violation.description
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await translate(server, "bb")
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            await call.write(source(1, "still here."))
        assert b.loads == 0
        assert (await say(server, "bb")).texts("bb") == {0: "ONE TWO."}


async def test_two_targets_hold_both_their_models() -> None:
    loaders = [Loader("aa"), Loader("bb"), Loader("cc")]
    async with serving(*loaders, memory=7 * MB) as server:
        async with streaming(server, ["aa", "bb"]) as call:
            assert (await refused(server, "cc")).code is grpc.StatusCode.RESOURCE_EXHAUSTED
            await call.write(source(1, "one two."))
        assert (await say(server, "cc")).code is grpc.StatusCode.OK
        never = await refused(server, "aa", "bb", "cc")
        assert never.code is grpc.StatusCode.FAILED_PRECONDITION
        assert "together take about 9 MiB" in never.status.message  # type: ignore[union-attr]


async def test_first_users_at_once_share_one_load() -> None:
    a = Loader("aa")
    a.gate.clear()
    async with serving(a, memory=4 * MB) as server:
        users = [asyncio.create_task(say(server, "aa")) for _ in range(4)]
        users.append(asyncio.create_task(say(server, "aa")))
        assert await asyncio.to_thread(a.entered.wait, 10)
        # Nobody else waits meanwhile.
        assert await listed(server) == {"to-aa": False}
        a.gate.set()
        for result in await asyncio.gather(*users):
            assert result.texts("aa") == {0: "ONE TWO."}
        assert a.loads == 1


async def test_a_client_that_leaves_during_a_load_holds_nothing() -> None:
    a, b = Loader("aa"), Loader("bb")
    a.gate.clear()
    async with serving(a, b, memory=4 * MB) as server:
        async with connected(server.address) as stub:
            call = stub.StreamingTranslate(timeout=60)
            await call.write(config(["aa"]))
            assert await asyncio.to_thread(a.entered.wait, 10)
            call.cancel()
        async with asyncio.timeout(10):
            while server.service.num_sessions:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        a.gate.set()
        assert (await say(server, "bb")).texts("bb") == {0: "ONE TWO."}


async def test_a_later_config_takes_a_model_and_gives_the_former_back() -> None:
    a, b, c = Loader("aa"), Loader("bb"), Loader("cc")
    async with serving(a, b, c, memory=7 * MB) as server:
        async with connected(server.address) as stub:
            call = stub.StreamingTranslate(timeout=60)
            await call.write(config(["aa"]))
            await call.write(source(1, "one"))
            await call.write(config(["bb"]))
            assert (await call.read()).HasField("started")
            async with asyncio.timeout(10):
                while not (await call.read()).HasField("started"):
                    pass
            # The segment that is open goes on with the former.
            assert (await refused(server, "cc")).code is grpc.StatusCode.RESOURCE_EXHAUSTED
            await call.write(flush(2))
            await call.write(source(3, "two."))
            async with asyncio.timeout(10):
                while (await call.read()).target.target_language_code != "bb":
                    pass
            assert (await say(server, "cc")).texts("cc") == {0: "ONE TWO."}
            assert await listed(server) == {"to-aa": False, "to-bb": True, "to-cc": True}
            await call.done_writing()
            assert (await rest_of(call))[-1].HasField("report")


async def test_a_later_config_without_room_leaves_the_former_in_force() -> None:
    a, b, bad = Loader("aa"), Loader("bb"), Loader("cc", 1 * MB, ModelFilesError("cc is damaged"))
    async with serving(a, b, bad, memory=4 * MB) as server:
        async with streaming(server, ["aa"]) as call:
            for target, reason in (
                ("bb", "CONFIG_IGNORED_OVERLOADED"),
                ("cc", "CONFIG_IGNORED_MODEL_FAILED_TO_LOAD"),
            ):
                await call.write(config([target]))
                warning = (await call.read()).warning
                assert detail(warning, error_details_pb2.ErrorInfo).reason == reason
            await call.write(source(1, "one."))
            assert (await call.read()).target.target_language_code == "aa"


async def test_a_bad_model_fails_its_own_calls_only(caplog: pytest.LogCaptureFixture) -> None:
    good, bad = Loader("aa"), Loader("bb", error=ModelFilesError("/models/bb: it is damaged"))
    async with serving(good, bad, memory=9 * MB, preload=True) as server:
        assert "a model cannot be loaded: /models/bb: it is damaged" in caplog.text
        assert await listed(server) == {"to-aa": True, "to-bb": False}
        for _ in range(2):
            failed = await refused(server, "bb")
            assert failed.code is grpc.StatusCode.FAILED_PRECONDITION
            assert failed.reason() == "MODEL_FAILED_TO_LOAD"
            assert failed.status.message == "/models/bb: it is damaged"  # type: ignore[union-attr]
        assert bad.loads == 1
        assert (await say(server, "aa")).texts("aa") == {0: "ONE TWO."}


async def test_a_server_whose_only_model_is_bad_does_not_start() -> None:
    bad = Loader("bb", error=ModelFilesError("/models/bb: it is damaged"))
    with pytest.raises(ModelLoadError, match=r"^/models/bb: it is damaged$"):
        async with serving(bad, memory=9 * MB, preload=True):
            pass


async def test_a_model_larger_than_the_budget_is_not_offered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    large = Loader("bb", 30 * MB)
    async with serving(Loader("aa"), large, memory=9 * MB) as server:
        assert await listed(server) == {"to-aa": False}
    [line] = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert line == (
        "a model is not offered: to-bb: takes about 30 MiB of memory, more than the 9 MiB of "
        "model_memory: raise it, or take a smaller model"
    )
    with pytest.raises(ModelLoadError, match="to-bb: takes about 30 MiB"):
        async with serving(large, memory=9 * MB):
            pass


async def test_a_bad_folder_beside_a_good_one_is_logged_and_not_offered(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    pair, folder = embedded_models()[0]
    decoder = tmp_path / "decoder"
    decoder.mkdir()
    (decoder / "config.json").write_text('{"model_type": "gpt2"}')
    settings = ServerConfig(
        port=0,
        models=("en-de=/no/such/folder", f"en-fr={decoder}", f"{pair}={folder}"),
        preload=False,
        precision="float32",
    )
    from translator.catalog.describe import describe_models

    async with serve_in_process(settings, describe_models(settings)) as server:
        assert await listed(server) == {folder.name: False}
        text = await say_in_english(server)
    assert "olá" in text.lower()
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert len(errors) == 2
    assert "/no/such/folder" in errors[0]
    assert f"{decoder}/config.json: model_type 'gpt2' is a decoder only" in errors[1]


async def say_in_english(server: RunningServer) -> str:
    result = await exchange(server.address, [config(["pt"], "en"), source(1, "Hello, world.")])
    assert result.code is grpc.StatusCode.OK
    return result.texts("pt")[0]


class Hungry(FakeModel):
    """Has no memory for long sources."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def encode(self, sources: Sequence[Sequence[int]]) -> list[EncoderStates]:
        if any(len(source) > 9 for source in sources):
            raise self.error
        return super().encode(sources)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to"),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB"),
    ],
)
async def test_a_request_without_memory_ends_alone(error: Exception) -> None:
    async with serve_in_process(models=[Hungry(error)]) as server:
        async with streaming(server, ["yy"]) as call:
            failed = await say(server, "yy", "w " * 30)
            assert failed.code is grpc.StatusCode.RESOURCE_EXHAUSTED
            assert failed.reason() == "OUT_OF_MEMORY"
            assert failed.detail(error_details_pb2.RetryInfo).retry_delay.seconds > 0
            async with connected(server.address) as stub:
                answer = await stub.Translate(
                    translate_pb2.TranslateRequest(
                        source_language_code="xx",
                        target_language_code="yy",
                        texts=["w " * 30, "one two."],
                    )
                )
            large, small = answer.translations
            assert detail(large.status, error_details_pb2.ErrorInfo).reason == "OUT_OF_MEMORY"
            assert small.text == "ONE TWO."
            await call.write(source(1, "one two."))
        assert (await say(server, "yy")).texts() == {0: "ONE TWO."}


async def test_the_client_has_the_new_errors() -> None:
    from translator.client import AsyncTranslatorClient
    from translator.errors import OutOfMemoryError

    bad = Loader("bb", error=ModelFilesError("/models/bb: it is damaged"))
    greedy = Loader("aa", error=MemoryError())
    async with serving(bad, greedy, memory=9 * MB) as server:
        async with AsyncTranslatorClient(server.address) as client:
            with pytest.raises(ModelLoadError, match="/models/bb: it is damaged"):
                await client.translate(["a"], source="xx", target="bb")
            with pytest.raises(OutOfMemoryError, match=r"to-aa: no memory .* about 3 MiB") as full:
                await client.translate(["a"], source="xx", target="aa")
            assert full.value.retry_after_s == 30
            models = (await client.list_models()).models
            assert [(m.name, m.loaded, m.memory_bytes) for m in models] == [
                ("to-aa", False, 3 * MB),
                ("to-bb", False, 3 * MB),
            ]
