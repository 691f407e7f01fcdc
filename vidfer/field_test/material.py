"""Finding out what a user's labels are: a CSV file or class folders."""

import os
from pathlib import Path

from vidfer.errors import DataError, UsageError
from vidfer.field_test.class_folders import read_class_folders
from vidfer.field_test.items import Material, absolute
from vidfer.field_test.label_file import read_label_file


def read_material(data: Path, *, output: Path | None) -> Material:
    """Return the items that a CSV file names, or that class folders hold.

    Raises:
        DataError: `data` is neither, or a label is wrong.
        UsageError: items lie in the folder `output`, where results go.
    """
    exclude = None if output is None else absolute(output)
    if os.path.isdir(data):
        material = read_class_folders(data, exclude=exclude)
    elif os.path.isfile(data):
        material = read_label_file(data)
    else:
        raise DataError(
            f"There is no file or folder {data}: name a CSV file with the columns 'path' and "
            "'emotion', or a folder of class folders."
        )
    inside = [item.shown for item in material.items if exclude in item.path.parents]
    if inside:
        raise UsageError(
            f"{inside[0]} lies in the output folder {output}: choose another output with -o."
        )
    return material
