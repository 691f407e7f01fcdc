"""The stages that settings ask for, with their networks loaded once."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa

from vidfer.batches import FrameBatch
from vidfer.compute import (
    choose_device,
    choose_precision,
    keep_freed_memory,
    one_torch_thread,
    torch_threads,
)
from vidfer.config import AnalyzeSettings
from vidfer.emotion.classifier import EmotionClassifier
from vidfer.emotion.models import load_model
from vidfer.faces.finder import FaceFinder
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.faces.quality import QualityGate
from vidfer.faces.tracking import FaceTracker
from vidfer.pipeline import Keep, Tally, run_pipeline
from vidfer.profiling import Watch, unwatched


class Stages:
    """Analyses the frames of any number of videos, one video after the other."""

    def __init__(self, settings: AnalyzeSettings, *, threads: int = 1) -> None:
        """Load the networks; `threads` chunks of a video are worked on at a time.

        Raises:
            SettingsError: the device does not exist.
            WeightsError: the model is unknown or altered.
        """
        self._settings = settings
        self._threads = threads
        keep_freed_memory()
        self.device = choose_device(settings.device)
        model = load_model(settings.model)
        self.card = model.card
        self.precision = choose_precision(settings.precision, self.device)
        self._cascade = MtcnnDetector(
            min_face_px=settings.min_face_px, device=self.device, precision=self.precision
        )
        self._classifier = EmotionClassifier(
            model,
            device=self.device,
            batch_size=settings.batch_size,
            precision=self.precision,
        )
        self._gate = QualityGate(
            face_px=settings.usable_face_px,
            sharpness=settings.usable_sharpness,
            brightness_min=settings.usable_brightness_min,
            brightness_max=settings.usable_brightness_max,
            yaw_deg=settings.usable_yaw_deg,
        )

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
        watch: Watch = unwatched,
    ) -> Tally:
        """Take one video's frames, from its first chunk to its last; see run_pipeline.

        Where they are the rest of a video, `before` and `faces_before` are what `keep` was
        given when the others were done: the tally, and the face stage's state.
        """
        faces = FaceFinder(
            cascade=self._cascade,
            tracker=FaceTracker(gap_s=self._settings.track_gap_s),
            gate=self._gate,
            min_score=self._settings.min_face_score,
            min_face_px=self._settings.min_face_px,
            detect_every=self._settings.detect_every,
            device=self.device,
        )
        if faces_before is not None:
            faces.restore(faces_before)
        # The bits of a result depend on the number of an operator's threads, too.
        with (
            torch_threads(1),
            ThreadPoolExecutor(self._threads, initializer=one_torch_thread) as executor,
        ):
            return run_pipeline(
                chunks,
                video=video,
                faces=faces,
                emotions=self._classifier,
                executor=executor,
                write=write,
                on_chunk=on_chunk,
                keep=keep,
                before=before,
                watch=watch,
            )
