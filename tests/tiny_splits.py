"""Three tiny splits whose test pictures are in part copies of training pictures."""

from collections.abc import Callable
from pathlib import Path

from vidfer.training.data import LabelledFaces

TRAINING, PUBLIC, PRIVATE = 64, 21, 28
PUBLIC_COPIES, PRIVATE_COPIES = 2, 3


def write_tiny_splits(
    folder: Path,
    make_faces: Callable[..., LabelledFaces],
    write_faces: Callable[[Path, LabelledFaces], Path],
) -> Path:
    """Write them as FER2013's Parquet files; return the folder."""
    training = make_faces(TRAINING)
    public = _with_copies(make_faces(PUBLIC, seed=1), training, PUBLIC_COPIES)
    private = _with_copies(make_faces(PRIVATE, seed=2), training, PRIVATE_COPIES)
    write_faces(folder / "training.parquet", training)
    write_faces(folder / "public_test.parquet", public)
    write_faces(folder / "private_test.parquet", private)
    return folder


def _with_copies(faces: LabelledFaces, training: LabelledFaces, count: int) -> LabelledFaces:
    pictures = faces.pictures.copy()
    pictures[:count] = training.pictures[:count]
    return LabelledFaces(pictures=pictures, labels=faces.labels)
