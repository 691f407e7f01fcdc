"""Stamps become seconds exactly until the last step."""

from fractions import Fraction

import pytest

from vidfer.video.clock import Clock

TIME_BASES = (Fraction(1, 90_000), Fraction(1001, 30_000), Fraction(1, 10), Fraction(3))
STARTS = (Fraction(0), Fraction(5), Fraction(5_039_063, 1_000_000), Fraction(-7, 12_800))


@pytest.mark.parametrize("start", STARTS, ids=str)
@pytest.mark.parametrize("time_base", TIME_BASES, ids=str)
def test_times_are_those_of_exact_fractions(time_base, start):
    clock = Clock(time_base=time_base, start=start)
    for stamp in (-3, 0, 1, 56, 10**6 + 1, 10**12 + 7):
        assert clock.time_s(stamp) == float(stamp * time_base - start)
        assert clock.length_s(stamp) == float(stamp * time_base)


def test_a_difference_of_decimals_is_that_decimal():
    assert Clock(time_base=Fraction(1, 10), start=Fraction(5)).time_s(56) == 0.6
