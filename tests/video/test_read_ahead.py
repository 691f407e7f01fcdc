"""Decoding ahead in a thread: order, errors, bounded memory, and no thread left behind."""

import itertools
import threading
from collections.abc import Iterable, Iterator

import pytest

from vidfer.video.read_ahead import read_ahead

# A lost wake-up or a thread that never ends hangs; nothing here takes long.
pytestmark = pytest.mark.timeout(20)

WAIT_S = 10.0


class Counted:
    """Items 0, 1, 2, ... that counts those it made and can be waited for."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.made = 0
        self._changed = threading.Condition()

    def __iter__(self) -> Iterator[int]:
        for item in range(self._count):
            with self._changed:
                self.made += 1
                self._changed.notify_all()
            yield item

    def wait_until_made(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.made >= count, timeout=WAIT_S)

    def makes_more_than(self, count: int, *, within_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.made > count, timeout=within_s)


class DecoderBroke(Exception):  # noqa: N818
    pass


class ConsumerBroke(Exception):  # noqa: N818
    pass


def breaking_after(count: int) -> Iterator[int]:
    yield from range(count)
    raise DecoderBroke


def consume_and_break(items: Iterable[int]) -> None:
    with read_ahead(items, depth=1) as ahead:
        next(ahead)
        raise ConsumerBroke


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


@pytest.mark.parametrize("depth", [1, 2, 100])
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_items_come_in_order_and_all(count, depth):
    with read_ahead(range(count), depth=depth) as items:
        assert list(items) == list(range(count))


def test_items_are_passed_on_and_not_copied():
    made = [object() for _ in range(5)]
    with read_ahead(made, depth=1) as items:
        assert all(got is one for got, one in zip(items, made))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_an_error_of_the_producer_comes_after_the_items_before_it(count):
    with read_ahead(breaking_after(count), depth=2) as items:
        got = list(itertools.islice(items, count))
        with pytest.raises(DecoderBroke):
            next(items)
    assert got == list(range(count))


def test_an_error_of_the_producer_does_not_matter_to_a_consumer_that_left_before_it():
    with read_ahead(breaking_after(3), depth=5) as items:
        assert next(items) == 0


def test_an_interruption_in_the_producer_is_raised_too():
    def interrupted() -> Iterator[int]:
        yield 0
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), read_ahead(interrupted(), depth=1) as items:
        list(items)


@pytest.mark.parametrize("count", [1, 3, 1000])
def test_an_error_of_the_consumer_is_raised_unchanged(count):
    before = threads()
    with pytest.raises(ConsumerBroke):
        consume_and_break(range(count))
    assert threads() == before


@pytest.mark.parametrize("depth", [1, 2, 7])
def test_at_most_depth_and_one_items_are_made_ahead_of_a_stalled_consumer(depth):
    source = Counted(1000)
    with read_ahead(source, depth=depth) as items:
        assert source.wait_until_made(depth + 1)
        assert not source.makes_more_than(depth + 1, within_s=0.3)
        next(items)
        assert source.wait_until_made(depth + 2)
        assert not source.makes_more_than(depth + 2, within_s=0.3)


def test_the_producer_works_while_the_consumer_does():
    source = Counted(3)
    with read_ahead(source, depth=2) as items:
        next(items)
        assert source.wait_until_made(3)


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_a_consumer_may_leave_early(taken):
    before = threads()
    source = Counted(1_000_000)
    with read_ahead(source, depth=2) as items:
        assert list(itertools.islice(items, taken)) == list(range(taken))
    made = source.made
    assert threads() == before
    assert made <= taken + 3
    assert not source.makes_more_than(made, within_s=0.2)


@pytest.mark.parametrize("count", [0, 1, 10])
def test_the_thread_is_gone_after_the_block(count):
    before = threads()
    with read_ahead(range(count), depth=2) as items:
        list(items)
    assert threads() == before


def test_the_thread_is_gone_after_an_error_of_the_producer():
    before = threads()
    with pytest.raises(DecoderBroke), read_ahead(breaking_after(1), depth=1) as items:
        list(items)
    assert threads() == before


def test_the_producer_runs_in_one_other_thread():
    makers = []

    def observed() -> Iterator[int]:
        for item in range(5):
            makers.append(threading.get_ident())
            yield item

    with read_ahead(observed(), depth=2) as items:
        list(items)
    assert len(set(makers)) == 1
    assert threading.get_ident() not in makers


def test_two_readings_at_once_do_not_mix():
    with read_ahead(range(50), depth=1) as low, read_ahead(range(100, 150), depth=1) as high:
        assert list(zip(low, high)) == list(zip(range(50), range(100, 150)))
