"""TLS on every port: who is let in, and new certificates without a restart."""

import asyncio
import json
import re
import shutil
import ssl
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
import trustme
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc

from tests.server.fronts import fronts
from tests.server.gateways import gateway
from tests.server.processes import CLEAN
from tests.server.rpc_fronts import call
from tests.server.wire import config, rest_of, source
from translator.access import caller as access
from translator.access.key_file import add_key
from translator.captions.links import Role
from translator.client import AsyncTranslatorClient, TranslatorClient, tls_credentials
from translator.client.login import Login
from translator.config import ServerConfig
from translator.errors import ConfigError, ConnectionLostError
from translator.fronts.riva.front import Riva
from translator.testing import serve_in_process
from translator.v1.translator_service_pb2_grpc import TranslatorServiceStub

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
# Every address of the machine.
EVERY = "0.0.0.0"  # noqa: S104


@dataclass
class Files:
    """A folder with the certificates of a server and of a client."""

    folder: Path
    ca: trustme.CA

    def renew(self, ca: trustme.CA | None = None) -> None:
        """Write a new certificate for the server, perhaps of another authority."""
        issued = (ca or self.ca).issue_cert("localhost", "127.0.0.1")
        for name, pem in (
            ("cert", b"".join(pem.bytes() for pem in issued.cert_chain_pems)),
            ("key", issued.private_key_pem.bytes()),
        ):
            # As certbot and Kubernetes do it: the new file takes the place of the old one.
            new = self.folder / f"{name}.new"
            new.write_bytes(pem)
            new.replace(self[name])

    def __getitem__(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def config(self, **settings: object) -> ServerConfig:
        return ServerConfig(port=0, tls_cert=self["cert"], tls_key=self["key"], **settings)  # type: ignore[arg-type]

    @property
    def credentials(self) -> grpc.ChannelCredentials:
        return tls_credentials(ca=self["ca"])

    @property
    def client_credentials(self) -> grpc.ChannelCredentials:
        return tls_credentials(ca=self["ca"], cert=self["client"], key=self["client_key"])


@pytest.fixture
def files(tmp_path: Path) -> Files:
    ca = trustme.CA()
    files = Files(tmp_path, ca)
    ca.cert_pem.write_to_path(str(files["ca"]))
    client = ca.issue_cert("desk.example")
    files["client"].write_bytes(client.cert_chain_pems[0].bytes())
    client.private_key_pem.write_to_path(str(files["client_key"]))
    files.renew()
    return files


async def translated(address: str, credentials: grpc.ChannelCredentials | None) -> str:
    async with AsyncTranslatorClient(address, credentials=credentials) as client:
        await client.connect(timeout_s=2.0)
        [result] = await client.translate(["come in"], "xx", "yy")
        return result.text


async def test_both_clients_speak_tls(files: Files) -> None:
    async with serve_in_process(files.config()) as server:
        assert await translated(server.address, files.credentials) == "COME IN~."

        def in_a_thread() -> str:
            with TranslatorClient(server.address, credentials=files.credentials) as client:
                with client.stream(source="xx", targets=["yy"]) as stream:
                    stream.send("come in. ")
                    stream.close_source()
                    for _ in stream:
                        pass
                    return stream.transcript("yy")

        assert await asyncio.to_thread(in_a_thread) == "COME IN."


async def test_who_must_not_come_in_gets_a_sentence(files: Files, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    mutual = files.config(tls_client_ca=files["ca"])
    async with serve_in_process(mutual) as server:
        assert await translated(server.address, files.client_credentials) == "COME IN~."
        for credentials, told in (
            (None, "it may want TLS"),
            (files.credentials, "a client's certificate"),
            (tls_credentials(ca=stranger), "certificate is not trusted"),
        ):
            with pytest.raises(ConnectionLostError, match=told):
                await translated(server.address, credentials)


async def test_a_new_certificate_is_shown_and_no_stream_breaks(files: Files) -> None:
    other = trustme.CA()
    async with serve_in_process(files.config()) as server:
        async with AsyncTranslatorClient(server.address, credentials=files.credentials) as client:
            async with client.stream(source="xx", targets=["yy"]) as stream:
                await stream.send("before. ")
                # Half of it first, then garbage, then the whole.
                files["cert"].write_bytes(b"-----BEGIN CERTIFICATE-----\nMIIB")
                assert await translated(server.address, files.credentials)
                files.renew(other)
                new_ca = files.folder / "new-ca.pem"
                other.cert_pem.write_to_path(str(new_ca))
                assert await translated(server.address, tls_credentials(ca=new_ca)) == "COME IN~."
                with pytest.raises(ConnectionLostError, match="not trusted"):
                    await translated(server.address, tls_credentials(ca=files["ca"]))
                await stream.send("after. ")
                await stream.close_source()
                kinds = [type(event).__name__ async for event in stream]
                assert stream.transcript("yy") == "BEFORE. AFTER."
                assert "Reconnecting" not in kinds


@pytest.fixture
def readers(files: Files) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    anonymous = ssl.create_default_context(cafile=str(files["ca"]))
    known = ssl.create_default_context(cafile=str(files["ca"]))
    known.load_cert_chain(files["client"], files["client_key"])
    return anonymous, known


def page(port: int | None, context: ssl.SSLContext | None) -> str:
    scheme = "http" if context is None else "https"
    url = f"{scheme}://localhost:{port}/metrics"
    with urllib.request.urlopen(url, context=context, timeout=5) as answer:
        return str(answer.read().decode())


async def test_the_admin_ports_have_tls_too_and_follow_the_files(
    files: Files, readers: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    anonymous, known = readers
    settings = files.config(metrics_port=0, admin_port=0, tls_client_ca=files["ca"])
    async with serve_in_process(settings) as server:
        text = await asyncio.to_thread(page, server.metrics_port, known)
        assert "translator_sessions" in text
        [expires] = re.findall(r"^translator_certificate_expires_\S+ (\S+)$", text, re.MULTILINE)
        assert float(expires) > time.time()
        for context in (None, anonymous):
            with pytest.raises((urllib.error.URLError, OSError)):
                await asyncio.to_thread(page, server.metrics_port, context)
        address = f"127.0.0.1:{server.admin_port}"
        async with grpc.aio.secure_channel(address, files.client_credentials) as channel:
            stub = channelz_pb2_grpc.ChannelzStub(channel)
            assert (await stub.GetServers(channelz_pb2.GetServersRequest())).server
        other = trustme.CA()
        files.renew(other)
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            await asyncio.to_thread(page, server.metrics_port, known)
        known.load_verify_locations(cadata=other.cert_pem.bytes().decode())
        assert "translator_sessions" in await asyncio.to_thread(page, server.metrics_port, known)


async def test_a_reader_that_says_nothing_holds_up_no_other(
    files: Files, readers: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    async with serve_in_process(files.config(metrics_port=0)) as server:
        silent = [await asyncio.open_connection("127.0.0.1", server.metrics_port) for _ in range(8)]
        text = await asyncio.to_thread(page, server.metrics_port, readers[0])
        assert "translator_sessions" in text
        for _, writer in silent:
            writer.close()


@pytest.mark.parametrize("host", [EVERY, "::", "192.0.2.7", "translator.example"])
async def test_no_port_that_others_can_reach_is_open_without_tls(host: str, files: Files) -> None:
    for settings in ({"host": host}, {"admin_host": host, "metrics_port": 0}):
        with pytest.raises(ConfigError, match=r"host: .* set tls_cert .* or allow_plaintext"):
            async with serve_in_process(ServerConfig(port=0, **settings)):
                pass


async def test_it_is_open_where_that_is_allowed_by_name_or_has_tls(files: Files) -> None:
    async with serve_in_process(ServerConfig(port=0, host=EVERY, allow_plaintext=True)):
        pass
    async with serve_in_process(files.config(host=EVERY)) as server:
        port = server.address.rpartition(":")[2]
        assert await translated(f"127.0.0.1:{port}", files.credentials) == "COME IN~."


async def test_half_of_the_settings_is_refused(files: Files) -> None:
    for name in ("tls_cert", "tls_key", "tls_client_ca"):
        with pytest.raises(ConfigError, match=f"{name}: is set; tls_cert and tls_key"):
            async with serve_in_process(ServerConfig(port=0, **{name: files["cert"]})):  # type: ignore[arg-type]
                pass


async def test_a_hundred_streams_outlive_a_new_certificate(files: Files) -> None:
    async with serve_in_process(files.config()) as server:
        async with grpc.aio.secure_channel(server.address, files.credentials) as channel:
            stub = TranslatorServiceStub(channel)
            calls = [stub.StreamingTranslate() for _ in range(100)]
            for call in calls:
                await call.write(config())
                await call.read()
            files.renew()
            assert await translated(server.address, files.credentials)
            for call in calls:
                await call.write(source(1, "still here. "))
                await call.done_writing()
            for call in calls:
                await rest_of(call)
                assert await call.code() == grpc.StatusCode.OK


_SCRIPT = """
import { readFileSync } from 'node:fs';
import { tlsCredentials, TranslatorClient } from './src/index.js';

const [address, folder] = process.argv.slice(-2);
const file = (name) => readFileSync(`${folder}/${name}.pem`);
const own = { ca: file('ca'), cert: file('client'), key: file('client_key') };
for (const pem of [own, { ca: own.ca }, { ...own, ca: undefined }]) {
  const client = new TranslatorClient(address, { credentials: tlsCredentials(pem) });
  try {
    const serving = await client.isServing({ timeoutMs: 3000 });
    const [{ text }] = await client.translate('come in', { source: 'xx', target: 'yy' });
    console.log(serving, text);
  } catch (error) {
    console.log(error.code);
  }
  client.close();
}
"""


async def test_node_speaks_tls(files: Files) -> None:
    node, package = shutil.which("node"), ROOT / "clients" / "node"
    if node is None or not (package / "node_modules").is_dir():
        pytest.skip("there is no node, or its packages are not installed")
    async with serve_in_process(files.config(tls_client_ca=files["ca"])) as server:
        process = await asyncio.create_subprocess_exec(
            *(node, "--input-type=module", "--eval", _SCRIPT, "--"),
            *(server.address.replace("127.0.0.1", "localhost"), str(files.folder)),
            cwd=package,
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await process.communicate()
    assert told.decode().split("\n") == ["true COME IN~.", "UNAVAILABLE", "UNAVAILABLE", ""]


async def test_the_probe_of_a_server_knows_it_by_its_own_certificate(files: Files) -> None:
    """For containers: the settings are there, an authority and a key for the probe are not."""
    async with serve_in_process(files.config()) as server:
        settings = {
            "TRANSLATOR_PORT": server.address.rpartition(":")[2],
            "TRANSLATOR_TLS_CERT": str(files["cert"]),
            "TRANSLATOR_TLS_KEY": str(files["key"]),
        }

        async def probe(**environment: str) -> tuple[int | None, str]:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "translator", "health"),
                env=CLEAN | environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            told, _ = await process.communicate()
            return process.returncode, told.decode().strip()

        assert await probe(**settings) == (0, f"{server.address} takes calls")
        code, told = await probe(TRANSLATOR_PORT=settings["TRANSLATOR_PORT"])
        assert (code, "it may want TLS" in told) == (3, True)


@pytest.mark.thorough
async def test_a_command_says_what_a_start_would_refuse(files: Files) -> None:
    async def check(*options: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "translator", "serve", "--check", "--fake-model", *options),
            env=CLEAN,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        told, wrong = await process.communicate()
        return process.returncode, (told or wrong).decode().strip()

    cert, key = ("--tls-cert", str(files["cert"])), ("--tls-key", str(files["key"]))
    results = await asyncio.gather(
        check(*cert, *key, "--host", EVERY),
        check(*cert),
        check("--host", EVERY),
        check("--access", str(files["cert"])),
    )
    codes = [code for code, _ in results]
    assert codes == [0, 5, 5, 5], results
    assert results[0][1] == "everything that a start needs is there"
    assert "tls_cert and tls_key are needed together" in results[1][1]
    assert "allow_plaintext" in results[2][1]
    assert "is no TOML" in results[3][1]


async def test_a_captions_gateway_speaks_tls_to_both_sides(files: Files, tmp_path: Path) -> None:
    """To its servers, of which the second answers, and to browsers."""
    rules, key = tmp_path / "keys.toml", tmp_path / "gateway.key"
    key.write_text(add_key(rules, "gateway", (access.Role.STREAM, access.Role.TRANSLATE), None, {}))
    login = Login(ca=files["ca"], access_key=key)
    certificate = files["cert"], files["key"]
    async with serve_in_process(files.config(access=rules)) as server:
        port = server.address.rpartition(":")[2]
        addresses = ["localhost:1", f"localhost:{port}"]
        async with gateway(*addresses, login=login, certificate=certificate) as captions:
            trusted = ssl.create_default_context(cafile=str(files["ca"]))
            url = f"https://127.0.0.1:{captions.port}/healthz"
            answer = await asyncio.to_thread(urllib.request.urlopen, url, context=trusted)
            assert answer.read() == b"ok\n"
            assert captions.links.url("room", Role.VIEW).startswith("https://")
        unfitting = files["cert"], files["client_key"]
        with pytest.raises(ConfigError, match=r"tls_cert: .*client_key\.pem cannot be used"):
            async with gateway(*addresses, login=login, certificate=unfitting):
                pass


async def test_the_fronts_have_tls_on_both_sides_too(files: Files) -> None:
    certificate = files["cert"], files["key"]
    async with serve_in_process(files.config()) as server:
        address = f"localhost:{server.address.rpartition(':')[2]}"
        async with fronts(address, login=Login(ca=files["ca"]), certificate=certificate) as front:
            trusted = ssl.create_default_context(cafile=str(files["ca"]))
            form = b"text=one&source_lang=XX&target_lang=YY"
            url = f"https://127.0.0.1:{front.port}/v2/translate"
            answer = await asyncio.to_thread(urllib.request.urlopen, url, form, context=trusted)
            assert json.load(answer)["translations"][0]["text"] == "ONE~."
        roots = grpc.ssl_channel_credentials(files["ca"].read_bytes())
        async with grpc.aio.secure_channel(address, roots) as channel:
            pair: dict[str, Any] = {"source_language": "xx", "target_language": "yy"}
            found = await call(channel, Riva, "TranslateText", texts=["one"], **pair)
            assert found.translations[0].text == "ONE~."
