"""A stream's time stamps as seconds from the container's start."""

from fractions import Fraction


class Clock:
    """Converts stamps exactly until the last step: 5.6 - 5.0 in floats is less than 0.6.

    Works on whole numbers because it runs for every frame, and fractions reduce themselves
    at every step.
    """

    def __init__(self, *, time_base: Fraction, start: Fraction) -> None:
        """Take the seconds that one tick lasts, and the time in seconds that is shown as 0."""
        self._tick = time_base.numerator * start.denominator
        self._start = start.numerator * time_base.denominator
        self._second = time_base.denominator * start.denominator

    def time_s(self, stamp: int) -> float:
        """Return when a stamp is shown."""
        return (stamp * self._tick - self._start) / self._second

    def stamp(self, time_s: float) -> int:
        """Return the stamp that is shown at a time which `time_s` gave."""
        return round((time_s * self._second + self._start) / self._tick)

    def length_s(self, ticks: int) -> float:
        """Return how long ticks last."""
        return ticks * self._tick / self._second
