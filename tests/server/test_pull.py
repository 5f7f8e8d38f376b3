"""Models are pulled from a server on this machine that fails in every way it is told to."""

import hashlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mirror import ANDROID, NIGHTLY, RECORDS, Mirror

from tests.models.tiny import tiny_model, train_vocabulary
from translator.config import ServerConfig
from translator.errors import (
    ConfigError,
    LanguagePairNotSupportedError,
    ModelFilesError,
    ModelNotFoundError,
)
from translator.models.pair import LanguagePair
from translator.server.app import load_models
from translator.store.firefox import FirefoxSource
from translator.store.installed import installed
from translator.store.pull import choose, pull
from translator.store.store import Store, StoredModel
from translator.store.web import Web

pytestmark = pytest.mark.server

COUNTING = Path(__file__).parents[1] / "models" / "counting" / "model"
COMMAND = [sys.executable, "-m", "translator.cli", "models"]
EN_DE = LanguagePair("en", "de")
MODEL = "/cdn/main/base-3.0/en-de-model.tiny.bin.zst"


class Told:
    """What a pull told of itself."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.has_waited = threading.Event()

    def waiting(self) -> None:
        self.has_waited.set()

    def downloaded(self, size: int) -> None:
        self.sizes.append(size)


@pytest.fixture(scope="module")
def vocabulary() -> bytes:
    return train_vocabulary(40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, vocabulary: bytes) -> Path:
    folder = tiny_model(vocabulary).write(tmp_path_factory.mktemp("tiny"))
    # Not needed, so not downloaded.
    (folder / "lex.50.50.tiny.s2t.bin").write_bytes(b"a shortlist")
    return folder


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror() as mirror:
        yield mirror


@pytest.fixture
def published(mirror: Mirror, folder: Path) -> Mirror:
    mirror.publish(folder, "en-de")
    return mirror


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models")


def get(
    mirror: Mirror,
    store: Store,
    pair: LanguagePair = EN_DE,
    *,
    variant: str = "",
    attempts: int = 1,
    told: Told | None = None,
) -> tuple[StoredModel, bool]:
    with Web(attempts=attempts, wait_s=0) as web:
        offer = choose([FirefoxSource(web, mirror.firefox)], pair, variant)
        return pull(offer, store, web, told or Told())


def files_asked(mirror: Mirror) -> list[tuple[str, str]]:
    return [asked for asked in mirror.asked if asked[0].startswith("/cdn/")]


def sentence(error: pytest.ExceptionInfo[Exception]) -> str:
    text = str(error.value)
    assert len(text.splitlines()) == 1
    return text


# What ends well


def test_a_pulled_model_has_its_files_and_where_it_came_from(
    published: Mirror, store: Store, folder: Path
) -> None:
    told = Told()
    model, is_new = get(published, store, told=told)
    assert (model.name, is_new, model.is_complete) == ("firefox-en-de-base", True, True)
    names = {"model.tiny.bin", "vocab.tiny.spm"}
    assert {path.name for path in model.folder.iterdir()} == {*names, "manifest.json"}
    for name in names:
        assert (model.folder / name).read_bytes() == (folder / name).read_bytes()
    assert store.models() == [model]
    assert model.manifest.license == "MPL-2.0"
    assert published.firefox in model.manifest.origin
    assert {file.name: file.sha256 for file in model.manifest.files} == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names
    }
    assert told.sizes == sorted(told.sizes)
    assert told.sizes[-1] == sum(published.sent[path] for path, _ in files_asked(published))
    # Nothing is left over but the lock.
    assert [path.suffix for path in (store.root / ".unfinished").iterdir()] in ([], [".lock"])


def test_it_is_served_by_its_pair_with_its_licence(published: Mirror, store: Store) -> None:
    get(published, store)
    [model] = load_models(ServerConfig(models=("en-de",), store=store.root, precision="float32"))
    assert model.info.pairs == (EN_DE,)
    assert (model.info.name, model.info.license) == ("firefox-en-de-base", "MPL-2.0")
    assert model.info.origin.startswith("Firefox Translations 3.0")


def test_the_embedded_model_is_found_by_its_pair_too(store: Store) -> None:
    settings = ServerConfig(models=("pt-en",), store=store.root, precision="float32")
    [model] = load_models(settings)
    assert model.info.pairs == (LanguagePair("pt", "en"),)
    assert model.info.license == "MPL-2.0"


def test_a_pair_that_is_nowhere_is_to_be_pulled(store: Store) -> None:
    with pytest.raises(ConfigError, match="`translator models pull en-de`") as error:
        load_models(ServerConfig(models=("en-de",), store=store.root))
    assert str(store.root) in sentence(error)


def test_two_vocabularies_come_both(mirror: Mirror, store: Store, tmp_path: Path) -> None:
    (tmp_path / "split").mkdir()
    split = tiny_model(train_vocabulary(40), target=train_vocabulary(36)).write(tmp_path / "split")
    mirror.publish(split, "en-zh-Hans")
    model, _ = get(mirror, store, LanguagePair("en", "zh-Hans"))
    assert {"srcvocab.tiny.spm", "trgvocab.tiny.spm"} <= {p.name for p in model.folder.iterdir()}
    [loaded] = load_models(
        ServerConfig(models=("en-zh-Hans",), store=store.root, precision="float32")
    )
    assert loaded.info.pairs == (LanguagePair("en", "zh-Hans"),)


def test_what_is_there_is_not_downloaded_again(published: Mirror, store: Store) -> None:
    first, _ = get(published, store)
    published.asked.clear()
    assert get(published, store) == (first, False)
    assert files_asked(published) == []


def test_what_was_there_and_is_damaged_is_downloaded_again(published: Mirror, store: Store) -> None:
    model, _ = get(published, store)
    (model.folder / "vocab.tiny.spm").unlink()
    with pytest.raises(ModelFilesError, match="files are missing") as error:
        installed(store)
    assert str(model.folder) in sentence(error)
    assert get(published, store)[1]
    assert store.models()[0].is_complete


def test_a_newer_version_takes_the_place_of_the_old_one(
    published: Mirror, store: Store, tmp_path: Path
) -> None:
    get(published, store)
    (tmp_path / "other").mkdir()
    published.publish(tiny_model(train_vocabulary(36)).write(tmp_path / "other"), "en-de", "3.1")
    model, is_new = get(published, store)
    assert (model.manifest.version, is_new) == ("3.1", True)
    assert store.models() == [model]


def test_the_newest_version_for_desktops_is_taken(mirror: Mirror, folder: Path) -> None:
    for version, architecture, whom in (
        ("3.9", "base", ""),
        ("3.10", "base", "env.appinfo.OS != 'Android'"),
        ("3.10a1", "base", ""),
        ("3.11", "tiny", ANDROID),
        ("4.0a2", "base", NIGHTLY),
    ):
        mirror.publish(folder, "en-de", version, architecture, whom)
    with Web() as web:
        source = FirefoxSource(web, mirror.firefox)
        assert choose([source], EN_DE).version == "3.10"
        assert choose([source], EN_DE, "tiny").version == "3.11"
        with pytest.raises(LanguagePairNotSupportedError, match="there are: base, tiny") as error:
            choose([source], EN_DE, "huge")
    assert "'huge'" in sentence(error)


def test_a_trial_version_is_better_than_none(mirror: Mirror, folder: Path) -> None:
    mirror.publish(folder, "en-nb", "3.0a1", "base", NIGHTLY)
    with Web() as web:
        offer = choose([FirefoxSource(web, mirror.firefox)], LanguagePair("en", "nb"))
    assert offer.version == "3.0a1"


def test_a_source_that_lacks_the_pair_is_passed_over(published: Mirror, folder: Path) -> None:
    with Mirror() as other, Web() as web:
        other.publish(folder, "en-fr")
        sources = [FirefoxSource(web, other.firefox), FirefoxSource(web, published.firefox)]
        assert choose(sources, EN_DE).origin.endswith(published.firefox)
        with pytest.raises(LanguagePairNotSupportedError) as error:
            choose(sources, LanguagePair("es", "ca"))
    assert sentence(error) == "Firefox has no model for es-ca; Firefox has no model for es-ca"


def test_a_list_may_have_several_pages(mirror: Mirror, folder: Path) -> None:
    mirror.publish(folder, "en-de")
    mirror.next_page = json.dumps({"data": mirror.records}).encode()
    mirror.records = []
    with Web() as web:
        assert choose([FirefoxSource(web, mirror.firefox)], EN_DE).pair == EN_DE


def test_a_version_without_its_vocabulary_is_passed_over(mirror: Mirror, folder: Path) -> None:
    mirror.publish(folder, "en-de", "3.0")
    mirror.publish(folder, "en-de", "3.1")
    mirror.records = [
        r for r in mirror.records if (r["version"], r["fileType"]) != ("3.1", "vocab")
    ]
    with Web() as web:
        assert choose([FirefoxSource(web, mirror.firefox)], EN_DE).version == "3.0"


# What breaks off


def test_a_download_goes_on_where_it_broke_off(published: Mirror, store: Store) -> None:
    size = len(published.pages[MODEL])
    published.cut_after[MODEL] = size // 3
    with pytest.raises(ModelFilesError, match="goes on where it broke off") as error:
        get(published, store)
    assert MODEL in sentence(error)
    assert store.models() == []
    get(published, store)
    ranges = [range_ for path, range_ in published.asked if path == MODEL]
    assert ranges == ["", f"bytes={size // 3}-"]
    assert published.sent[MODEL] == size


def test_a_connection_that_breaks_is_tried_again_at_once(published: Mirror, store: Store) -> None:
    size = len(published.pages[MODEL])
    published.cut_after[MODEL] = 1
    published.status[RECORDS] = [503]
    assert get(published, store, attempts=2)[1]
    assert published.sent[MODEL] == size


def test_a_server_without_ranges_sends_all_of_it_again(published: Mirror, store: Store) -> None:
    size = len(published.pages[MODEL])
    published.knows_ranges = False
    published.cut_after[MODEL] = size // 3
    assert get(published, store, attempts=2)[0].is_complete
    assert published.sent[MODEL] == size // 3 + size


def test_a_file_that_came_whole_is_kept_when_a_later_one_breaks_off(
    published: Mirror, store: Store
) -> None:
    vocabulary = MODEL.replace("model.tiny.bin", "vocab.tiny.spm")
    published.status[vocabulary] = [404]
    with pytest.raises(ModelFilesError):
        get(published, store)
    get(published, store)
    assert [path for path, _ in files_asked(published)] == [MODEL, vocabulary, vocabulary]


def test_two_pulls_at_once_download_once(published: Mirror, store: Store) -> None:
    published.hold[MODEL] = threading.Event()
    told = [Told(), Told()]
    done: list[bool] = []
    threads = [
        threading.Thread(target=lambda t=t: done.append(get(published, store, told=t)[1]))
        for t in told
    ]
    for thread in threads:
        thread.start()
    while not any(t.has_waited.wait(0.01) for t in told):
        pass
    published.hold[MODEL].set()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == [False, True]
    assert len(files_asked(published)) == 2


# What is wrong


def test_a_wrong_checksum_leaves_nothing(published: Mirror, store: Store) -> None:
    published.pages[MODEL] = bytes(len(published.pages[MODEL]))
    with pytest.raises(ModelFilesError, match=r"its checksum is sha256:.*, expected sha256:") as e:
        get(published, store)
    assert "pull again" in sentence(e)
    assert store.models() == []
    assert [path for path in store.root.rglob("*") if path.is_file()] in (
        [],
        [store.root / ".unfinished" / "firefox-en-de-base.lock"],
    )


def test_what_was_packed_is_checked_too(published: Mirror, store: Store) -> None:
    published.records[1]["decompressedHash"] = "0" * 64
    with pytest.raises(ModelFilesError, match="unpacked its checksum is sha256:") as error:
        get(published, store)
    assert MODEL in sentence(error)
    assert store.models() == []


def test_more_than_was_promised_is_not_taken(published: Mirror, store: Store) -> None:
    published.pages[MODEL] += b"more"
    with pytest.raises(ModelFilesError, match=r"it has more than \d+ bytes"):
        get(published, store)


def test_a_file_that_is_gone(published: Mirror, store: Store) -> None:
    del published.pages[MODEL]
    with pytest.raises(ModelFilesError, match="404 Not Found: it is not there any more") as error:
        get(published, store, attempts=3)
    assert MODEL in sentence(error)
    # Trying again would not help.
    assert len(files_asked(published)) == 1


def test_a_host_that_cannot_be_reached(store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with (
        Web(attempts=2, wait_s=0) as web,
        pytest.raises(ModelFilesError, match=r"cannot be reached .*: pull again where") as error,
    ):
        choose([FirefoxSource(web, f"http://127.0.0.1:{port}/v1")], EN_DE)
    assert f"127.0.0.1:{port}" in sentence(error)


def test_a_pair_that_is_not_there_has_near_ones(mirror: Mirror, folder: Path) -> None:
    for pair in ("en-zh-Hans", "en-zh-Hant", "ja-en", "en-de"):
        mirror.publish(folder, pair)
    with Web() as web, pytest.raises(LanguagePairNotSupportedError) as error:
        choose([FirefoxSource(web, mirror.firefox)], LanguagePair("en", "zh"))
    assert sentence(error) == (
        "Firefox has no model for en-zh; it has en-zh-Hans, en-zh-Hant, en-de"
    )


@pytest.mark.parametrize(
    ("page", "where"),
    [
        (b"<html>", "the page"),
        (b'{"data": {}}', "data"),
        (b'{"data": [{"name": "model.bin"}]}', "data.0.sourceLanguage"),
    ],
)
def test_a_list_of_another_shape(published: Mirror, page: bytes, where: str) -> None:
    published.pages[RECORDS] = page
    with Web() as web, pytest.raises(ModelFilesError, match="a newer version") as error:
        choose([FirefoxSource(web, published.firefox)], EN_DE)
    assert f"({where}: " in sentence(error)


@pytest.mark.parametrize("name", ["../model.bin", "/etc/model.bin", ".model", "a/model.bin", ""])
def test_a_file_stays_in_its_folder(published: Mirror, name: str) -> None:
    published.records[1]["name"] = name
    with Web() as web, pytest.raises(ModelFilesError, match="is not the name of a model's file"):
        choose([FirefoxSource(web, published.firefox)], EN_DE)


def test_a_model_stays_in_the_store(published: Mirror) -> None:
    for record in published.records:
        record["architecture"] = "../../base"
    with Web() as web, pytest.raises(ModelFilesError, match="is not the name of a model"):
        choose([FirefoxSource(web, published.firefox)], EN_DE)


def test_a_model_of_a_kind_that_is_not_served_is_not_kept(
    mirror: Mirror, store: Store, tmp_path: Path, vocabulary: bytes
) -> None:
    (tmp_path / "other").mkdir()
    model = tiny_model(vocabulary)
    model.settings["dec-cell"] = "gru"
    mirror.publish(model.write(tmp_path / "other"), "en-de")
    with pytest.raises(ModelFilesError, match="dec-cell"):
        get(mirror, store)
    assert store.models() == []


def test_two_models_of_a_pair_have_to_be_told_apart(
    published: Mirror, store: Store, folder: Path
) -> None:
    published.publish(folder, "en-de", architecture="tiny")
    get(published, store, variant="base")
    get(published, store, variant="tiny")
    with pytest.raises(ConfigError, match="2 models for en-de") as error:
        store.find(EN_DE)
    assert "translator models remove firefox-en-de-tiny" in sentence(error)
    store.remove("firefox-en-de-tiny")
    assert store.find(EN_DE) == store.get("firefox-en-de-base")
    with pytest.raises(ModelNotFoundError, match="there are: firefox-en-de-base"):
        store.remove("../models")


def test_a_manifest_that_someone_wrote_over(published: Mirror, store: Store) -> None:
    model, _ = get(published, store)
    (model.folder / "manifest.json").write_text("{}")
    with pytest.raises(ModelFilesError, match="remove its folder and pull again") as error:
        store.models()
    assert str(model.folder) in sentence(error)


# From the command line


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TRANSLATOR_")}
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**clean, "COLUMNS": "200", **env},
        check=False,
    )


def test_pulled_listed_and_removed(published: Mirror, store: Store) -> None:
    root = str(store.root)
    pulled = run("pull", "en-de", "--source", published.firefox, TRANSLATOR_STORE=root)
    assert pulled.returncode == 0, pulled.stderr
    folder = store.root / "firefox-en-de-base"
    first, second = pulled.stdout.splitlines()
    assert first.startswith("firefox-en-de-base: en-de, version 3.0, ")
    assert first.endswith("licence MPL-2.0")
    assert second == str(folder)
    assert "translator serve --model en-de" in pulled.stderr
    again = run("pull", "en-de", "--source", published.firefox, "--store", root)
    assert again.stdout.splitlines()[0].endswith("was there already")
    listed = [line.split() for line in run("--store", root).stdout.splitlines()]
    [row] = [row for row in listed if row[0] == "firefox-en-de-base"]
    assert row[1:4] == ["en-de", "marian-ssru", "yes"]
    assert "MPL-2.0" in row
    assert "en-pt" in {row[1] for row in listed}
    removed = run("remove", "firefox-en-de-base", "--store", root)
    assert (removed.returncode, folder.exists()) == (0, False)
    assert run("remove", "firefox-en-de-base", "--store", root).returncode == 2


def test_listing_what_is_here_loads_nothing() -> None:
    code = (
        "import sys; from translator.cli import main; main(['models'], standalone_mode=False); "
        "print(*({'torch', 'transformers', 'numba', 'huggingface_hub'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "en-pt" in done.stdout
    assert done.stdout.splitlines()[-1] == ""


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("pull", "german"), 2, "such as en-de"),
        (("pull", "en-de", "--source", "bing"), 2, "--source"),
        (("pull", "en-de", "--source", "firefox", "--from", "a/b"), 2, "--from"),
        (("pull", "en-fr", "--source", "MIRROR"), 2, "it has en-de"),
        (("pull", "en-de", "--source", "http://127.0.0.1:1/v1"), 5, "cannot be reached"),
        (("pull", "en-de", "--from", "../../x"), 5, "../../x: not an id of the hub"),
        (("--store", "x", "pull", "en-de"), 2, "options come after pull"),
        (("remove", "none"), 2, "there are: none"),
    ],
)
def test_a_mistake_is_one_sentence(
    published: Mirror, store: Store, arguments: tuple[str, ...], code: int, says: str
) -> None:
    given = [published.firefox if word == "MIRROR" else word for word in arguments]
    done = run(*given, "--store", str(store.root))
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")


def test_a_disk_that_is_full_is_one_sentence_and_keeps_what_came(
    published: Mirror, store: Store
) -> None:
    size = len(published.pages[MODEL])
    done = subprocess.run(
        [*COMMAND, "pull", "en-de", "--source", published.firefox, "--store", str(store.root)],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2)),
        check=False,
    )
    assert done.returncode == 5, done.stderr
    [line] = done.stderr.splitlines()
    assert "cannot be written (File too large): make room" in line
    get(published, store)
    assert published.sent[MODEL] < 2 * size


def test_ctrl_c_keeps_what_came(published: Mirror, store: Store) -> None:
    vocabulary = MODEL.replace("model.tiny.bin", "vocab.tiny.spm")
    published.hold[vocabulary] = threading.Event()
    process = subprocess.Popen(
        [*COMMAND, "pull", "en-de", "--source", published.firefox, "--store", str(store.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while (vocabulary, "") not in published.asked:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    published.hold[vocabulary].set()
    get(published, store)
    assert [path for path, _ in files_asked(published)] == [MODEL, vocabulary, vocabulary]


def test_a_model_of_the_hub(mirror: Mirror, store: Store, tmp_path: Path) -> None:
    id_ = "Helsinki-NLP/opus-mt-en-pt"
    mirror.publish_on_hub(COUNTING, id_, "---\nlicense: cc-by-4.0\n---\nIt counts.\n")
    weights = next(path for path in mirror.pages if path.endswith(".safetensors"))
    size = len(mirror.pages[weights])
    mirror.cut_after[weights] = size // 2
    hub = {"HF_ENDPOINT": mirror.origin, "HF_HOME": str(tmp_path / "hub")}
    done = run("pull", "en-pt", "--source", "hub", "--store", str(store.root), **hub)
    assert done.returncode == 0, done.stderr
    assert "licence cc-by-4.0" in done.stdout
    # It went on where it broke off.
    assert mirror.sent[weights] == size
    [stored] = store.models()
    assert stored.name == "Helsinki-NLP--opus-mt-en-pt"
    assert {file.name for file in stored.manifest.files} == {
        "README.md",
        *(file.name for file in COUNTING.iterdir()),
    }
    [model] = load_models(ServerConfig(models=("en-pt",), store=store.root))
    assert model.info.license == "cc-by-4.0"
    assert model.info.origin == f"{mirror.origin}/{id_}"
    listed = run("--store", str(store.root)).stdout
    assert "transformers" in listed
    missing = run("pull", "en-xx", "--source", "hub", "--store", str(store.root), **hub)
    assert missing.returncode == 2, missing.stderr
    assert "Helsinki-NLP/opus-mt-en-xx" in missing.stderr


def test_a_model_of_the_hub_without_weights(mirror: Mirror, store: Store, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "config.json").write_text(json.dumps({"model_type": "marian"}))
    mirror.publish_on_hub(tmp_path / "bare", "someone/bare", "---\nlicense: mit\n---\n")
    hub = {"HF_ENDPOINT": mirror.origin, "HF_HOME": str(tmp_path / "hub")}
    done = run("pull", "en-pt", "--from", "someone/bare", "--store", str(store.root), **hub)
    assert done.returncode == 5
    assert "someone/bare: has no weights" in done.stderr
