"""What the supervisor and a worker say to each other, and how it is packed."""

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vidfer.engine.contract import WorkError
from vidfer.errors import VidferError


@dataclass(frozen=True)
class Start:
    """To a worker, first: what makes the work, and what to add to the environment before."""

    make_work: Callable[[], Any]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Ready:
    """From a worker: the work is made."""


@dataclass(frozen=True)
class Told:
    """From a worker: its job's progress."""

    progress: Any


@dataclass(frozen=True)
class Done:
    """From a worker: its job's result."""

    result: Any


@dataclass(frozen=True)
class Raised:
    """From a worker, last: the error that ends the run, and where it came up."""

    error: Exception
    trace: str


Message = Ready | Told | Done | Raised


def packed(message: Any) -> bytes:
    """Return a message as bytes; raises what pickle raises."""
    return pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)


def unpacked(content: bytes) -> Any:
    """Return what `packed` was given."""
    return pickle.loads(content)


def portable(error: Exception) -> Exception:
    """Return an error that can be sent and that brings no library into the supervisor."""
    own = isinstance(error, VidferError) or type(error).__module__ == "builtins"
    try:
        if own and type(unpacked(packed(error))) is type(error):
            return error
    except Exception:  # noqa: BLE001 - an error's own constructor may do anything
        pass
    return WorkError(f"A worker met an error: {type(error).__name__}: {error}")
