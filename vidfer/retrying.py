"""Trying again what a disk or a network refused for a moment."""

import errno
import time
from collections.abc import Callable
from typing import Final, TypeVar

from vidfer.errors import VideoReadError

Result = TypeVar("Result")

# Seconds to wait before each further try: an overloaded server needs some, a reconnect more.
PAUSES_S: Final = (0.5, 2.0, 8.0)

# What passes by itself, as against a file that may not be read or is not there.
_PASSING: Final = frozenset(
    {
        errno.EIO,
        errno.EAGAIN,
        errno.EBUSY,
        errno.EINTR,
        errno.ETIMEDOUT,
        errno.ECONNRESET,
        errno.ECONNABORTED,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.ENETRESET,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENOTCONN,
        errno.ENOBUFS,
        errno.ESTALE,
        errno.EREMOTEIO,
    }
)

# A pause is told of this often, so that nobody takes it for a standstill.
_BREATH_S: Final = 1.0


def is_passing(error: VideoReadError) -> bool:
    """Tell whether a file could not be read for a reason that may pass by itself."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno in _PASSING


def with_retries(
    attempt: Callable[[], Result],
    *,
    on_pause: Callable[[], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Result:
    """Return what `attempt` returns, trying again with pauses that grow.

    `on_pause` is called at least once a second while it waits.

    Raises:
        VideoReadError: it still fails after the last pause, or for a reason that stays.
    """
    for pause_s in PAUSES_S:
        try:
            return attempt()
        except VideoReadError as error:
            if not is_passing(error):
                raise
        _wait(pause_s, on_pause, sleep)
    return attempt()


def _wait(pause_s: float, on_pause: Callable[[], None], sleep: Callable[[float], None]) -> None:
    while pause_s > 0:
        on_pause()
        sleep(min(_BREATH_S, pause_s))
        pause_s -= _BREATH_S
