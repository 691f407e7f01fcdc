"""What a disk or a network refuses for a moment is tried again; what stays refused is not."""

import errno

import pytest

from vidfer.errors import VideoReadError
from vidfer.retrying import PAUSES_S, with_retries


class Failing:
    """Fails with some errors, one after the other, then returns."""

    def __init__(self, *codes: int | None) -> None:
        self.left = list(codes)
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if not self.left:
            return "read"
        code = self.left.pop(0)
        cause = None if code is None else OSError(code, "as the system says")
        raise VideoReadError("The file cannot be read.") from cause


def tried(attempt: Failing) -> tuple[str, list[float], int]:
    """Return what came of it, the pauses, and how often a sign of life was given in them."""
    pauses, signs = [], []
    result = with_retries(attempt, on_pause=lambda: signs.append(1), sleep=pauses.append)
    return result, pauses, len(signs)


def test_what_can_be_read_is_read_once():
    attempt = Failing()
    assert tried(attempt) == ("read", [], 0)
    assert attempt.tries == 1


@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN])
def test_a_passing_refusal_costs_a_pause(code):
    result, pauses, signs = tried(Failing(code))
    assert (result, pauses, signs) == ("read", [PAUSES_S[0]], 1)


def test_pauses_grow_and_signs_of_life_go_on():
    result, pauses, signs = tried(Failing(*[errno.EIO] * 3))
    assert result == "read"
    assert sum(pauses) == sum(PAUSES_S)
    assert list(PAUSES_S) == sorted(PAUSES_S)
    assert signs == len(pauses)
    assert max(pauses) <= 1


def test_what_does_not_pass_is_told_in_the_end():
    attempt = Failing(*[errno.EIO] * 9)
    with pytest.raises(VideoReadError, match="cannot be read"):
        tried(attempt)
    assert attempt.tries == len(PAUSES_S) + 1


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOENT, errno.ELOOP, None])
def test_what_stays_refused_is_told_at_once(code):
    attempt = Failing(code)
    with pytest.raises(VideoReadError):
        tried(attempt)
    assert attempt.tries == 1
