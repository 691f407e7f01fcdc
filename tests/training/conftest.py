"""What the tests of training share: one thread and synthetic, separable pictures."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from vidfer.batches import CROP_SIDE_PX
from vidfer.emotions import EMOTIONS
from vidfer.training.data import LabelledFaces


@pytest.fixture(autouse=True)
def _one_thread(one_torch_thread):
    """Networks give the same bits only with the same number of threads."""


@pytest.fixture(scope="session")
def make_faces() -> Callable[..., LabelledFaces]:
    """Makes `count` pictures, each with a bright bar where its label says, and noise."""

    def make(count: int, *, seed: int = 0) -> LabelledFaces:
        random = np.random.default_rng(seed)
        labels = np.arange(count, dtype=np.int64) % len(EMOTIONS)
        pictures = random.integers(0, 60, (count, CROP_SIDE_PX, CROP_SIDE_PX), dtype=np.uint8)
        for picture, label in zip(pictures, labels):
            picture[6 * label : 6 * label + 6, 4:30] += 150
        return LabelledFaces(pictures=pictures, labels=labels)

    return make


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    """Encodes a picture (H, W) or (H, W, 3)."""

    def encode_picture(picture: np.ndarray, *, kind: str = "PNG", **options: object) -> bytes:
        stream = io.BytesIO()
        Image.fromarray(picture).save(stream, kind, **options)
        return stream.getvalue()

    return encode_picture


@pytest.fixture(scope="session")
def write_faces(encode) -> Callable[[Path, LabelledFaces], Path]:
    """Writes pictures as FER2013's Parquet files hold them, and returns the path."""

    def write(path: Path, faces: LabelledFaces) -> Path:
        table = pa.table(
            {
                "emotion": pa.array(faces.labels, pa.uint8()),
                "image": pa.array([encode(p) for p in faces.pictures], pa.large_binary()),
            }
        )
        pq.write_table(table, path)
        return path

    return write


@pytest.fixture(scope="session")
def write_csv() -> Callable[..., Path]:
    """Writes pictures as FER2013's CSV files hold them, and returns the path.

    Without `usages` there is no column for them; `header` stands in for the names.
    """

    def write(
        path: Path,
        faces: LabelledFaces,
        *,
        usages: list[str] | None = None,
        header: str = "",
    ) -> Path:
        lines = [header or ("emotion,pixels" + (",Usage" if usages else ""))]
        for row, (picture, label) in enumerate(zip(faces.pictures, faces.labels)):
            pixels = " ".join(map(str, picture.ravel().tolist()))
            lines.append(f"{label},{pixels}" + (f",{usages[row]}" if usages else ""))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write
