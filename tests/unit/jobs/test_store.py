"""The store: what was put in comes out, whoever else uses it, and what is no store is told."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.engine.request import Hypothesis, Priority, Request
from translator.jobs.hypotheses import StoredHypotheses, pack, unpack
from translator.jobs.store import Store, StoreError, key_of

pytestmark = pytest.mark.unit


def test_entries_are_there_when_it_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "store.db"
    entries = {key_of("a", str(number)): str(number).encode() for number in range(1200)}
    with Store(path) as store:
        store.put(entries)
        store.put({})
    with Store(path) as store:
        assert store.get([*entries, key_of("b")]) == entries
        assert store.stats().num_entries == 1200


def test_keys_tell_their_parts() -> None:
    keys = {
        key_of("ab", "c"),
        key_of("a", "bc"),
        key_of("abc"),
        key_of("", "abc"),
        key_of("\udc80"),
    }
    assert len(keys) == 5


def test_the_oldest_entries_go_when_it_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store(path) as store:
        store.put({key_of(str(n)): os.urandom(500) for n in range(1000)})
    with sqlite3.connect(path) as database:
        database.execute("UPDATE entries SET day = day - 1")
    used = [key_of(str(n)) for n in range(100)]
    with Store(path, max_bytes=500_000) as store:
        assert len(store.get(used)) == 100
        store.put({key_of("new"): b"x"})
        assert store.stats().num_entries < 1000
        assert len(store.get([*used, key_of("new")])) == 101


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"not a database at all, but a text", "file is not a database"),
        (b"SQLite format 3\0" + bytes(200), "file is not a database"),
    ],
)
def test_what_is_no_store_is_told(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=sentence):
        Store(path)


def test_another_database_and_another_version_are_told(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (x)")
    with pytest.raises(StoreError, match="is not a store of translations"):
        Store(other)
    newer = tmp_path / "newer.db"
    Store(newer).close()
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="has format 99, and this version reads 1"):
        Store(newer)


def test_a_store_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file"):
        Store(tmp_path / "file" / "store.db")


WRITES = """
import sys
from pathlib import Path
from translator.jobs.store import Store, key_of
with Store(Path(sys.argv[1])) as store:
    for n in range(40):
        store.put({key_of(sys.argv[2], str(n), str(m)): b"x" for m in range(25)})
"""


def test_several_processes_share_it(tmp_path: Path) -> None:
    path = str(tmp_path / "store.db")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITES, path, str(number)]) for number in range(3)
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    with Store(Path(path)) as store:
        assert store.stats().num_entries == 3000


@given(
    st.lists(st.tuples(st.integers(0, 300_000), st.integers(0, 511)), max_size=60), st.booleans()
)
def test_hypotheses_are_kept_whole(tokens: list[tuple[int, int]], truncated: bool) -> None:
    ids, aligned = (tuple(each) for each in zip(*tokens, strict=True)) if tokens else ((), ())
    hypothesis = Hypothesis(ids, aligned, (0.0,) * len(ids), truncated)
    assert unpack(pack(hypothesis)) == hypothesis
    unaligned = Hypothesis(ids, (), (0.0,) * len(ids), truncated)
    assert unpack(pack(unaligned)) == unaligned


def test_a_hypothesis_answers_the_same_request_of_the_same_model_only(tmp_path: Path) -> None:
    def request(model: str = "m", source: tuple[int, ...] = (1, 2), prefix: int = 0) -> Request:
        return Request(("k", "0"), 0, model, source, (7,) * prefix, priority=Priority.UNARY)

    said = Hypothesis((3, 4), (0, 1), (0.0, 0.0))
    with Store(tmp_path / "store.db") as store:
        memo = StoredHypotheses(store, lambda name: f"weights of {name}")
        memo.put(request(), said)
        assert memo.get(request()) == said
        memo.flush()
    with Store(tmp_path / "store.db") as store:
        assert StoredHypotheses(store, lambda name: f"weights of {name}").get(request()) == said
        memo = StoredHypotheses(store, lambda name: f"other weights of {name}")
        assert memo.get(request()) is None
        memo = StoredHypotheses(store, lambda name: f"weights of {name}")
        others = [request("n"), request(source=(1, 2, 0)), request(source=(1,), prefix=1)]
        assert [memo.get(other) for other in others] == [None, None, None]
