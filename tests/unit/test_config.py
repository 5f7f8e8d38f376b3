"""Settings: what is taken from the environment, and what is not."""

import hashlib
import logging
import pwd
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner

from translator.cli import main
from translator.cli.serve import command as serve
from translator.cli.stream import command as stream
from translator.cli.workers import Workers
from translator.config import Limits, ServerConfig, load_config, warn_of_service_links
from translator.engine.scheduler import SchedulerLimits
from translator.errors import ConfigError
from translator.models import fingerprint
from translator.session.events import Rests

pytestmark = pytest.mark.unit

# As in a pod beside the Services `translator`, with a named port, and `translator-metrics`.
SERVICE_LINKS = {
    "TRANSLATOR_SERVICE_HOST": "10.96.7.1",
    "TRANSLATOR_SERVICE_PORT": "50051",
    "TRANSLATOR_SERVICE_PORT_GRPC_WEB": "50051",
    "TRANSLATOR_PORT": "tcp://10.96.7.1:50051",
    "TRANSLATOR_PORT_50051_TCP": "tcp://10.96.7.1:50051",
    "TRANSLATOR_PORT_50051_TCP_PROTO": "tcp",
    "TRANSLATOR_PORT_50051_TCP_PORT": "50051",
    "TRANSLATOR_PORT_50051_TCP_ADDR": "10.96.7.1",
    "TRANSLATOR_METRICS_SERVICE_HOST": "10.96.7.2",
    "TRANSLATOR_METRICS_SERVICE_PORT": "9090",
    "TRANSLATOR_METRICS_PORT": "tcp://10.96.7.2:9090",
    "TRANSLATOR_METRICS_PORT_9090_TCP_ADDR": "10.96.7.2",
}


def test_a_default_is_the_same_wherever_it_stands() -> None:
    assert ServerConfig().max_batch_size == SchedulerLimits().max_slots
    rests = Rests()
    told = {option.name: getattr(option, "help", "") for option in stream.params}
    for name in ("draft", "sentence", "segment"):
        default = getattr(rests, f"{name}_s")
        assert told[f"{name}_rest_s"].endswith(f"[default: {default:g}]")


def test_the_options_of_serve_have_the_help_and_the_default_of_their_setting() -> None:
    helps = {option.name: getattr(option, "help", "") for option in serve.params}
    port = ServerConfig.model_fields["port"]
    assert helps["port"] == f"{port.description}  [default: {port.default}]"
    assert helps["preload"].endswith("[default: preload]")
    assert helps["shortlist"].endswith("[default: no-shortlist]")
    assert {"file", "check", "store", *ServerConfig.model_fields} > set(helps)


def test_what_kubernetes_tells_of_a_service_is_no_setting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in SERVICE_LINKS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TRANSLATOR_THREADS", "3")
    config = load_config()
    assert (config.port, config.metrics_port, config.threads) == (50051, None, 3)
    warn_of_service_links()
    [hint] = [record.getMessage() for record in caplog.records]
    assert "`enableServiceLinks: false`" in hint
    assert all(name in hint for name in SERVICE_LINKS)
    assert "TRANSLATOR_THREADS" not in hint


def test_without_them_there_is_no_hint(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TRANSLATOR_PORT", "7000")
    assert load_config().port == 7000
    warn_of_service_links()
    assert caplog.records == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRANSLATOR_PROT", "tcp://10.96.7.1:50051"),
        ("TRANSLATOR_PORT", "10.96.7.1:50051"),
        ("TRANSLATOR_HOST_PORT", "50051"),
        ("TRANSLATOR_SERVICE", "10.96.7.1"),
    ],
)
def test_what_only_looks_like_them_is_still_a_mistake(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=r"port|there is no such setting"):
        load_config()


@pytest.mark.parametrize(("name", "value"), [("log_level", "loud"), ("log_format", "xml")])
def test_a_wrong_log_setting_says_what_is_allowed(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=rf"{name}: .*'(info|json)'"):
        load_config(overrides={name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (name, value)
            for name in (
                "heartbeat_s",
                "drain_grace_s",
                "first_message_timeout_s",
                "idle_timeout_s",
            )
            for value in ("inf", "nan", "-1", "1e9")
        ],
        *[(f"limits__{name}", str(2**32)) for name in Limits.model_fields],
    ],
)
def test_what_the_wire_or_a_clock_has_no_room_for_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TRANSLATOR_{name.upper()}", value)
    with pytest.raises(ConfigError, match=name.replace("__", ".")):
        load_config()


@pytest.mark.parametrize("name", ["metrics_port", "admin_port"])
async def test_each_worker_has_a_port_of_its_own_or_the_start_is_refused(name: str) -> None:
    config = ServerConfig(port=0, workers=3, **{name: 65_534})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=f"{name}: is 65534; .* at most 65533 is allowed"):
        await Workers(config).run()


def test_workers_count_quotas_together_or_the_log_says_that_they_do_not(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = ServerConfig(workers=3, access=tmp_path / "access.toml")
    workers = Workers(config)
    with workers._counting():
        assert workers._ledger is not None
        assert workers._ledger.exists()
    assert not workers._ledger.exists()
    assert not caplog.records

    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    with Workers(config)._counting():
        pass
    assert "each of 3 workers counts quotas for itself" in caplog.text
    assert "No space left on device" in caplog.text


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user of a container that runs as anybody: no account, no HOME."""

    def unknown(uid: int) -> NoReturn:
        raise KeyError(uid)

    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


@pytest.mark.usefixtures("homeless")
def test_a_user_without_a_home_has_settings_too() -> None:
    assert load_config().store == Path("/var/lib/translator/models")


@pytest.mark.usefixtures("homeless")
def test_a_user_without_a_home_remembers_no_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "_REMEMBERED_BYTES", 4)
    (tmp_path / "large.bin").write_bytes(b"weights")
    digest = fingerprint.file_digest(tmp_path / "large.bin")
    assert digest == hashlib.sha256(b"weights").hexdigest()[:32]


@pytest.mark.usefixtures("homeless")
def test_a_user_without_a_home_names_the_store_of_a_job(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("name\nRed chair\n", "utf-8")
    done = CliRunner().invoke(
        main, ["batch", str(file), str(tmp_path / "out.csv"), "--column", "name"],
        env={"TRANSLATOR_FAKE_MODEL": "1"},
    )  # fmt: skip
    assert (done.exit_code, done.output) == (
        5,
        "Error: store: this user has no home; name a file, or keep nothing\n",
    )


def test_a_config_knows_what_was_set_and_what_is_a_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``translator batch`` takes all CPUs only where nobody said how many threads."""
    assert "threads" not in load_config().model_fields_set
    monkeypatch.setenv("TRANSLATOR_THREADS", "1")
    assert "threads" in load_config().model_fields_set
