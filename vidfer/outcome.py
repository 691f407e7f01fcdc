"""What a run of `analyze` came to, for a person and for a program."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from vidfer.profiling import Profile
from vidfer.timeline.manifest import VideoResult

# Failures listed one by one in the summary; the manifest has them all.
_MOST_LISTED: Final = 20


@dataclass(frozen=True, kw_only=True)
class AnalyzeOutcome:
    """The results of one run over its inputs.

    results: one per input video, whether analysed now or finished before.
    skipped: names of those that were finished, or had failed, before and are unchanged.
    passed_over: files in the input folders that are no videos.
    interrupted: the run was stopped; `results` holds what was finished.
    profile: where the time of the videos analysed now went, if that was asked for.
    """

    output: Path
    results: list[VideoResult]
    skipped: list[str]
    passed_over: int
    wall_s: float
    interrupted: bool = False
    profile: Profile | None = None

    @property
    def done(self) -> list[VideoResult]:
        """The videos that were decoded whole."""
        return [result for result in self.results if result.status == "done"]

    @property
    def failed(self) -> list[VideoResult]:
        """The videos that gave no timeline."""
        return [result for result in self.results if result.status == "failed"]

    @property
    def partial(self) -> list[VideoResult]:
        """The videos of which a part could not be decoded."""
        return [result for result in self.results if result.status == "partial"]

    @property
    def exit_code(self) -> int:
        """0: all well; 1: some videos failed or are partial; 2: none was usable; 130: stopped."""
        if self.interrupted:
            return 130
        if len(self.failed) == len(self.results):
            return 2
        return 1 if self.failed or self.partial else 0

    def as_dict(self) -> dict[str, object]:
        """Return the outcome for JSON."""
        return {
            "output": str(self.output),
            "exit_code": self.exit_code,
            "interrupted": self.interrupted,
            "wall_s": self.wall_s,
            "passed_over": self.passed_over,
            "skipped": self.skipped,
            **self._totals(),
            "profile": None if self.profile is None else self.profile.as_dict(),
            "videos": [asdict(result) for result in self.results],
        }

    def as_text(self) -> str:
        """Return the summary that a person reads after a run."""
        totals = self._totals()
        lines = [self._headline()]
        if totals["frames_analysed"]:
            lines.append(
                f"Frames   {totals['frames_analysed']:,} analysed, "
                f"{totals['share_with_face']:.1%} with a face, "
                f"{_counted(totals['faces'], 'face')}, {_counted(totals['tracks'], 'track')}"
            )
        if totals["frames_now"]:
            speed = totals["frames_now"] / self.wall_s
            lines.append(f"Speed    {speed:.1f} frames/s over {self.wall_s:.1f} s")
        lines.append(f"Output   {self.output}")
        if self.passed_over:
            others = _counted(self.passed_over, "other file")
            lines.append(f"Passed over {others} in the input folders.")
        lines += _list_of("Partial", self.partial) + _list_of("Failed", self.failed)
        if not_tried := {r.video for r in self.failed}.intersection(self.skipped):
            lines.append(
                f"{_counted(len(not_tried), 'video')} that failed before and did not change "
                "since: not tried again; --retry-failed tries them."
            )
        if self.interrupted:
            lines.append("Stopped before the end: run the same command again to go on.")
        lines += [] if self.profile is None else [self.profile.as_text()]
        return "\n".join(lines)

    def _headline(self) -> str:
        parts = [f"{len(self.done):,} done"]
        parts += [f"{len(self.partial):,} partial"] if self.partial else []
        parts += [f"{len(self.failed):,} failed"] if self.failed else []
        before = f" ({len(self.skipped):,} finished before)" if self.skipped else ""
        return f"Videos   {', '.join(parts)}{before}"

    def _totals(self) -> dict[str, float]:
        frames = sum(r.frames_analysed for r in self.results)
        with_face = sum(r.frames_with_face for r in self.results)
        before = set(self.skipped)
        return {
            "done": len(self.done),
            "partial": len(self.partial),
            "failed": len(self.failed),
            "frames_analysed": frames,
            "frames_now": sum(r.frames_analysed for r in self.results if r.video not in before),
            "frames_with_face": with_face,
            "share_with_face": with_face / frames if frames else 0.0,
            "faces": sum(r.faces for r in self.results),
            "tracks": sum(r.tracks for r in self.results),
        }


def _counted(number: float, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _list_of(title: str, results: list[VideoResult]) -> list[str]:
    lines = [f"  {visible(r.video)}: {visible(r.error or '')}" for r in results[:_MOST_LISTED]]
    if len(results) > _MOST_LISTED:
        lines.append(f"  and {len(results) - _MOST_LISTED:,} more, listed in videos.parquet")
    return [f"{title}:", *lines] if lines else []


def visible(text: str) -> str:
    """Return `text` with control characters escaped, so that a name cannot steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
