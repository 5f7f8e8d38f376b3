"""Pulling, listing and removing models as a person or a script does it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.server.mirror import MODEL, VOCABULARY, Mirror, files_asked, get
from translator.catalog.describe import describe_models
from translator.catalog.store import Store
from translator.cli import main
from translator.config import ServerConfig

pytestmark = pytest.mark.server

COUNTING = Path(__file__).parents[1] / "models" / "counting" / "model"
COMMAND = [sys.executable, "-m", "translator", "models"]


def run(*arguments: str, **env: str) -> Result:
    """The command in this process, which has imported torch and more already."""
    clean = {key: None for key in os.environ if key.startswith("TRANSLATOR_")}
    given = {**clean, "COLUMNS": "200", **env}
    return CliRunner().invoke(main, ["models", *arguments], prog_name="translator", env=given)


def from_hub(mirror: Mirror, *arguments: str) -> Result:
    """The same where the hub is the mirror, which the library reads when it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        url = "{repo_id}/resolve/{revision}/{filename}"
        patch.setattr("huggingface_hub.constants.ENDPOINT", mirror.origin)
        patch.setattr(
            "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", f"{mirror.origin}/{url}"
        )
        return run(*arguments)


def test_pulled_listed_and_removed(published: Mirror, store: Store) -> None:
    root = str(store.root)
    pulled = run(
        "pull", "en-de", "--source", published.firefox, "--probe-s", "0.1", TRANSLATOR_STORE=root
    )
    assert pulled.exit_code == 0, pulled.stderr
    folder = store.root / "firefox-en-de-base"
    first, second = pulled.stdout.splitlines()
    assert first.startswith("firefox-en-de-base: en-de, version 3.0, ")
    assert first.endswith("licence MPL-2.0")
    assert second == str(folder)
    assert "translator serve --model en-de" in pulled.stderr
    assert "which code words it copies is not known: asking it takes longer than 0.1 s" in (
        pulled.stderr
    )
    again = run("pull", "en-de", "--source", published.firefox, "--store", root)
    assert again.stdout.splitlines()[0].endswith("was there already")
    listed = [line.split() for line in run("--store", root).stdout.splitlines()]
    [row] = [row for row in listed if row[0] == "firefox-en-de-base"]
    assert row[1:4] == ["en-de", "marian-ssru", "yes"]
    assert "MPL-2.0" in row
    assert "en-pt" in {row[1] for row in listed}
    removed = run("remove", "firefox-en-de-base", "--store", root)
    assert (removed.exit_code, folder.exists()) == (0, False)
    assert run("remove", "firefox-en-de-base", "--store", root).exit_code == 2


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
    assert done.exit_code == code
    assert says in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: ")


def test_a_disk_that_is_full_is_one_sentence_and_keeps_what_came(
    published: Mirror, store: Store
) -> None:
    size = len(published.pages[MODEL])
    pull = [*COMMAND, "pull", "en-de", "--source", published.firefox, "--store", str(store.root)]
    # The shell sets the limit: Python code between fork and exec would meet gRPC's threads.
    done = subprocess.run(
        ["bash", "-c", f'ulimit -f {size // 2048}; exec "$@"', "bash", *pull],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 5, done.stderr
    [line] = done.stderr.splitlines()
    assert "cannot be written (File too large): make room" in line
    get(published, store)
    assert published.sent[MODEL] < 2 * size


def test_ctrl_c_keeps_what_came(published: Mirror, store: Store) -> None:
    published.hold[VOCABULARY] = threading.Event()
    process = subprocess.Popen(
        [*COMMAND, "pull", "en-de", "--source", published.firefox, "--store", str(store.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while (VOCABULARY, "") not in published.asked:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    published.hold[VOCABULARY].set()
    get(published, store)
    assert [path for path, _ in files_asked(published)] == [MODEL, VOCABULARY, VOCABULARY]


def test_a_model_of_the_hub(mirror: Mirror, store: Store) -> None:
    id_ = "Helsinki-NLP/opus-mt-en-pt"
    mirror.publish_on_hub(COUNTING, id_, "---\nlicense: cc-by-4.0\n---\nIt counts.\n")
    weights = next(path for path in mirror.pages if path.endswith(".safetensors"))
    size = len(mirror.pages[weights])
    mirror.cut_after[weights] = size // 2
    options = ("--source", "hub", "--store", str(store.root), "--probe-s", "0")
    done = from_hub(mirror, "pull", "en-pt", *options)
    assert done.exit_code == 0, done.stderr
    assert "licence cc-by-4.0" in done.stdout
    # It went on where it broke off.
    assert mirror.sent[weights] == size
    [stored] = store.models()
    assert stored.name == "Helsinki-NLP--opus-mt-en-pt"
    assert {file.name for file in stored.manifest.files} == {
        "README.md",
        *(file.name for file in COUNTING.iterdir()),
    }
    [model] = describe_models(ServerConfig(models=("en-pt",), store=store.root))
    assert model.info.license == "cc-by-4.0"
    assert model.load().info == model.info
    assert model.info.origin == f"{mirror.origin}/{id_}"
    listed = run("--store", str(store.root)).stdout
    assert "transformers" in listed
    missing = from_hub(mirror, "pull", "en-xx", "--source", "hub", "--store", str(store.root))
    assert missing.exit_code == 2, missing.stderr
    assert "Helsinki-NLP/opus-mt-en-xx" in missing.stderr


def test_a_model_of_the_hub_without_weights(mirror: Mirror, store: Store, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "config.json").write_text(json.dumps({"model_type": "marian"}))
    mirror.publish_on_hub(tmp_path / "bare", "someone/bare", "---\nlicense: mit\n---\n")
    # As its user names another hub.
    hub = {"HF_ENDPOINT": mirror.origin, "HF_HOME": str(tmp_path / "hub")}
    pull = [*COMMAND, "pull", "en-pt", "--from", "someone/bare", "--store", str(store.root)]
    done = subprocess.run(
        pull, capture_output=True, text=True, timeout=60, env=os.environ | hub, check=False
    )
    assert done.returncode == 5
    assert "someone/bare: has no weights" in done.stderr
