"""Names from files, where people see them."""


def visible(text: str) -> str:
    """Return `text` with control characters escaped, so that a name cannot steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
