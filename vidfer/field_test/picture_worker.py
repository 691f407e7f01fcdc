"""One picture to timeline rows."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from vidfer.batches import FrameBatch
from vidfer.compute import OUT_OF_MEMORY
from vidfer.config import AnalyzeSettings
from vidfer.errors import DataError
from vidfer.field_test.decoding import decode_picture
from vidfer.stages import Stages
from vidfer.video.inputs import printable


@dataclass(frozen=True)
class PictureJob:
    """A picture to analyse, and the fingerprint of its content."""

    path: Path
    fingerprint: str


@dataclass(frozen=True)
class PictureRows:
    """A picture's timeline rows, one per face or one where there is none; or what is wrong."""

    rows: pa.Table | None
    error: str | None = None


class PictureWorker:
    """Analyses pictures one after the other with networks that are loaded once."""

    def __init__(self, settings: AnalyzeSettings) -> None:
        """Load the networks.

        Raises:
            SettingsError: the device does not exist.
            WeightsError: the model is unknown or altered.
        """
        self._max_pixels = settings.max_pixels
        self._stages = Stages(settings)

    def run(self, job: PictureJob, on_progress: Callable[[None], None]) -> PictureRows:
        """Analyse one picture; its failure is a result, not an error."""
        try:
            return PictureRows(self._analyse(job))
        except DataError as error:
            return PictureRows(None, str(error))
        except OUT_OF_MEMORY:
            return PictureRows(None, "Memory ran out: make the picture smaller, or free memory.")
        except Exception as error:  # noqa: BLE001 - one bad picture must not stop the others
            sentence = f"Unexpected {type(error).__name__}: {error} Please report this."
            return PictureRows(None, sentence)

    def _analyse(self, job: PictureJob) -> pa.Table:
        picture = decode_picture(job.path, max_pixels=self._max_pixels)
        frame = FrameBatch(frames=picture[None], index=np.zeros(1, np.int64), time_s=np.zeros(1))
        tables: list[pa.Table] = []
        self._stages.run([frame], video=printable(job.path.name), write=tables.append)
        return pa.concat_tables(tables)
