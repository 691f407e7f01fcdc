"""Names that could do harm: all are analysed, none is lost, each is escaped where it is shown."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import vidfer
from tests.clips import ClipFolder
from vidfer.errors import UsageError
from vidfer.outcome import AnalyzeOutcome
from vidfer.timeline.manifest import VideoResult
from vidfer.video.inputs import printable

pytestmark = pytest.mark.timeout(200)

NAMES = (
    b"sp ace.mp4",
    b" leading and trailing .mp4",
    b"new\nline.mp4",
    b"carriage\rreturn.mp4",
    b"quo'te\".mp4",
    b"back\\slash.mp4",
    b"a" * 246 + b".mp4",
    b"caf\xe9.mp4",
    b"caf\\xe9.mp4",
    "ünïcödé 漢字.mp4".encode(),
    "\u202egnp.mp4".encode(),
    b"=cmd().mp4",
    b"+1.mp4",
    b"@x.mp4",
    b"<script>alert(1)<script>.mp4",
    b"\x1b[31mred.mp4",
    b"bell\x07.mp4",
    b"-dash.mp4",
    b"--output.mp4",
    b"a:b.mp4",
    b"concat:x.mp4",
    b"%d.mp4",
    b"[1].mp4",
    b"$HOME `x` ; rm.mp4",
    b"same/clip.mp4",
    b"same2/clip.mp4",
    b"deep/same/clip.mp4",
)


@pytest.fixture(scope="module")
def folder(clips: ClipFolder, tmp_path_factory) -> Path:
    content = clips.healthy("one_frame").path.read_bytes()
    folder = tmp_path_factory.mktemp("names")
    for name in NAMES:
        path = Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    """Analyse the folder as a user would; every name fails or is done at once."""
    output = tmp_path_factory.mktemp("out")
    command = [sys.executable, "-m", "vidfer", "analyze", str(folder), "-o", str(output)]
    return subprocess.run(command, capture_output=True, check=False, timeout=150), output


def test_all_are_analysed(run):
    done, output = run
    assert (done.returncode, done.stderr) == (0, b"")
    videos = vidfer.read_videos(output)
    assert set(videos["video"]) == {printable(os.fsdecode(name)) for name in NAMES}
    assert set(videos["status"]) == {"done"}


def test_each_has_a_timeline_of_its_own(run):
    _, output = run
    timelines = vidfer.read_videos(output)["timeline"]
    assert timelines.n_unique() == len(NAMES)
    assert all((output / timeline).is_file() for timeline in timelines)
    assert vidfer.verify(output).exit_code == 0


def test_all_timelines_lie_below_the_output(run):
    _, output = run
    for timeline in vidfer.read_videos(output)["timeline"]:
        assert (output / timeline).resolve().is_relative_to(output.resolve() / "timeline")


def test_rows_can_be_read_by_the_name_in_the_manifest(run):
    _, output = run
    rows = vidfer.read_timeline(output).select("video").unique().collect()
    assert set(rows["video"]) == set(vidfer.read_videos(output)["video"])


def failure(name: bytes) -> VideoResult:
    video = printable(os.fsdecode(name))
    return VideoResult(video=video, path=video, status="failed", reason="corrupt", error="Bad.")


@pytest.fixture
def failed() -> AnalyzeOutcome:
    """Return an outcome whose summary lists such names."""
    return AnalyzeOutcome(
        output=Path("new\nline\x1b[31m"),
        results=[failure(name) for name in NAMES[:20]],
        skipped=[],
        passed_over=0,
        wall_s=1.0,
        links_out=1,
    )


def test_the_summary_has_a_line_for_each_and_nothing_that_steers_a_terminal(failed):
    lines = failed.as_text().splitlines()
    assert sum(line.endswith(": Bad.") for line in lines) == 20
    assert all(line.isprintable() for line in lines)
    assert any(r"\x1b[31mred.mp4" in line for line in lines)


def test_the_summary_can_be_written_in_any_encoding_of_a_terminal(failed):
    failed.as_text().encode("utf-8")


def test_json_gives_them_back(failed):
    written = json.dumps(failed.as_dict())
    assert written.isascii()
    videos = [result["video"] for result in json.loads(written)["videos"]]
    assert videos == [printable(os.fsdecode(name)) for name in NAMES[:20]]


def test_the_summary_says_how_many_links_were_passed_over(failed):
    assert "Passed over 1 link out of the input folders" in failed.as_text()


def test_a_folder_of_nothing_but_links_says_so(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.mp4").symlink_to("/etc/hostname")
    with pytest.raises(UsageError, match=r"\(passed over: links that lead out: 1\)"):
        vidfer.analyze(tmp_path / "in", tmp_path / "out")


def test_an_address_ends_a_run_before_anything_is_done(tmp_path):
    with pytest.raises(UsageError, match="is an address"):
        vidfer.analyze([tmp_path, "http://127.0.0.1:9/x.mp4"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["s3://bucket/out", "file:out", os.fsdecode(b"out\xe9")])
def test_an_output_that_can_be_no_folder_is_one_sentence(name, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="The output") as caught:
        vidfer.analyze(folder, name)
    assert str(caught.value).isprintable()
    assert list(tmp_path.iterdir()) == []
