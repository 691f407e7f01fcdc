"""Waiting for a page from outside: its policy forbids what playwright's own way needs."""

import time


def wait_until(page, expression: str, *, limit_s: float = 20.0) -> None:
    """Wait until a JavaScript expression is true."""
    end = time.monotonic() + limit_s
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"still false after {limit_s:g} s: {expression}"
        page.wait_for_timeout(30)
