"""One run over videos: jobs to an engine, results to the manifest."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from vidfer.config import AnalyzeSettings
from vidfer.emotion.cards import ModelCard
from vidfer.engine.contract import Engine, Failure
from vidfer.job import Progress, VideoJob, failed_result, failure_sentence, make_video_work
from vidfer.profiling import NO_PROFILE, Profile
from vidfer.progress import ProgressBars
from vidfer.resume import drop_leftovers, drop_stale, finished_unnoticed, with_source
from vidfer.timeline.manifest import VideoResult, write_manifest

# The manifest is written this often while videos finish, and at the end of each run.
_MANIFEST_EVERY_S: Final = 10.0

# Writing it takes at most one part in so many of the time: of 100,000 rows it takes a second.
_MANIFEST_SHARE: Final = 20.0


class Run:
    """Does videos and keeps the manifest; `results` holds what is finished, by video."""

    def __init__(
        self,
        output: Path,
        *,
        settings: AnalyzeSettings,
        card: ModelCard,
        known: dict[str, VideoResult],
        finished: Iterable[VideoResult],
        profile: bool = False,
    ) -> None:
        """Prepare; `known` is the manifest so far, `finished` what needs not be done again."""
        self._profiles: dict[str, Profile] | None = {} if profile else None
        self.results = {result.video: result for result in finished}
        self._output = output
        self._settings = settings
        self._card = card
        self._settings_id = settings.fingerprint(weights_sha256=card.weights_sha256)
        self._known = known
        self._written = time.monotonic()
        self._pause_s = _MANIFEST_EVERY_S

    @property
    def profile(self) -> Profile | None:
        """Where the time of the videos that were done went; None where it was not measured."""
        return None if self._profiles is None else sum(self._profiles.values(), start=NO_PROFILE)

    def do(self, jobs: list[VideoJob], engine: Engine, *, shown: bool) -> bool:
        """Do the jobs, adding to `results` and keeping the manifest; return whether interrupted.

        Raises:
            OutputError: the output cannot be written; what is finished is kept.
            SettingsError, WeightsError: the workers cannot load what the settings say.
            WorkerStartError: there are no workers.
        """
        begun: list[VideoJob] = []
        try:
            with ProgressBars(videos=len(jobs), shown=shown) as bars:
                self._do_all(_noting(jobs, begun), engine, bars)
            self._note_forgotten(jobs)
        except KeyboardInterrupt:
            return True
        finally:
            self._settle(begun)
            self._write()
        return False

    def _do_all(self, jobs: Iterator[VideoJob], engine: Engine, bars: ProgressBars) -> None:
        make_work = partial(make_video_work, self._settings, profile=self._profiles is not None)
        results = engine.run(
            make_work,
            jobs,
            on_progress=partial(self._hear, bars),
            make_careful_work=make_work,
        )
        with closing(results):  # no worker goes on when this block is left
            for job, result in results:
                self._note(job, result)
                bars.finish_video(job.video)
                if time.monotonic() - self._written > self._pause_s:
                    self._write()

    def _hear(self, bars: ProgressBars, progress: Progress) -> None:
        if self._profiles is not None and progress.profile is not None:
            self._profiles[progress.video] = progress.profile
        bars.update(progress)

    def _note(self, job: VideoJob, result: VideoResult | Failure) -> None:
        if isinstance(result, Failure):
            result = self._lost(job, result)
        drop_stale(job, result)
        self.results[job.video] = with_source(job, result)

    def _note_forgotten(self, jobs: Iterable[VideoJob]) -> None:
        """Give every video a row, also where an engine ended without a word about it."""
        for job in jobs:
            if job.video not in self.results:
                sentence = "The engine gave no result for this video: run the same command again."
                self.results[job.video] = failed_result(
                    job,
                    "crashed",
                    sentence,
                    model=self._card.name,
                    settings_id=self._settings_id,
                    wall_s=0.0,
                )

    def _lost(self, job: VideoJob, failure: Failure) -> VideoResult:
        """Return the result of a video whose worker was lost, and clear up after that."""
        drop_leftovers([job])
        return failed_result(
            job,
            failure.reason,
            failure_sentence(failure),
            model=self._card.name,
            settings_id=self._settings_id,
            wall_s=failure.wall_s,
        )

    def _settle(self, begun: list[VideoJob]) -> None:
        """Find what was finished just before a stop, and remove what was not."""
        left = [job for job in begun if job.video not in self.results]
        late = finished_unnoticed(left, settings_id=self._settings_id, known=self._known)
        self.results |= {result.video: result for result in late}
        drop_leftovers(left)

    def _write(self) -> None:
        started = time.monotonic()
        write_manifest(self._output, self._merged())
        self._written = time.monotonic()
        self._pause_s = max(_MANIFEST_EVERY_S, _MANIFEST_SHARE * (self._written - started))

    def _merged(self) -> list[VideoResult]:
        """Return the manifest after this run: earlier rows, replaced where there is a newer one.

        A source that cannot be reached now does not take the place of a finished result.
        """
        merged = dict(self._known)
        for video, result in self.results.items():
            before = self._known.get(video)
            if not (result.is_unreachable and before is not None and before.status != "failed"):
                merged[video] = result
        return list(merged.values())


def _noting(jobs: Iterable[VideoJob], begun: list[VideoJob]) -> Iterator[VideoJob]:
    """Yield jobs, noting those that an engine has taken: only they can leave anything behind."""
    for job in jobs:
        begun.append(job)
        yield job
