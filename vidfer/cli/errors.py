"""Errors to one sentence on stderr and an exit code."""

import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final

import click

from vidfer.errors import VidferError

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130

_REDELIVERY_S: Final = 0.01


@contextmanager
def reported() -> Generator[None, None, None]:
    """Turn vidfer's errors into a sentence and exit code 2, and a stop into 130."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.unraisablehook = _redeliver
    try:
        yield
    except VidferError as error:
        click.echo(f"vidfer: {error}", err=True)
        sys.exit(EXIT_USAGE)
    except KeyboardInterrupt:
        click.echo("vidfer: stopped.", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has left ('| head'): there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _redeliver(swallowed: "UnraisableHookArgs") -> None:
    """Send a stop once more that came in a finaliser or callback, where Python drops it."""
    if not issubclass(swallowed.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(swallowed)
        return
    # Later, and from another thread: what this hook itself raises is dropped, too.
    threading.Timer(_REDELIVERY_S, os.kill, (os.getpid(), signal.SIGTERM)).start()
