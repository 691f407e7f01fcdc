"""What a worker may take before it is ended."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When a worker is given up.

    stall_s: longest time without news of its job, in seconds.
    start_s: the same before its work is made: libraries and networks have to be loaded.
    memory_bytes: most resident memory with all that it started; None for no limit.
    """

    stall_s: float = 120.0
    start_s: float = 120.0
    memory_bytes: int | None = None
