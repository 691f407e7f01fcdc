"""A short form of `python -m tests.chaos`, and what it would say of results that are wrong."""

import shutil

import pytest

import vidfer
from tests import chaos_checks
from tests.chaos import Chaos, analyze_options
from tests.chaos_corpus import make_small_corpus
from tests.outputs import ScriptedEngine, flip_a_bit, make_videos

pytestmark = pytest.mark.timeout(600)


def test_a_run_that_is_killed_at_random_ends_as_if_it_had_not_been(clips, tmp_path):
    corpus = make_small_corpus(tmp_path / "corpus", clips=clips)
    chaos = Chaos(
        corpus, tmp_path, seed=3, kills=5, mean_s=2.0, options=["--end", "1", "--threads", "1"]
    )
    tally = chaos.run()
    assert tally.found == []
    assert tally.kills.total() == 5
    assert tally.rounds >= 1


@pytest.fixture
def two_outputs(tmp_path):
    """Return an output and an equal one, both of three videos of which the last fails."""
    videos = make_videos(tmp_path / "videos", "a.mp4", "b.mp4", "c.mp4")
    outputs = tmp_path / "out", tmp_path / "undisturbed"
    for output in outputs:
        vidfer.analyze(videos, output, engine=ScriptedEngine({"c.mp4": "corrupt"}))
    return outputs


def test_equal_results_are_found_equal(two_outputs):
    assert chaos_checks.differences(*two_outputs) == []
    assert chaos_checks.incomplete_files(two_outputs[0]) == []
    assert chaos_checks.left_behind(two_outputs[0]) == []
    assert chaos_checks.crashed_videos(*two_outputs) == []


def test_a_flipped_bit_a_missing_and_a_forgotten_file_are_found(two_outputs):
    output, undisturbed = two_outputs
    flip_a_bit(output / "timeline" / "a.mp4.parquet")
    (output / "timeline" / ".b.mp4.parquet.partial").touch()
    assert [what.split()[0] for what in chaos_checks.incomplete_files(output)] == [
        "timeline/a.mp4.parquet"
    ]
    assert chaos_checks.left_behind(output) == ["timeline/.b.mp4.parquet.partial was left behind"]
    shutil.copy(undisturbed / "timeline" / "a.mp4.parquet", output / "timeline")
    (output / "timeline" / "b.mp4.parquet").unlink()
    assert any("is missing" in what for what in chaos_checks.differences(output, undisturbed))


def test_other_rows_and_another_end_are_found(two_outputs, tmp_path):
    output, undisturbed = two_outputs
    videos = make_videos(tmp_path / "videos", "a.mp4")
    ends = {"b.mp4": "crashed", "c.mp4": "corrupt"}
    vidfer.analyze(videos, output, engine=ScriptedEngine(ends), overwrite=True)
    assert chaos_checks.crashed_videos(output, undisturbed) == ["b.mp4"]
    found = chaos_checks.differences(output, undisturbed)
    assert "b.mp4: status is 'failed', not 'done'" in found


def test_options_of_the_analysis_are_passed_on():
    words = analyze_options(["checkpoint_minutes=0.02", "overwrite"])
    assert words == ["--checkpoint-minutes", "0.02", "--overwrite"]
