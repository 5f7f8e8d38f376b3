"""Ray: no pool that would hang, batches with a status for each cell, and shards as elsewhere."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from translator.errors import ClientError, OperatorError
from translator.jobs.config import load_job
from translator.jobs.memory import Memory, MemoryEntry
from translator.jobs.ray_pool import fitting, from_anywhere
from translator.ray import Translate

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("resources", "wanted", "cpus", "gpus", "workers"),
    [
        ({"CPU": 8}, 0, 1, 0, 7),
        ({"CPU": 8}, 7, 1, 0, 7),
        ({"CPU": 2}, 0, 0.5, 0, 2),
        ({"CPU": 16, "GPU": 2}, 0, 1, 0.5, 4),
        ({"CPU": 16, "GPU": 2}, 0, 1, 0.4, 4),
        ({"CPU": 16, "GPU": 3}, 0, 1, 2, 1),
        ({"CPU": 3, "GPU": 8}, 0, 1, 1, 2),
    ],
)
def test_as_many_workers_as_fit(
    resources: dict[str, float], wanted: int, cpus: float, gpus: float, workers: int
) -> None:
    assert fitting(resources, wanted, cpus, gpus) == workers


@pytest.mark.parametrize(
    ("resources", "wanted", "gpus", "told"),
    [
        ({"CPU": 2}, 2, 0, "2 workers with 1 CPUs each leave none of the 2 CPUs of the cluster"),
        ({"CPU": 1}, 0, 0, "waits for ever; at most 0 workers fit"),
        ({"CPU": 8}, 0, 0.5, "1 workers need 0.5 GPUs each, and the cluster has 0"),
        ({"CPU": 8, "GPU": 1}, 3, 0.5, "at most 2 workers fit"),
    ],
)
def test_a_pool_that_would_hang_is_refused(
    resources: dict[str, float], wanted: int, gpus: float, told: str
) -> None:
    with pytest.raises(OperatorError, match=told):
        fitting(resources, wanted, 1, gpus)


def test_a_job_for_other_machines_has_whole_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"input": "a.csv", "output": "/b.csv", "memory": "m.db", "models": ["en-pt=m", "pt-en"]}
    job = from_anywhere(load_job(None, given))
    assert (job.input, job.output) == (f"{tmp_path}/a.csv", "/b.csv")
    assert (job.memory, job.glossary) == (tmp_path / "m.db", None)
    assert job.models == (f"en-pt={tmp_path}/m", "pt-en")


def test_batches_have_a_status_for_each_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRANSLATOR_FAKE_MODEL", "true")
    with Memory(tmp_path / "memory") as memory:
        memory.add([MemoryEntry("Chair", "Decided", "xx", "yy", 1)])
    translate = Translate(
        ["title,max=8", "body:html,into=done"], source="xx", target="yy", keeps=False,
        memory=tmp_path / "memory",
    )  # fmt: skip
    batch: dict[str, list[Any]] = {
        "title": ["Red lamp", "Chair", None, float("nan"), "A table.", " "],
        "body": ["<b>Soft</b>", "", "x" * 600_000, 7, "<p>12</p>", "\ud800"],
        "sku": [1, 2, 3, 4, 5, 6],
    }
    for _ in range(2):
        done = translate(batch)
        assert list(done) == ["title", "body", "sku", "title_yy", "title_yy_status", "done",
                              "done_status"]  # fmt: skip
        assert done["title_yy"] == ["RED LAMP~.", "Decided", None, None, "A TABLE.", None]
        assert done["title_yy_status"] == ["TOO_LONG", "OK", "", "", "OK", ""]
        assert done["done"] == ["<b>SOFT~.</b>", None, None, None, "<p>12</p>", None]
        assert done["done_status"][:2] == ["OK", ""]
        assert done["done_status"][2] == "INVALID_REQUEST"
        assert done["done_status"][5] in {"NOT_ENCODABLE", "INVALID_REQUEST"}
        assert done["sku"] == batch["sku"]
        assert batch["title"][1] == "Chair"
    translate.close()


def test_a_rule_that_is_none_is_told_before_any_batch() -> None:
    with pytest.raises(ClientError, match="'size' is no option"):
        Translate(["title,size"])
    with pytest.raises(ClientError, match="glosary"):
        Translate(["title"], glosary="x")


DATA = """
import sys, ray
from translator.ray import Translate
ray.init(address="local", num_cpus=2, log_to_driver=False)
ds = ray.data.from_items([{"title": f"Lamp {n}", "sku": f"00{n}"} for n in range(40)])
ds = ds.map_batches(
    Translate, fn_constructor_args=(["title"],), concurrency=1, num_cpus=1, batch_size=16,
    fn_constructor_kwargs={"source": "xx", "target": "yy", "keeps": False},
)
rows = sorted(ds.take_all(), key=lambda row: row["sku"])
assert len(rows) == 40
assert all(row["title_yy"] == f"LAMP {row['sku'][2:]}~." for row in rows), rows[:2]
assert {row["title_yy_status"] for row in rows} == {"OK"}
"""


def ray_run(*arguments: str, folder: Path) -> None:
    environment = os.environ | {
        "TRANSLATOR_FAKE_MODEL": "true",
        "RAY_USAGE_STATS_ENABLED": "0",
        # On a busy machine it takes its time.
        "RAY_raylet_start_wait_time_s": "100",
    }
    result = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=280,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_cluster_writes_what_one_process_writes(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra [ray]")
    rows = "".join(f"{n:03},Red lamp {n}\n" for n in range(200))
    (tmp_path / "shop.csv").write_text(f"sku,title\n{rows}")
    words = ("--from", "xx", "--to", "yy", "--column", "title", "--no-store")
    batch = ("-m", "translator", "batch", "shop.csv")
    ray_run(*batch, "whole.csv", *words, folder=tmp_path)
    ray_run(*batch, "out.csv", *words, "--shards", "3", "--ray", "local", folder=tmp_path)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_data_set_is_translated(tmp_path: Path) -> None:
    pytest.importorskip("ray.data", reason="needs the extra [ray]")
    ray_run("-c", DATA, folder=tmp_path)
