"""A worker's first lines: run as a file, before anything can be imported.

    python bootstrap.py DESCRIPTOR PARENT PRELOAD PATH...

The worker is to find what its parent finds, so it takes over the parent's `sys.path` before
it imports, and vidfer from this very folder: the working directory may have changed since
the parent imported it.
"""

import sys


def _adopt_vidfer() -> None:
    """Import vidfer from the folder that holds this file."""
    from importlib.util import module_from_spec, spec_from_file_location

    folder = __file__.rpartition("/engine/")[0]
    spec = spec_from_file_location(
        "vidfer", f"{folder}/__init__.py", submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["vidfer"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    sys.path[:] = sys.argv[4:]
    _adopt_vidfer()
    from vidfer.engine.worker import main

    main(descriptor=int(sys.argv[1]), parent=int(sys.argv[2]), preload=sys.argv[3])
