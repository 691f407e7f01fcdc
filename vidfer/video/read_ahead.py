"""Decoding ahead of the consumer, in one thread, with bounded memory."""

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

Item = TypeVar("Item")

# How often a waiting producer looks whether its consumer is gone.
_POLL_S: Final = 0.1


class _End:
    """Follows the last item; carries the producer's error, if any."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


@contextmanager
def read_ahead(items: Iterable[Item], *, depth: int) -> Generator[Iterator[Item], None, None]:
    """Iterate over `items` in a thread, at most `depth` items ahead.

    An error of the producer is raised where the consumer asks for the next item. When the
    block is left, by whatever way, the thread has ended before anything after it runs.
    """
    waiting: queue.Queue[Item | _End] = queue.Queue(maxsize=depth)
    stopped = threading.Event()
    thread = threading.Thread(
        target=_produce, args=(items, waiting, stopped), name="vidfer-read-ahead", daemon=True
    )
    thread.start()
    try:
        yield _consume(waiting)
    finally:
        stopped.set()
        thread.join()


def _produce(
    items: Iterable[Item], waiting: "queue.Queue[Item | _End]", stopped: threading.Event
) -> None:
    error: BaseException | None = None
    try:
        for item in items:
            if not _put(item, waiting, stopped):
                return
    except BaseException as caught:  # noqa: BLE001 - handed to the consumer, which raises it
        error = caught
    _put(_End(error), waiting, stopped)


def _put(item: Item | _End, waiting: "queue.Queue[Item | _End]", stopped: threading.Event) -> bool:
    """Queue `item` as soon as there is room; return False if the consumer left meanwhile."""
    while not stopped.is_set():
        try:
            waiting.put(item, timeout=_POLL_S)
            return True
        except queue.Full:
            continue
    return False


def _consume(waiting: "queue.Queue[Item | _End]") -> Iterator[Item]:
    while True:
        item = waiting.get()
        if isinstance(item, _End):
            if item.error is not None:
                raise item.error
            return
        yield item
