"""Certificates that a server can use, and those that it cannot."""

import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from translator.access.certificates import read_certificates, watched_certificates
from translator.client import tls_credentials
from translator.client.login import Login
from translator.errors import ConfigError

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


def written(
    folder: Path, ca: trustme.CA, *, days: float = 30, client_ca: bool = False
) -> tuple[Path, Path, Path | None]:
    expires = datetime.now(UTC) + timedelta(days=days)
    issued = ca.issue_cert("localhost", not_after=expires, not_before=expires - timedelta(days=90))
    cert, key, authority = folder / "cert.pem", folder / "key.pem", folder / "ca.pem"
    cert.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    ca.cert_pem.write_to_path(str(authority))
    return cert, key, authority if client_ca else None


def touched(path: Path) -> None:
    """Another time of change, however coarse the clock of the disk is."""
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))


def test_what_fits_together_is_read(tmp_path: Path, ca: trustme.CA) -> None:
    cert, key, authority = written(tmp_path, ca, client_ca=True)
    read = read_certificates(cert, key, authority)
    assert read.chain == cert.read_bytes()
    assert read.client_ca == ca.cert_pem.bytes()
    assert read.expires > datetime.now(UTC)
    assert read_certificates(cert, key, None).client_ca is None


def test_what_cannot_be_used_is_one_sentence_that_names_the_file(
    tmp_path: Path, ca: trustme.CA
) -> None:
    cert, key, authority = written(tmp_path, ca, client_ca=True)
    good_cert, good_key = cert.read_bytes(), key.read_bytes()

    def refusal() -> str:
        with pytest.raises(ConfigError) as refused:
            read_certificates(cert, key, authority)
        cert.write_bytes(good_cert)
        key.write_bytes(good_key)
        return refused.value.message

    cert.write_bytes(good_cert[:300])
    assert refusal() == f"tls_cert: {cert} has no certificate in PEM, or a damaged one"
    cert.write_bytes(b"")
    assert refusal() == f"tls_cert: {cert} is empty"
    cert.write_bytes(b"\0" * (1 << 20) + b"x")
    assert refusal() == f"tls_cert: {cert} has more than 1048576 bytes, the most allowed"
    key.write_bytes(good_key[:200])
    assert refusal() == f"tls_key: {key} is no private key in PEM without a passphrase"
    key.write_bytes(ca.issue_cert("other").private_key_pem.bytes())
    assert refusal() == f"tls_key: {key} does not belong to the certificate in {cert}"
    authority = tmp_path / "nobody.pem"
    assert refusal().startswith(f"tls_client_ca: {authority} cannot be read")
    authority = tmp_path
    assert refusal() == f"tls_client_ca: {tmp_path} is not a file"
    written(tmp_path, ca, days=-1)
    authority = None
    with pytest.raises(ConfigError, match=f"tls_cert: {cert} expired at 20"):
        read_certificates(cert, key, None)


def test_a_pipe_is_not_waited_for(tmp_path: Path, ca: trustme.CA) -> None:
    _, key, _ = written(tmp_path, ca)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="is not a file"):
        read_certificates(pipe, key, None)


def test_new_files_are_read_and_bad_ones_are_told_once_and_left(
    tmp_path: Path, ca: trustme.CA, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    cert, key, _ = written(tmp_path, ca)
    watched = watched_certificates(cert, key, None)
    first = watched.value
    assert not watched.refresh()
    # Half written: the new certificate is there, its key is not yet.
    old_key = key.read_bytes()
    written(tmp_path, ca)
    new_key = key.read_bytes()
    key.write_bytes(old_key)
    touched(key)
    for _ in range(3):
        assert not watched.refresh()
    assert watched.value is first
    [told] = [r.getMessage() for r in caplog.records]
    assert told.startswith("the certificates stay as they were: tls_key: ")
    key.write_bytes(new_key)
    touched(key)
    assert watched.refresh()
    assert watched.value.key == new_key
    cert.unlink()
    assert not watched.refresh()
    assert watched.value.key == new_key


def test_a_client_s_files_are_checked(tmp_path: Path, ca: trustme.CA) -> None:
    cert, key, authority = written(tmp_path, ca, client_ca=True)
    assert tls_credentials() is not None
    assert tls_credentials(ca=authority, cert=str(cert), key=key) is not None
    with pytest.raises(ConfigError, match="key: is missing"):
        tls_credentials(cert=cert)
    with pytest.raises(ConfigError, match="cert: is missing"):
        tls_credentials(key=key)
    with pytest.raises(ConfigError, match=r"ca: .* has no certificate in PEM"):
        tls_credentials(ca=key)
    with pytest.raises(ConfigError, match=r"key: .* has no private key in PEM"):
        tls_credentials(cert=cert, key=cert)
    with pytest.raises(ConfigError, match=r"ca: .* cannot be read"):
        tls_credentials(ca=tmp_path / "nobody")


def test_a_login_says_what_a_client_is_made_with(tmp_path: Path, ca: trustme.CA) -> None:
    assert Login().arguments() == {"credentials": None, "metadata": ()}
    _, _, authority = written(tmp_path, ca, client_ca=True)
    assert Login(ca=authority).arguments()["credentials"] is not None
    file = tmp_path / "key.txt"
    file.write_text("tk_secret\n")
    assert Login(access_key=file).arguments()["metadata"] == (
        ("authorization", "Bearer tk_secret"),
    )
    for wrong in ("", "two words", "tk_ä", "tk_a\ntk_b"):
        file.write_text(wrong)
        with pytest.raises(ConfigError, match="access_key: ") as refused:
            Login(access_key=file).arguments()
        assert wrong == "" or wrong not in refused.value.message
