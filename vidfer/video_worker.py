"""One video file to one timeline file and one manifest row, in a worker."""

import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

import pyarrow as pa

from vidfer import __version__
from vidfer.checkpointing import CheckpointKeeper
from vidfer.compute import is_out_of_memory
from vidfer.config import AnalyzeSettings
from vidfer.engine.contract import Failure
from vidfer.errors import (
    CorruptVideoError,
    DecoderFailedError,
    OutputError,
    Reason,
    VideoError,
    VideoReadError,
)
from vidfer.job import (
    OUT_OF_MEMORY_SENTENCE,
    Progress,
    VideoJob,
    failed_result,
    of_changed_file,
)
from vidfer.pipeline import Tally
from vidfer.profiling import UNWATCHED, Profile, Stopwatch, Watch
from vidfer.retrying import with_retries
from vidfer.stages import Stages
from vidfer.timeline.checkpoint_files import CheckpointFiles
from vidfer.timeline.manifest import RESULT_KEY, VideoResult
from vidfer.timeline.schema import SCHEMA_VERSION
from vidfer.timeline.writer import TimelineWriter
from vidfer.video.fingerprint import FileIdentity, identify
from vidfer.video.inputs import printable
from vidfer.video.opening import OpenedVideo, open_video
from vidfer.video.selection import FrameSelection
from vidfer.video.source import VideoSource

# With these a video is tried again that has cost a worker: little memory, few frames at stake.
_CAREFUL_CHUNK_FRAMES: Final = 4
_CAREFUL_BATCH_SIZE: Final = 16


class VideoWorker:
    """Analyses videos one after the other with networks that are loaded once."""

    def __init__(
        self, settings: AnalyzeSettings, *, after: Failure | None = None, profile: bool = False
    ) -> None:
        """Load the networks.

        `after` is what happened when the video was tried before: it is tried more
        carefully, in small portions, on one thread, and with PyAV unless another decoder is
        asked for. Otherwise several threads become processes where Stages can have them.
        `profile` measures each video's stages and tells them with its last progress.

        Raises:
            SettingsError: the device does not exist.
            WeightsError: the model is unknown or altered.
        """
        self._settings = _careful(settings) if after else settings
        self._row_settings = settings
        self._after = after
        self._profile = profile
        self._watch: Watch = UNWATCHED
        threads = 1 if after else max(1, settings.threads)
        self._stages = Stages(self._settings, threads=threads, processes=True)
        self._card = self._stages.card
        self._settings_id = settings.fingerprint(weights_sha256=self._card.weights_sha256)

    def run(self, job: VideoJob, on_progress: Callable[[Progress], None]) -> VideoResult:
        """Analyse one video; its failure is a result, not an error.

        Raises:
            OutputError: the timeline cannot be written: no other one could be, either.
        """
        stopwatch = Stopwatch()
        if self._profile:
            self._watch = stopwatch
        result = self._attempt(job, on_progress)
        if self._profile and result.timeline is not None:
            profile = stopwatch.profile(frames=result.frames_analysed)
            on_progress(_last_progress(result, profile))
        return result

    def _attempt(self, job: VideoJob, on_progress: Callable[[Progress], None]) -> VideoResult:
        started = time.perf_counter()
        try:
            return with_retries(
                lambda: self._analyse(job, on_progress),
                on_pause=lambda: on_progress(Progress(job.video, 0, None, 0)),
            )
        except VideoError as error:
            return self._failed(job, error.reason, str(error), started)
        except OutputError:
            raise
        except Exception as error:  # noqa: BLE001 - one bad video must not stop a batch
            if is_out_of_memory(error):
                return self._failed(job, "oom", OUT_OF_MEMORY_SENTENCE, started)
            sentence = f"Unexpected {type(error).__name__}: {error} Please report this."
            return self._failed(job, "crashed", sentence, started)

    def _analyse(self, job: VideoJob, on_progress: Callable[[Progress], None]) -> VideoResult:
        settings = self._settings
        with self._watch.measure("opening"):
            opened = open_video(job.path, decoder=settings.decoder, max_pixels=settings.max_pixels)
        try:
            return self._analyse_opened(job, opened, on_progress)
        except DecoderFailedError as error:
            if self._row_settings.decoder != "auto":
                raise DecoderFailedError(
                    f"The file is damaged or ambiguous: {error}. Use --decoder auto to keep "
                    "what can be decoded."
                ) from error
            tolerant = open_video(job.path, decoder="pyav", max_pixels=settings.max_pixels)
            again = OpenedVideo(tolerant.source, why=str(error))
            return self._analyse_opened(job, again, on_progress)

    def _analyse_opened(
        self, job: VideoJob, opened: OpenedVideo, on_progress: Callable[[Progress], None]
    ) -> VideoResult:
        source = opened.source
        with closing(source), TimelineWriter(job.timeline_path) as writer:
            with self._watch.measure("opening"):
                identity = _identity(job.path)
                made_by = {**self._made_by(source.decoder), **identity.as_metadata()}
                files = CheckpointFiles(job.timeline_path, made_by=made_by)
                keeper = self._keeper(files, source)
                for rows in files.rows():
                    writer.write(rows)
            tally = self._run_stages(job, source, writer, keeper, on_progress)
            if source.record.frames_decoded == 0:
                raise CorruptVideoError(
                    "Not one frame could be decoded: the file is damaged. Copy or record it again."
                )
            result = self._result(job, opened, tally, identity, keeper.wall_s)
            if _identity(job.path) != identity:
                result = of_changed_file(result)
            with self._watch.measure("rows and writing"):
                writer.finish(self._metadata(result, identity))
                files.remove()
        return result

    def _keeper(self, files: CheckpointFiles, source: VideoSource) -> CheckpointKeeper:
        every_s = 60 * self._settings.checkpoint_minutes
        return CheckpointKeeper(files, record=lambda: source.record, every_s=every_s)

    def _run_stages(
        self,
        job: VideoJob,
        source: VideoSource,
        writer: TimelineWriter,
        keeper: CheckpointKeeper,
        on_progress: Callable[[Progress], None],
    ) -> Tally:
        def write(rows: pa.Table) -> None:
            writer.write(rows)
            keeper.collect(rows)

        begun = keeper.begun
        return self._stages.run(
            source.batches(
                selection=selection_of(self._settings),
                chunk_frames=self._settings.chunk_frames,
                detect_every=self._settings.detect_every,
                after=begun.point if begun else None,
            ),
            video=job.video,
            write=write,
            on_chunk=lambda t: on_progress(
                Progress(job.video, t.position, source.info.frames_expected, t.faces)
            ),
            keep=keeper.keep,
            before=begun.tally if begun else None,
            faces_before=begun.faces if begun else None,
            watch=self._watch,
        )

    def _result(
        self,
        job: VideoJob,
        opened: OpenedVideo,
        tally: Tally,
        identity: FileIdentity,
        wall_s: float,
    ) -> VideoResult:
        info, record = opened.source.info, opened.source.record
        return VideoResult(
            video=job.video,
            path=printable(str(job.path)),
            status="partial" if record.fault else "done",
            reason="corrupt" if record.fault else None,
            error=record.fault,
            bad_packets=record.bad_packets,
            lost_ranges_s=record.lost_ranges_s,
            decoder=opened.source.decoder,
            decoder_why=self._why(opened),
            codec=info.codec,
            width=record.width,
            height=record.height,
            rotation=record.rotation,
            duration_s=info.duration_s,
            frames_expected=info.frames_expected,
            frames_decoded=record.frames_decoded,
            frames_analysed=tally.frames,
            frames_with_face=tally.frames_with_face,
            faces=tally.faces,
            tracks=tally.tracks,
            usable_share=tally.frames_usable / tally.frames if tally.frames else None,
            wall_s=wall_s,
            fps=tally.frames / wall_s,
            model=self._card.name,
            settings_id=self._settings_id,
            source_fingerprint=identity.fingerprint,
            source_mtime_ns=identity.mtime_ns,
            timeline=job.timeline,
        )

    def _failed(self, job: VideoJob, reason: Reason, sentence: str, started: float) -> VideoResult:
        return failed_result(
            job,
            reason,
            sentence,
            model=self._card.name,
            settings_id=self._settings_id,
            wall_s=time.perf_counter() - started,
        )

    def _why(self, opened: OpenedVideo) -> str:
        """Return why this decoder decoded the video, and whether in a second try."""
        if self._after is None:
            return opened.why
        return (
            f"tried again alone and carefully, because the worker process {self._after.what}; "
            f"{opened.why}"
        )

    def _made_by(self, decoder: str) -> dict[str, str]:
        """Return what makes the rows, as metadata."""
        values = {
            "schema_version": str(SCHEMA_VERSION),
            "version": __version__,
            "settings": json.dumps(self._row_settings.row_settings),
            "settings_id": self._settings_id,
            "device": str(self._stages.device),
            "precision": self._stages.precision,
            "model": self._card.name,
            "weights_sha256": self._card.weights_sha256,
            "decoder": decoder,
        }
        return {f"vidfer.{key}": value for key, value in values.items()}

    def _metadata(self, result: VideoResult, identity: FileIdentity) -> dict[str, str]:
        return {
            **self._made_by(str(result.decoder)),
            "vidfer.created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            **identity.as_metadata(),
            RESULT_KEY: result.to_json(),
        }


def _last_progress(result: VideoResult, profile: Profile) -> Progress:
    frames, total = result.frames_decoded, result.frames_expected
    return Progress(result.video, frames, total, result.faces, profile)


def _careful(settings: AnalyzeSettings) -> AnalyzeSettings:
    return replace(
        settings,
        decoder="pyav" if settings.decoder == "auto" else settings.decoder,
        chunk_frames=min(_CAREFUL_CHUNK_FRAMES, settings.chunk_frames),
        batch_size=min(_CAREFUL_BATCH_SIZE, settings.batch_size),
    )


def selection_of(settings: AnalyzeSettings) -> FrameSelection:
    """Return the settings' frame selection."""
    return FrameSelection(
        every=settings.every, fps=settings.fps, start_s=settings.start_s, end_s=settings.end_s
    )


def _identity(path: Path) -> FileIdentity:
    try:
        return identify(path)
    except OSError as error:
        raise VideoReadError(f"The file cannot be read: {error.strerror}.") from error
