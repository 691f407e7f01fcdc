"""Rows that wait are the rows that come out, in their order, once."""

import pyarrow as pa
import pytest

from tests.timeline.test_rows import rows_of
from vidfer.timeline.row_buffer import RowBuffer


@pytest.mark.parametrize("count", [1, 15, 16, 17, 50])
def test_what_goes_in_comes_out_in_order(count):
    tables = [rows_of([number % 3, 1]) for number in range(count)]
    waiting = RowBuffer()
    for table in tables:
        waiting.add(table)
    wanted = pa.concat_tables(tables)
    assert waiting.rows == len(wanted)
    taken = waiting.take()
    assert taken.to_pydict() == wanted.to_pydict()
    assert taken["status"].num_chunks == 1
    assert (waiting.rows, waiting.take()) == (0, None)
