"""Models are pulled from a server on this machine that fails in every way it is told to."""

import hashlib
import json
import socket
import sys
import threading
from pathlib import Path

import pytest
import zstandard

from tests.models.tiny import tiny_model, train_vocabulary
from tests.server.mirror import (
    ANDROID,
    EN_DE,
    MODEL,
    NIGHTLY,
    RECORDS,
    VOCABULARY,
    Mirror,
    Told,
    files_asked,
    get,
)
from translator.catalog.describe import describe_models
from translator.catalog.firefox import FirefoxSource
from translator.catalog.installed import installed
from translator.catalog.pull import choose
from translator.catalog.store import Store
from translator.catalog.web import Web
from translator.config import ServerConfig
from translator.errors import (
    ConfigError,
    LanguagePairNotSupportedError,
    ModelFilesError,
    ModelNotFoundError,
)
from translator.languages.pair import LanguagePair

pytestmark = pytest.mark.server

COUNTING = Path(__file__).parents[1] / "models" / "counting" / "model"
COMMAND = [sys.executable, "-m", "translator", "models"]


def sentence(error: pytest.ExceptionInfo[Exception]) -> str:
    text = str(error.value)
    assert len(text.splitlines()) == 1
    return text


# What ends well


def test_a_pulled_model_has_its_files_and_where_it_came_from(
    published: Mirror, store: Store, marian_folder: Path
) -> None:
    told = Told()
    model, is_new = get(published, store, told=told)
    assert (model.name, is_new, model.is_complete) == ("firefox-en-de-base", True, True)
    names = {"model.tiny.bin", "vocab.tiny.spm"}
    assert {path.name for path in model.folder.iterdir()} == {*names, "manifest.json"}
    for name in names:
        assert (model.folder / name).read_bytes() == (marian_folder / name).read_bytes()
    assert store.models() == [model]
    assert model.manifest.license == "MPL-2.0"
    assert published.firefox in model.manifest.origin
    assert {file.name: file.sha256 for file in model.manifest.files} == {
        name: hashlib.sha256((marian_folder / name).read_bytes()).hexdigest() for name in names
    }
    assert told.sizes == sorted(told.sizes)
    assert told.sizes[-1] == sum(published.sent[path] for path, _ in files_asked(published))
    # Nothing is left over but the lock.
    assert [path.suffix for path in (store.root / ".unfinished").iterdir()] in ([], [".lock"])


def test_it_is_served_by_its_pair_with_its_licence(published: Mirror, store: Store) -> None:
    get(published, store)
    [model] = describe_models(
        ServerConfig(models=("en-de",), store=store.root, precision="float32")
    )
    assert model.info.pairs == (EN_DE,)
    assert (model.info.name, model.info.license) == ("firefox-en-de-base", "MPL-2.0")
    assert model.info.origin.startswith("Firefox Translations 3.0")
    assert model.load().info == model.info


def test_the_embedded_model_is_found_by_its_pair_too(store: Store) -> None:
    settings = ServerConfig(models=("pt-en",), store=store.root, precision="float32")
    [model] = describe_models(settings)
    assert model.info.pairs == (LanguagePair("pt", "en"),)
    assert model.info.license == "MPL-2.0"


def test_a_pair_that_is_nowhere_is_to_be_pulled(store: Store) -> None:
    with pytest.raises(ConfigError, match="`translator models pull en-de`") as error:
        describe_models(ServerConfig(models=("en-de",), store=store.root))
    assert str(store.root) in sentence(error)


def test_two_vocabularies_come_both(mirror: Mirror, store: Store, tmp_path: Path) -> None:
    (tmp_path / "split").mkdir()
    split = tiny_model(train_vocabulary(40), target=train_vocabulary(36)).write(tmp_path / "split")
    mirror.publish(split, "en-zh-Hans")
    model, _ = get(mirror, store, LanguagePair("en", "zh-Hans"))
    assert {"srcvocab.tiny.spm", "trgvocab.tiny.spm"} <= {p.name for p in model.folder.iterdir()}
    [described] = describe_models(
        ServerConfig(models=("en-zh-Hans",), store=store.root, precision="float32")
    )
    assert described.load().info.pairs == (LanguagePair("en", "zh-Hans"),)


def test_a_shortlist_comes_with_the_model(mirror: Mirror, store: Store, tmp_path: Path) -> None:
    folder = tiny_model(train_vocabulary(40)).write(tmp_path)
    (folder / "lex.50.50.ende.s2t.bin").write_bytes(b"candidates")
    mirror.publish(folder, "en-de")
    model, _ = get(mirror, store)
    assert (model.folder / "lex.50.50.ende.s2t.bin").read_bytes() == b"candidates"


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


def test_the_newest_version_for_desktops_is_taken(mirror: Mirror, marian_folder: Path) -> None:
    for version, architecture, whom in (
        ("3.9", "base", ""),
        ("3.10", "base", "env.appinfo.OS != 'Android'"),
        ("3.10a1", "base", ""),
        ("3.11", "tiny", ANDROID),
        ("4.0a2", "base", NIGHTLY),
    ):
        mirror.publish(marian_folder, "en-de", version, architecture, whom)
    with Web() as web:
        source = FirefoxSource(web, mirror.firefox)
        assert choose([source], EN_DE).version == "3.10"
        assert choose([source], EN_DE, "tiny").version == "3.11"
        with pytest.raises(LanguagePairNotSupportedError, match="there are: base, tiny") as error:
            choose([source], EN_DE, "huge")
    assert "'huge'" in sentence(error)


def test_a_trial_version_is_better_than_none(mirror: Mirror, marian_folder: Path) -> None:
    mirror.publish(marian_folder, "en-nb", "3.0a1", "base", NIGHTLY)
    with Web() as web:
        offer = choose([FirefoxSource(web, mirror.firefox)], LanguagePair("en", "nb"))
    assert offer.version == "3.0a1"


def test_a_source_that_lacks_the_pair_is_passed_over(
    published: Mirror, marian_folder: Path
) -> None:
    with Mirror() as other, Web() as web:
        other.publish(marian_folder, "en-fr")
        sources = [FirefoxSource(web, other.firefox), FirefoxSource(web, published.firefox)]
        assert choose(sources, EN_DE).origin.endswith(published.firefox)
        with pytest.raises(LanguagePairNotSupportedError) as error:
            choose(sources, LanguagePair("es", "ca"))
    assert sentence(error) == "Firefox has no model for es-ca; Firefox has no model for es-ca"


def test_a_list_may_have_several_pages(mirror: Mirror, marian_folder: Path) -> None:
    mirror.publish(marian_folder, "en-de")
    mirror.next_page = json.dumps({"data": mirror.records}).encode()
    mirror.records = []
    with Web() as web:
        assert choose([FirefoxSource(web, mirror.firefox)], EN_DE).pair == EN_DE


def test_a_version_without_its_vocabulary_is_passed_over(
    mirror: Mirror, marian_folder: Path
) -> None:
    mirror.publish(marian_folder, "en-de", "3.0")
    mirror.publish(marian_folder, "en-de", "3.1")
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
    published.status[VOCABULARY] = [404]
    with pytest.raises(ModelFilesError):
        get(published, store)
    get(published, store)
    assert [path for path, _ in files_asked(published)] == [MODEL, VOCABULARY, VOCABULARY]


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
    published.records[0]["decompressedHash"] = "0" * 64
    with pytest.raises(ModelFilesError, match="unpacked its checksum is sha256:") as error:
        get(published, store)
    assert MODEL in sentence(error)
    assert store.models() == []


def test_a_few_bytes_that_stand_for_many_are_not_unpacked(published: Mirror, store: Store) -> None:
    packed = zstandard.compress(bytes(64 << 20))
    [record] = [r for r in published.records if MODEL.endswith(r["attachment"]["location"])]
    record["attachment"] |= {"hash": hashlib.sha256(packed).hexdigest(), "size": len(packed)}
    published.pages[MODEL] = packed
    with pytest.raises(ModelFilesError, match=r"unpacked it has more than \d+ bytes"):
        get(published, store)
    assert store.models() == []
    assert sum(path.stat().st_size for path in store.root.rglob("*") if path.is_file()) < 1 << 20


def test_what_was_changed_since_it_was_pulled_is_not_served(
    published: Mirror, store: Store
) -> None:
    """Another vocabulary of the same size, or a byte that a disk has lost, would say nonsense."""
    model, _ = get(published, store)
    settings = ServerConfig(models=("en-de",), store=store.root, precision="float32")
    for file in model.manifest.files:
        path = model.folder / file.name
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        with pytest.raises(ModelFilesError, match=f"{file.name}: is not what was pulled"):
            describe_models(settings)
        path.write_bytes(before)
    assert len(describe_models(settings)) == 1


def test_more_than_was_promised_is_not_taken(published: Mirror, store: Store) -> None:
    published.pages[MODEL] += b"more"
    with pytest.raises(ModelFilesError, match=r"it has more than \d+ bytes"):
        get(published, store)


def test_a_file_that_is_gone(published: Mirror, store: Store) -> None:
    del published.pages[MODEL]
    with pytest.raises(ModelFilesError, match="404 Not Found: it is gone, or not public") as error:
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


def test_a_pair_that_is_not_there_has_near_ones(mirror: Mirror, marian_folder: Path) -> None:
    for pair in ("en-zh-Hans", "en-zh-Hant", "ja-en", "en-de"):
        mirror.publish(marian_folder, pair)
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
    published: Mirror, store: Store, marian_folder: Path
) -> None:
    published.publish(marian_folder, "en-de", architecture="tiny")
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
