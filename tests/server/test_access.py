"""Keys, roles and quotas over the wire; what is written down of who came."""

import asyncio
import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import rsa
from google.rpc import error_details_pb2
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from jwt.algorithms import RSAAlgorithm

from tests.server.wire import LOST_STATUS, config, rest_of, source
from translator.access.keys import digest
from translator.client import (
    AsyncTranslatorClient,
    BatchItem,
    tls_credentials,
)
from translator.config import ServerConfig
from translator.errors import (
    PermissionDeniedError,
    QuotaExceededError,
    TranslatorError,
    UnauthenticatedError,
)
from translator.server.app import RunningServer
from translator.testing import serve_in_process
from translator.v1.models_pb2 import ListModelsRequest
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

pytestmark = pytest.mark.server

RULES = "".join(
    f'[[keys]]\nname = "{name}"\nsha256 = "{digest(f"tk_{name}")}"\n{more}\n'
    for name, more in {
        "all": 'roles = ["stream", "translate", "batch", "admin"]',
        "streams": 'roles = ["stream"]',
        "texts": 'roles = ["translate"]\ncharacters_per_minute = 20',
        "few": "sessions = 1\ncharacters_per_minute = 30",
        "items": "batch_items_per_day = 3",
        "old": "expires = 2001-01-01",
    }.items()
)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "access.toml"
    file.write_text(RULES)
    file.chmod(0o600)
    return file


@pytest.fixture
async def guarded(rules: Path) -> AsyncIterator[RunningServer]:
    async with serve_in_process(ServerConfig(port=0, access=rules, metrics_port=0)) as server:
        yield server


def client_of(server: RunningServer, name: str, **options: Any) -> AsyncTranslatorClient:
    metadata = [("authorization", f"Bearer tk_{name}")] if name else []
    return AsyncTranslatorClient(server.address, metadata=metadata, **options)


async def streamed(client: AsyncTranslatorClient, *texts: str) -> str:
    async with client.stream(source="xx", targets=["yy"]) as stream:
        for text in texts:
            await stream.send(text)
        await stream.close_source()
        async for _ in stream:
            pass
        return stream.transcript("yy")


async def translated(client: AsyncTranslatorClient) -> str:
    return (await client.translate(["come in"], "xx", "yy"))[0].text


async def batched(client: AsyncTranslatorClient, *texts: str) -> list[str]:
    items = [BatchItem(text, str(number)) for number, text in enumerate(texts or ("come in",))]
    async with client.batch(items, source="xx", target="yy") as results:
        return [result.translation.text async for result in results]


async def test_each_rpc_takes_its_role(guarded: RunningServer) -> None:
    calls: dict[str, Any] = {"streams": streamed, "texts": translated, "batch": batched}
    for name, allowed in {
        "all": {"streams", "texts", "batch"},
        "streams": {"streams"},
        "texts": {"texts"},
    }.items():
        async with client_of(guarded, name) as client:
            await client.connect(timeout_s=5)
            assert (await client.list_models()).models
            for call, run in calls.items():
                if call in allowed:
                    assert await run(client) is not None
                else:
                    with pytest.raises(PermissionDeniedError, match=f"{name} has no role"):
                        await run(client)


async def test_strangers_learn_only_that_they_are_strangers(guarded: RunningServer) -> None:
    for name, told in (
        ("", "a key is needed"),
        ("wrong", "not known"),
        ("old", "until 2001-01-01"),
    ):
        async with client_of(guarded, name) as client:
            calls: list[Any] = [streamed, translated, batched, AsyncTranslatorClient.list_models]
            for call in calls:
                with pytest.raises(UnauthenticatedError, match=told) as refused:
                    await call(client)
                assert refused.value.status == "UNAUTHENTICATED"
            # Probes have no key.
            assert await client.is_serving()
    twice = [("authorization", "Bearer tk_all"), ("x-api-key", "tk_streams")]
    async with AsyncTranslatorClient(guarded.address, metadata=twice) as client:
        with pytest.raises(UnauthenticatedError, match="name different callers"):
            await translated(client)
    same = [("authorization", "Bearer tk_all"), ("x-api-key", "tk_all")]
    async with AsyncTranslatorClient(guarded.address, metadata=same) as client:
        assert await translated(client)


async def test_a_share_that_is_used_up_says_when_to_come_again(guarded: RunningServer) -> None:
    async with grpc.aio.insecure_channel(guarded.address) as channel:
        stub = TranslatorServiceStub(channel)
        metadata = (("x-api-key", "tk_few"),)
        first = stub.StreamingTranslate(metadata=metadata)
        await first.write(config())
        await first.read()
        second = stub.StreamingTranslate(metadata=metadata)
        assert await second.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "few has 1 stream open" in await second.details()
        await first.write(source(1, "a" * 31 + " "))
        await first.write(source(2, "more "))
        await rest_of(first)
        assert await first.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "few has used its 30 characters a minute" in await first.details()
        details = dict(await first.trailing_metadata())["grpc-status-details-bin"]
        for part in (b"QUOTA_EXCEEDED", b"key-characters-per-minute", b"RetryInfo"):
            assert part in details
    async with client_of(guarded, "few") as client:
        with pytest.raises(QuotaExceededError) as spent:
            await translated(client)
        assert 0 < spent.value.retry_after_s <= 120
        assert spent.value.subject == "key-characters-per-minute"
    async with client_of(guarded, "items") as client:
        with pytest.raises(QuotaExceededError, match="3 items of batches a day"):
            await batched(client, *"abcde")


async def test_others_have_their_share_meanwhile(guarded: RunningServer) -> None:
    async with client_of(guarded, "texts") as spent, client_of(guarded, "all") as other:
        results = await asyncio.gather(
            *(translated(spent) for _ in range(9)), return_exceptions=True
        )
        assert any(isinstance(result, QuotaExceededError) for result in results)
        assert await translated(other) == "COME IN~."


async def metrics_of(server: RunningServer, *headers: tuple[str, str]) -> str:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.metrics_port}/", headers=dict(headers)
    )

    def read() -> str:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return str(answer.read().decode())

    return await asyncio.to_thread(read)


async def test_metrics_name_keys_of_the_file_and_never_what_a_stranger_says(
    guarded: RunningServer,
) -> None:
    for name in ("all", "few", "wrong"):
        async with client_of(guarded, name) as client:
            try:
                await streamed(client, "one two. ", "three " * 8)
                await translated(client)
            except TranslatorError:
                pass
    page = await metrics_of(guarded)
    assert 'translator_key_characters_total{key="all"} 64.0' in page
    assert 'translator_key_refusals_total{key="few",reason="QUOTA_EXCEEDED"} 1.0' in page
    assert 'translator_key_sessions{key="all"} 0.0' in page
    assert 'translator_errors_total{reason="UNAUTHENTICATED"} 1.0' in page
    assert "wrong" not in page
    assert "tk_" not in page


async def is_let_in(stub: TranslatorServiceStub, key: str) -> bool:
    try:
        await stub.ListModels(ListModelsRequest(), metadata=(("x-api-key", key),))
    except grpc.aio.AioRpcError as error:
        return error.code() != grpc.StatusCode.UNAUTHENTICATED
    return True


async def test_new_keys_count_and_no_stream_breaks(rules: Path) -> None:
    async with serve_in_process(ServerConfig(port=0, access=rules)) as server:
        async with grpc.aio.insecure_channel(server.address) as channel:
            stub = TranslatorServiceStub(channel)
            metadata = (("x-api-key", "tk_streams"),)
            calls = [stub.StreamingTranslate(metadata=metadata) for _ in range(100)]
            for call in calls:
                await call.write(config())
                await call.read()
            new = rules.with_name("new.toml")
            new.write_text(RULES.replace(digest("tk_streams"), digest("tk_newer")))
            new.chmod(0o600)
            new.replace(rules)
            async with asyncio.timeout(20):
                while not await is_let_in(stub, "tk_newer"):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            assert not await is_let_in(stub, "tk_streams")
            for call in calls:
                await call.write(source(1, "still here. "))
                await call.done_writing()
            for call in calls:
                await rest_of(call)
                assert await call.code() == grpc.StatusCode.OK


async def test_a_name_in_the_client_s_certificate_is_a_caller(rules: Path, tmp_path: Path) -> None:
    ca = trustme.CA()
    issued = {"server": ca.issue_cert("localhost"), "gateway": ca.issue_cert("gateway.example")}
    for name, pair in issued.items():
        (tmp_path / f"{name}.pem").write_bytes(pair.cert_chain_pems[0].bytes())
        pair.private_key_pem.write_to_path(str(tmp_path / f"{name}.key"))
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    rules.write_text(  # noqa: ASYNC240
        '[[certificates]]\nname = "gate"\nsubject = "gateway.example"\nroles = ["translate"]\n'
    )
    settings = ServerConfig(
        port=0,
        access=rules,
        tls_cert=tmp_path / "server.pem",
        tls_key=tmp_path / "server.key",
        tls_client_ca=tmp_path / "ca.pem",
    )
    async with serve_in_process(settings) as server:
        port = server.address.rpartition(":")[2]
        for own, told in (("gateway", ""), ("server", "no name in the client's certificate")):
            credentials = tls_credentials(
                ca=tmp_path / "ca.pem", cert=tmp_path / f"{own}.pem", key=tmp_path / f"{own}.key"
            )
            address = f"localhost:{port}"
            async with AsyncTranslatorClient(address, credentials=credentials) as client:
                if told:
                    with pytest.raises(UnauthenticatedError, match=told):
                        await translated(client)
                else:
                    assert await translated(client) == "COME IN~."
                    with pytest.raises(PermissionDeniedError, match="gate has no role stream"):
                        await streamed(client)


async def reflected(server: RunningServer, *metadata: tuple[str, str]) -> grpc.StatusCode:
    async with grpc.aio.insecure_channel(server.address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        for _ in range(5):
            call = stub.ServerReflectionInfo(metadata=metadata)
            try:
                await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
                await call.done_writing()
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                pass
            await rest_of(call)
            if await call.details() != LOST_STATUS:
                break
        code: grpc.StatusCode = await call.code()
        return code


@pytest.mark.parametrize(
    ("reflection", "stranger", "streams", "admin"),
    [
        ("open", "OK", "OK", "OK"),
        ("key", "UNAUTHENTICATED", "PERMISSION_DENIED", "OK"),
        ("off", "UNIMPLEMENTED", "UNIMPLEMENTED", "UNIMPLEMENTED"),
    ],
)
async def test_reflection_is_for_whom_the_settings_say(
    rules: Path, reflection: Any, stranger: str, streams: str, admin: str
) -> None:
    settings = ServerConfig(port=0, access=rules, reflection=reflection)
    async with serve_in_process(settings) as server:
        assert (await reflected(server)).name == stranger
        assert (await reflected(server, ("x-api-key", "tk_streams"))).name == streams
        assert (await reflected(server, ("x-api-key", "tk_all"))).name == admin


async def test_the_admin_ports_can_ask_for_a_key(rules: Path) -> None:
    settings = ServerConfig(port=0, access=rules, admin_access="key", metrics_port=0, admin_port=0)
    async with serve_in_process(settings) as server:
        for headers, code in (((), 401), ((("X-Api-Key", "tk_streams"),), 403)):
            with pytest.raises(urllib.error.HTTPError) as refused:
                await metrics_of(server, *headers)
            assert refused.value.code == code
            refused.value.close()
        assert "translator_sessions" in await metrics_of(server, ("Authorization", "Bearer tk_all"))
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.admin_port}") as channel:
            stub = channelz_pb2_grpc.ChannelzStub(channel)
            with pytest.raises(grpc.aio.AioRpcError) as stranger:
                await stub.GetServers(channelz_pb2.GetServersRequest())
            assert stranger.value.code() == grpc.StatusCode.UNAUTHENTICATED
            answer = await stub.GetServers(
                channelz_pb2.GetServersRequest(), metadata=(("x-api-key", "tk_all"),)
            )
            assert answer.server


async def test_each_call_and_each_refusal_is_written_down_once(
    guarded: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "translator.audit")
    async with client_of(guarded, "few") as client:
        assert await streamed(client, "red fox. ") == "RED FOX."
        with pytest.raises(QuotaExceededError):
            await streamed(client, "quick " * 9, "and ")
    for name in ("", "wrong"):
        async with client_of(guarded, name) as client:
            with pytest.raises(UnauthenticatedError):
                await translated(client)
    lines = [record.fields for record in caplog.records if record.name == "translator.audit"]  # type: ignore[attr-defined]
    told = [(line["key"], line["code"], line["reason"], line["characters"]) for line in lines]
    assert told == [
        ("few", "OK", "", 9),
        ("few", "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", 54),
        ("", "UNAUTHENTICATED", "UNAUTHENTICATED", 0),
        ("", "UNAUTHENTICATED", "UNAUTHENTICATED", 0),
    ]
    assert all(line["peer"].startswith("ipv4:127.0.0.1:") for line in lines)
    assert len(lines[0]["session"]) == 32
    everything = json.dumps(lines) + caplog.text
    for secret in ("fox", "quick", "tk_"):
        assert secret not in everything


async def test_a_flood_of_refusals_does_not_fill_the_disk(
    guarded: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "translator.audit")
    async with client_of(guarded, "wrong") as client:
        results = await asyncio.gather(
            *(translated(client) for _ in range(300)), return_exceptions=True
        )
        assert all(isinstance(result, UnauthenticatedError) for result in results)
    async with client_of(guarded, "all") as client:
        await translated(client)
    lines = [record.fields for record in caplog.records if record.name == "translator.audit"]  # type: ignore[attr-defined]
    left_out = sum(line.get("refusals_left_out", 0) for line in lines)
    assert len(lines) + left_out == 301
    assert left_out > 100


async def test_a_file_that_is_wrong_at_the_start_ends_it(rules: Path) -> None:
    from translator.errors import ConfigError

    for wrong in ("keys = 3", "", "x" * (1 << 21)):
        rules.write_text(wrong)  # noqa: ASYNC240
        if wrong == "":
            # Nobody is known, so nobody is let in.
            async with serve_in_process(ServerConfig(port=0, access=rules)) as server:
                async with client_of(server, "all") as client:
                    with pytest.raises(UnauthenticatedError):
                        await translated(client)
            continue
        with pytest.raises(ConfigError, match="access: "):
            async with serve_in_process(ServerConfig(port=0, access=rules)):
                pass
    rules = rules.with_name("nobody.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        async with serve_in_process(ServerConfig(port=0, access=rules)):
            pass


def test_details_of_a_refusal_name_the_reason() -> None:
    from translator.errors import KeyExpiredError
    from translator.status import from_error

    for error in (
        UnauthenticatedError("who?"),
        KeyExpiredError("too late"),
        PermissionDeniedError("no", metadata={"role": "batch"}),
        QuotaExceededError("enough", retry_after_s=7.0, subject="key-sessions"),
    ):
        status = from_error(error)
        info = error_details_pb2.ErrorInfo()
        assert status.details[0].Unpack(info)
        assert (info.reason, info.domain) == (error.reason, "translator")


async def test_an_issuer_that_hangs_delays_nobody_and_its_keys_come_when_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translator.access.tokens._TIMEOUT_S", 0.3)
    monkeypatch.setattr("translator.access.tokens._RETRY_S", 0.1)
    signing = rsa.generate_private_key(65537, 2048)
    jwk = json.loads(RSAAlgorithm.to_jwk(signing.public_key())) | {"kid": "one"}
    page = json.dumps({"keys": [jwk]}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(page)}\r\nConnection: close\r\n\r\n".encode()
    hangs = asyncio.Event()

    async def issuer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if not hangs.is_set():
            hangs.set()
            await asyncio.sleep(1.0)
        writer.write(head + page)
        writer.close()

    async with await asyncio.start_server(issuer, "127.0.0.1", 0) as issuing:
        port = issuing.sockets[0].getsockname()[1]
        file = tmp_path / "access.toml"
        file.write_text(
            f'{RULES}[tokens]\nissuer = "https://id.example"\naudience = "translator"\n'
            f'jwks = "http://127.0.0.1:{port}/keys"\n'
        )
        claims = {
            "iss": "https://id.example",
            "aud": "translator",
            "sub": "maria",
            "exp": int(time.time()) + 600,
        }
        token = jwt.encode(claims, signing, algorithm="RS256", headers={"kid": "one"})
        async with serve_in_process(ServerConfig(port=0, access=file)) as server:
            await asyncio.wait_for(hangs.wait(), 10)
            async with client_of(server, "all") as client:
                assert await translated(client) == "COME IN~."
            metadata = [("authorization", f"Bearer {token}")]
            async with AsyncTranslatorClient(server.address, metadata=metadata) as client:
                async with asyncio.timeout(20):
                    while True:
                        try:
                            assert await translated(client) == "COME IN~."
                            break
                        except UnauthenticatedError as error:
                            assert "does not have (yet)" in error.message  # noqa: PT017
                            await asyncio.sleep(0.1)
