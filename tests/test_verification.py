"""`vidfer.verify`: results that are no longer what was written are found, and redone."""

import json
import shutil
import subprocess
import sys

import pytest

import vidfer
from tests.outputs import DAMAGES, ScriptedEngine, flip_a_bit, make_videos
from tests.results import EXAMPLES
from vidfer.engine.serial import SerialEngine
from vidfer.errors import UsageError
from vidfer.timeline.manifest import read_manifest, write_manifest


@pytest.fixture
def videos(tmp_path):
    return make_videos(tmp_path / "clips", "a.mp4", "bad.mp4", "sub/b.mp4")


@pytest.fixture
def output(videos, tmp_path):
    vidfer.analyze(videos, tmp_path / "out", engine=ScriptedEngine({"bad.mp4": "corrupt"}))
    return tmp_path / "out"


def found(output):
    return {damage.file: damage.what for damage in vidfer.verify(output).damages}


def test_a_whole_output_is_well(output):
    verified = vidfer.verify(output)
    assert (verified.exit_code, verified.timelines, verified.damages) == (0, 2, [])
    assert verified.as_text() == "2 timelines and videos.parquet: all well"


def test_what_a_real_analysis_writes_is_well(tmp_path):
    settings = vidfer.AnalyzeSettings(end_s=0.2)
    for name in ("two_faces.mp4", "face_then_none.mp4"):
        vidfer.analyze(EXAMPLES / name, tmp_path, settings=settings, engine=SerialEngine())
    verified = vidfer.verify(tmp_path)
    assert (verified.timelines, verified.damages) == (2, [])


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_timeline_is_found_and_the_next_run_redoes_it_alone(damage, output, videos):
    DAMAGES[damage](output / "timeline" / "a.mp4.parquet")
    assert list(found(output)) == ["timeline/a.mp4.parquet"]
    engine = ScriptedEngine()
    vidfer.analyze(videos, output, engine=engine)
    assert engine.taken == ["a.mp4"]
    assert found(output) == {}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_manifest_is_found_kept_aside_and_made_again(damage, output, videos):
    before = read_manifest(output)
    DAMAGES[damage](output / "videos.parquet")
    assert list(found(output)) == ["videos.parquet"]
    engine = ScriptedEngine({"bad.mp4": "corrupt"})
    vidfer.analyze(videos, output, engine=engine)
    assert engine.taken == ["bad.mp4"]
    assert read_manifest(output) == before
    assert (output / "videos.parquet.damaged").exists()
    assert found(output) == {}


def test_what_is_missing_is_found(output):
    (output / "timeline" / "a.mp4.parquet").unlink()
    assert found(output) == {"timeline/a.mp4.parquet": "is missing"}
    (output / "videos.parquet").unlink()
    assert found(output) == {"videos.parquet": "is missing"}


def test_a_timeline_in_the_place_of_another_is_found(output):
    shutil.copy(output / "timeline" / "a.mp4.parquet", output / "timeline" / "c.mp4.parquet")
    assert found(output) == {
        "timeline/c.mp4.parquet": "belongs elsewhere: it was written as timeline/a.mp4.parquet"
    }


def test_rows_of_the_manifest_that_do_not_fit_are_found(output):
    from dataclasses import replace

    known = read_manifest(output)
    known["a.mp4"] = replace(known["a.mp4"], faces=99)
    del known["sub/b.mp4"]
    write_manifest(output, known.values())
    assert found(output) == {
        "timeline/a.mp4.parquet": "does not fit its row in videos.parquet",
        "timeline/sub/b.mp4.parquet": "has no row in videos.parquet",
    }


def test_nothing_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="holds no results"):
        vidfer.verify(tmp_path)
    assert list(tmp_path.iterdir()) == []


def run_command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "vidfer", "verify", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_says_per_file_what_is_wrong_and_what_to_do(output, tmp_path):
    flip_a_bit(output / "timeline" / "a.mp4.parquet")
    done = run_command(output)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == (
        "timeline/a.mp4.parquet is altered: its bytes are not those that were written. "
        "Run 'vidfer analyze' on its video again: it is redone."
    )
    found = json.loads(run_command(output, "--json").stdout)
    assert [damage["file"] for damage in found["damages"]] == ["timeline/a.mp4.parquet"]
    assert run_command(tmp_path / "nowhere").returncode == 2
