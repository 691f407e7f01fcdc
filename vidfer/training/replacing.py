"""Files that take the place of older ones when all of them are complete."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(*paths: Path) -> Iterator[list[Path]]:
    """Give a hidden file beside each path to write to; after the block they become `paths`.

    They are renamed in the order of `paths`, and only if the block ended well. What was
    there before stays whole until then.
    """
    temporaries = [path.with_name(f".{path.name}.partial") for path in paths]
    try:
        yield temporaries
        for temporary in temporaries:
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
        for temporary, path in zip(temporaries, paths):
            os.replace(temporary, path)
    finally:
        for temporary in temporaries:
            temporary.unlink(missing_ok=True)
