"""The stages that settings ask for, with their networks loaded once."""

import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pyarrow as pa

from vidfer.batches import FrameBatch
from vidfer.compute import (
    choose_device,
    choose_precision,
    keep_freed_memory,
    one_torch_thread,
    torch_threads,
)
from vidfer.computing.chunk_reader import ChunkReader
from vidfer.computing.process_reader import ProcessReader
from vidfer.config import AnalyzeSettings
from vidfer.emotion.classifier import EmotionClassifier
from vidfer.emotion.models import load_model
from vidfer.faces.aligner import load_aligner
from vidfer.faces.finder import FaceFinder
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.faces.numbering import FaceNumbering
from vidfer.faces.quality import QualityGate
from vidfer.faces.settling import Settler
from vidfer.faces.tracking import FaceTracker
from vidfer.pipeline import Keep, Tally, run_pipeline
from vidfer.profiling import UNWATCHED, Watch
from vidfer.slots import SLOT_BYTES

# RGB, which is more than planes take.
_MOST_PIXEL_BYTES: Final = 3


class Stages:
    """Analyses the frames of any number of videos, one video after the other."""

    def __init__(
        self, settings: AnalyzeSettings, *, threads: int = 1, processes: bool = False
    ) -> None:
        """Load the networks; `threads` chunks of a video are worked on at a time.

        With `processes` that is done by as many children of this process, where several
        threads would wait for each other (on the CPU) and children cost little (on Linux).
        They end with it, and with this object. One that is killed takes this process along.

        Raises:
            SettingsError: the device does not exist.
            WeightsError: the model is unknown or altered.
        """
        self._settings = settings
        keep_freed_memory()
        self.device = choose_device(settings.device)
        model = load_model(settings.model)
        self.card = model.card
        self.precision = choose_precision(settings.precision, self.device)
        classifier = EmotionClassifier(
            model,
            device=self.device,
            batch_size=settings.batch_size,
            precision=self.precision,
        )
        here = ChunkReader(self._finder(), classifier, threads=threads)
        children = processes and threads > 1
        self._reader = self._in_processes(here, threads) if children else here

    def _finder(self) -> FaceFinder:
        settings = self._settings
        cascade = MtcnnDetector(
            min_face_px=settings.min_face_px, device=self.device, precision=self.precision
        )
        gate = QualityGate(
            face_px=settings.usable_face_px,
            sharpness=settings.usable_sharpness,
            brightness_min=settings.usable_brightness_min,
            brightness_max=settings.usable_brightness_max,
            yaw_deg=settings.usable_yaw_deg,
        )
        return FaceFinder(
            cascade=cascade,
            settler=Settler(load_aligner(self.device, precision=self.precision)),
            gate=gate,
            min_score=settings.min_face_score,
            min_face_px=settings.min_face_px,
            detect_every=settings.detect_every,
            device=self.device,
        )

    def _in_processes(self, here: ChunkReader, count: int) -> ChunkReader | ProcessReader:
        """Return what reads in children of this process, or `here` where that is no gain."""
        if self.device.type != "cpu" or sys.platform != "linux":
            return here
        slot_bytes = max(SLOT_BYTES, _MOST_PIXEL_BYTES * self._settings.max_pixels)
        try:
            return ProcessReader(here, processes=count, slot_bytes=slot_bytes)
        except OSError:  # no room for more processes, or for memory to share
            return here

    def run(
        self,
        chunks: Iterable[FrameBatch],
        *,
        video: str,
        write: Callable[[pa.Table], None],
        on_chunk: Callable[[Tally], None] = lambda tally: None,
        keep: Keep = lambda *_: None,
        before: Tally | None = None,
        faces_before: Mapping[str, Any] | None = None,
        watch: Watch = UNWATCHED,
    ) -> Tally:
        """Take one video's frames, from its first chunk to its last; see run_pipeline.

        Where they are the rest of a video, `before` and `faces_before` are what `keep` was
        given when the others were done: the tally, and the numbering's state.
        """
        numbering = FaceNumbering(FaceTracker(gap_s=self._settings.track_gap_s))
        if faces_before is not None:
            numbering.restore(faces_before)
        reader = self._reader
        try:
            # The bits of a result depend on the number of an operator's threads, too.
            with (
                torch_threads(1),
                ThreadPoolExecutor(reader.askers, initializer=one_torch_thread) as executor,
            ):
                return run_pipeline(
                    chunks,
                    video=video,
                    reader=reader,
                    numbering=numbering,
                    executor=executor,
                    write=write,
                    on_chunk=on_chunk,
                    keep=keep,
                    before=before,
                    watch=watch,
                )
        finally:
            reader.let_go_of_all()
