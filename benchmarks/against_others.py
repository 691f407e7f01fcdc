"""vidfer from end to end against what a user would write, and against `fer`.

    python benchmarks/against_others.py CLIP... [--frames 100] [--threads 2] [--write]
        [--fer-environment build/fer | --without-fer]

`fer` gets an environment of its own, which is made the first time: it needs TensorFlow and
an old torch, 7.5 GB. Where it cannot be installed, the command says so and goes on.
"""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import av
import numpy as np
import torch
from facenet_pytorch import MTCNN
from material import Analysis, rgb_of, title_of
from measuring import REPOSITORY, Report, Work, alternate, parser, ratio, speeds
from PIL import Image

from vidfer.batches import CROP_SIDE_PX
from vidfer.compute import torch_threads
from vidfer.config import DEFAULT_MODEL, AnalyzeSettings
from vidfer.emotion.models import load_model
from vidfer.emotion.preparation import prepare_crops

QUESTION = (
    "How fast is vidfer from end to end against what a user would write (facenet-pytorch's "
    "`MTCNN.detect` on every frame, then the emotion network on every face), and against "
    "`fer.detect_emotions` on every frame, with Haar cascades and with MTCNN? All in processes "
    "that have loaded their libraries, on the first frames of each clip; `fer` uses as many "
    "threads as its libraries choose."
)
OURS, LOOP = "vidfer", "facenet-pytorch and network per face, {} torch thread{}"
FER = {"fer, Haar": "haar", "fer, MTCNN": "mtcnn"}
MIN_FACE_PX = 40


class OwnLoop:
    """The loop that facenet-pytorch's readme leads to."""

    def __init__(self) -> None:
        self._detector = MTCNN(keep_all=True, min_face_size=MIN_FACE_PX)
        self._network = load_model(DEFAULT_MODEL).network

    @torch.inference_mode()
    def run(self, clip: Path, *, frames: int, threads: int) -> int:
        with torch_threads(threads), av.open(str(clip)) as container:
            container.streams.video[0].thread_type = "AUTO"
            count = 0
            for frame in islice(container.decode(video=0), frames):
                self._read(rgb_of(frame))
                count += 1
        return count

    def _read(self, picture: np.ndarray) -> list[torch.Tensor]:
        boxes, _ = self._detector.detect(picture)
        grey = Image.fromarray(picture).convert("L")
        emotions = []
        for box in [] if boxes is None else boxes:
            crop = grey.crop(tuple(box)).resize((CROP_SIDE_PX, CROP_SIDE_PX))
            prepared = prepare_crops(torch.from_numpy(np.array(crop)[None]))
            emotions.append(torch.softmax(self._network(prepared), dim=1))
        return emotions


class FerLoop:
    """A process of the other environment that does rounds."""

    def __init__(self, python: Path, clip: Path, *, frames: int, detector: str) -> None:
        self._process = subprocess.Popen(
            [python, Path(__file__).with_name("fer_loop.py"), clip, str(frames), detector],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def run(self) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit("fer ended without an answer: try benchmarks/fer_loop.py by hand.")
        return int(answer)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def fer_python(environment: Path) -> Path | None:
    """Return the interpreter beside `fer`, which is installed if need be; None if it cannot be."""
    python = environment / "bin" / "python"
    has_fer = [python, "-c", "import fer.fer, cv2"]
    if (
        python.exists()
        and subprocess.run(has_fer, capture_output=True, check=False).returncode == 0
    ):
        return python
    print(f"Installing fer into {environment}: some minutes, 7.5 GB.", flush=True)
    for command in (
        [sys.executable, "-m", "venv", environment],
        [python, "-m", "pip", "install", "--quiet", "fer"],
        has_fer,
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print((done.stderr.strip().splitlines() or ["No reason was given."])[-1])
            return None
    return python


def fer_versions(python: Path) -> str:
    """Return the versions of fer and of what it computes with."""
    program = (
        "from importlib.metadata import version as v\n"
        "print(*(f'{n} {v(n)}' for n in ('fer', 'tensorflow', 'torch', 'opencv-contrib-python')),"
        "sep=', ')"
    )
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@contextlib.contextmanager
def fer_works(python: Path | None, clip: Path, *, frames: int) -> Iterator[dict[str, Work]]:
    """Give fer's rounds on a clip while the block lasts; none without an interpreter."""
    with contextlib.ExitStack() as stack:
        works: dict[str, Work] = {}
        for name, detector in FER.items() if python is not None else ():
            loop = FerLoop(python, clip, frames=frames, detector=detector)
            stack.callback(loop.close)
            works[name] = loop.run
        yield works


def compare(report: Report, clip: Path, works: dict[str, Work], *, rounds: int) -> None:
    """Add a clip's table."""
    taken = alternate(works, rounds=rounds)
    report.say(f"**{title_of(clip)}**, its first {taken[OURS][0].items} frames")
    heads = ["", "frames/s", "vidfer is as fast as"]
    rows = [[name, speeds(one, 1), ratio(taken[OURS], one)] for name, one in taken.items()]
    report.table(heads, rows)


def first_seconds(clip: Path, *, frames: int) -> float:
    """Return the time before which the clip shows so many frames."""
    with av.open(str(clip)) as container:
        shown = [frame.time for frame in islice(container.decode(video=0), frames + 1)]
    return float(shown[-1] - shown[0]) + (0.001 if len(shown) <= frames else 0.0)


def main() -> None:
    """Compare on every clip."""
    options = parser(__doc__, rounds=3)
    options.add_argument("clips", type=Path, nargs="+")
    options.add_argument("--frames", type=int, default=100, help="of each clip, from its start")
    options.add_argument("--threads", type=int, default=2, help="of vidfer, and of torch")
    options.add_argument("--fer-environment", type=Path, default=REPOSITORY / "build" / "fer")
    options.add_argument("--without-fer", action="store_true")
    chosen = options.parse_args()
    report = Report("against_others", QUESTION)
    python = None if chosen.without_fer else fer_python(chosen.fer_environment)
    report.say(
        "`fer` is not among them: it was left out, or cannot be installed here."
        if python is None
        else f"In the other environment: {fer_versions(python)}."
    )
    own = OwnLoop()
    for clip in chosen.clips:
        settings = AnalyzeSettings(end_s=first_seconds(clip, frames=chosen.frames))
        with (
            tempfile.TemporaryDirectory() as folder,
            fer_works(python, clip, frames=chosen.frames) as others,
        ):
            analysis = Analysis(Path(folder), settings=settings, threads=chosen.threads)
            works: dict[str, Work] = {OURS: partial(analysis.frames, clip)}
            for threads in sorted({1, chosen.threads}):
                name = LOOP.format(threads, "s" if threads > 1 else "")
                works[name] = partial(own.run, clip, frames=chosen.frames, threads=threads)
            compare(report, clip, works | others, rounds=chosen.rounds)
    report.finish(chosen.write, rounds=chosen.rounds)


if __name__ == "__main__":
    main()
