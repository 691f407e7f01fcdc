"""Write presentation_times.json: what ffprobe says of the shared videos, frame by frame.

    python tests/resources/make_presentation_times.py ../shared/data/videos

Needs ffprobe; the tests need only the file that this writes.
"""

import json
import subprocess
import sys
from pathlib import Path

OUTPUT = Path(__file__).with_name("presentation_times.json")


def presentation_times(path: Path) -> list[float]:
    """Return each shown frame's time in seconds, the container's start being 0."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-of", "json"]
    entries = ["-show_entries", "frame=pts_time:format=start_time", str(path)]
    answer = json.loads(
        subprocess.run([*command, *entries], capture_output=True, check=True).stdout
    )
    start_s = float(answer["format"]["start_time"])
    return [round(float(frame["pts_time"]) - start_s, 6) for frame in answer["frames"]]


def main(folder: Path) -> None:
    videos = sorted(path for path in folder.iterdir() if path.is_file())
    lines = [f"{json.dumps(path.name)}: {json.dumps(presentation_times(path))}" for path in videos]
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
