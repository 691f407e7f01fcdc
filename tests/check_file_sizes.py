"""Refuse files over half a megabyte: `python tests/check_file_sizes.py FILE...`."""

import sys
from pathlib import Path

MOST_BYTES = 500_000


def main() -> int:
    """Return 1 if any of the named files is too large."""
    large = [name for name in sys.argv[1:] if Path(name).stat().st_size > MOST_BYTES]
    for name in large:
        print(f"{name} is larger than {MOST_BYTES} bytes")
    return 1 if large else 0


if __name__ == "__main__":
    sys.exit(main())
