"""What following costs and saves: detecting in every N-th frame against in every frame.

    python benchmarks/following.py CLIP... [--every 2 4 8 12 16] [--write]

The table that the default of --detect-every is chosen from. One thread: with more, other
processes compute, whose searches cannot be counted.
"""

import statistics
import tempfile
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from material import Analysis, title_of
from measuring import Report, Work, alternate, cpu_ms, parser, speeds

from vidfer.config import AnalyzeSettings
from vidfer.emotions import EMOTIONS
from vidfer.faces.detection import Faces
from vidfer.faces.mtcnn import MtcnnDetector
from vidfer.faces.surfaces import Surfaces

QUESTION = (
    "What does following faces between detections cost and save? *Found* is the share of the "
    "rows with a face, of detection in every frame, for which there is a row of the same frame "
    "with an IoU of 0.7 or more; *invented* the share of its own rows without such a partner; "
    "*same emotion* the share of the same rows as for *found* whose partner has the same most "
    "likely emotion; *searched* how many frames the whole cascade looked at, of all. *Large* "
    "counts only faces of at least 40 px, the default of --min-face; *clear* only rows that were "
    "found and whose emotion leads the second by 0.1 or more."
)
LARGE_PX = 40
CLEAR_LEAD = 0.1
SAME_IOU = 0.7
BOX = ["box_x", "box_y", "box_w", "box_h"]


class Searches:
    """Counts the frames that detectors of this process search."""

    def __init__(self) -> None:
        self.frames = 0
        self._find = MtcnnDetector.find

    def __enter__(self) -> "Searches":
        def find(detector: MtcnnDetector, surfaces: Surfaces, rows: np.ndarray) -> list[Faces]:
            self.frames += len(rows)
            return self._find(detector, surfaces, rows)

        MtcnnDetector.find = find  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        MtcnnDetector.find = self._find  # type: ignore[method-assign]


class Follower:
    """An analysis with one N, whose searches are counted."""

    def __init__(self, folder: Path, *, every: int) -> None:
        folder.mkdir()
        settings = AnalyzeSettings(detect_every=every)
        self._analysis = Analysis(folder, settings=settings, threads=1)
        self.searched_share = 0.0

    def run(self, clip: Path) -> int:
        with Searches() as searches:
            frames = self._analysis.frames(clip)
        self.searched_share = searches.frames / frames
        return frames

    def faces(self) -> pl.DataFrame:
        """Return the rows with a face of the last run."""
        return pl.read_parquet(self._analysis.timeline).filter(pl.col("face").is_not_null())


@dataclass(frozen=True)
class Agreement:
    """Shares of rows; of no rows, nothing is missing."""

    found: float
    found_large: float
    invented: float
    same_emotion: float
    same_emotion_clear: float


def agreement(reference: pl.DataFrame, rows: pl.DataFrame) -> Agreement:
    """Compare rows with those of detection in every frame."""
    keys = ["frame", "face"]
    large = pl.max_horizontal("box_w", "box_h") >= LARGE_PX
    clear = lead() >= CLEAR_LEAD
    pairs = reference.join(rows, on="frame", suffix="_other")
    close = pairs.filter(pl.Series(ious(pairs), dtype=pl.Float64) >= SAME_IOU)
    same = close.filter(pl.col("emotion") == pl.col("emotion_other"))
    partners = close.select("frame", "face_other").n_unique()
    return Agreement(
        found=share(close.select(keys).n_unique(), len(reference)),
        found_large=share(
            close.filter(large).select(keys).n_unique(), len(reference.filter(large))
        ),
        invented=1 - share(partners, len(rows)),
        same_emotion=share(same.select(keys).n_unique(), len(reference)),
        same_emotion_clear=share(
            same.filter(clear).select(keys).n_unique(), close.filter(clear).select(keys).n_unique()
        ),
    )


def lead() -> pl.Expr:
    """Return by how much the most likely emotion leads the second."""
    ranked = pl.concat_list(EMOTIONS).list.sort(descending=True)
    return ranked.list.get(0) - ranked.list.get(1)


def share(part: int, whole: int) -> float:
    """Return a share, all of nothing."""
    return part / whole if whole else 1.0


def ious(pairs: pl.DataFrame) -> np.ndarray:
    """Return intersection over union of each pair of boxes, (P,)."""
    one = pairs.select(BOX).to_numpy()
    other = pairs.select([f"{name}_other" for name in BOX]).to_numpy()
    low = np.maximum(one[:, :2], other[:, :2])
    high = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
    inside = np.clip(high - low, 0, None).prod(axis=1)
    areas = one[:, 2:].prod(axis=1) + other[:, 2:].prod(axis=1)
    shares: np.ndarray = inside / (areas - inside)
    return shares


def compare(report: Report, clip: Path, followers: dict[int, Follower], *, rounds: int) -> None:
    """Add a clip's table."""
    works: dict[str, Work] = {str(n): partial(f.run, clip) for n, f in followers.items()}
    taken = alternate(works, rounds=rounds)
    reference = followers[1].faces()
    rows = []
    for every, follower in followers.items():
        agreed = agreement(reference, follower.faces())
        once = taken[str(every)]
        saved = statistics.median(o.cpu_s / r.cpu_s for o, r in zip(once, taken["1"]))
        shares = (*astuple(agreed), follower.searched_share)
        figures = [f"{share:.1%}" for share in shares]
        rows.append([str(every), *figures, cpu_ms(once), f"{saved:.2f}", speeds(once)])
    report.say(f"**{title_of(clip)}**, {len(reference):,} rows with a face")
    heads = ["N", "found", "large", "invented", "same emotion", "clear", "searched"]
    report.table([*heads, "CPU ms a frame", "of N = 1", "frames/s"], rows)


def main() -> None:
    """Compare on every clip."""
    options = parser(__doc__, rounds=3)
    options.add_argument("clips", type=Path, nargs="+")
    options.add_argument("--every", type=int, nargs="+", default=[2, 4, 8, 12, 16])
    chosen = options.parse_args()
    report = Report("following", QUESTION)
    with tempfile.TemporaryDirectory() as name:
        followers = {
            every: Follower(Path(name) / str(every), every=every) for every in [1, *chosen.every]
        }
        for clip in chosen.clips:
            compare(report, clip, followers, rounds=chosen.rounds)
    report.finish(chosen.write, rounds=chosen.rounds)


if __name__ == "__main__":
    main()
