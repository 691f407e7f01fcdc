"""Rows of finished pictures outlive a stop."""

import pyarrow as pa
import pytest

from vidfer.errors import OutputError
from vidfer.field_test.picture_store import PictureStore
from vidfer.timeline.schema import TIMELINE_SCHEMA


def some_rows(count=1):
    line = {"video": "a.jpg", "frame": 0, "time_s": 0.0, "status": "no_face"}
    return pa.Table.from_pylist([line] * count, schema=TIMELINE_SCHEMA)


def test_what_was_added_before_a_stop_is_there_afterwards(tmp_path):
    with pytest.raises(KeyboardInterrupt), PictureStore(tmp_path / "pictures") as store:
        store.add("first", some_rows(2))
        raise KeyboardInterrupt
    with PictureStore(tmp_path / "pictures") as store:
        assert "first" in store
        assert store["first"].height == 2
        store.add("second", some_rows())
        assert store["second"].height == 1
    with PictureStore(tmp_path / "pictures") as store:
        assert "first" in store
        assert "second" in store
        assert "third" not in store


def test_a_damaged_file_is_named(tmp_path):
    with PictureStore(tmp_path) as store:
        store.add("first", some_rows())
    (part,) = tmp_path.glob("*.parquet")
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(OutputError, match=r"000000\.parquet is damaged"):
        PictureStore(tmp_path)
