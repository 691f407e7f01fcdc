"""What a researcher starts from runs, and gives what it says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import polars as pl
import pytest
from nbclient import NotebookClient
from PIL import Image

import vidfer
from tests.results import EXAMPLES
from vidfer.engine.serial import SerialEngine

FOLDER = EXAMPLES.parent
NOTEBOOK = FOLDER / "first_analysis.ipynb"

MOST_START_S = 60
MOST_CELL_S = 120


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Results of the example clips, a few frames per second."""
    output = tmp_path_factory.mktemp("examples") / "out"
    settings = vidfer.AnalyzeSettings(device="cpu", fps=2, workers=1)
    vidfer.analyze(EXAMPLES, output, settings=settings, engine=SerialEngine(), progress=False)
    return output


def run(script, *arguments):
    """Run an example as a user would, without a screen, and return what it prints."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env=os.environ | {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    return done.stdout


def test_a_timeline_is_shown(results):
    assert "two_faces.mp4" in run("show_timeline.py", results)


def test_conditions_are_aggregated_over_people(results, tmp_path):
    save_to = tmp_path / "summary.csv"
    text = run("aggregate_by_condition.py", results, FOLDER / "attributes.csv", save_to)
    groups = pl.read_csv(save_to).sort("condition")
    for group in groups.iter_rows(named=True):
        mean, low, high = (group[f"mean_happy{end}"] for end in ("", "_low", "_high"))
        assert mean > 0.9
        assert f"{mean:.2f} [{low:.2f}, {high:.2f}]" in text
    assert groups["condition"].to_list() == ["moving", "seated"]
    assert groups["n_people"].to_list() == [2, 2]


def test_emotions_are_plotted(results, tmp_path):
    run("plot_emotions.py", results, "two_faces.mp4", tmp_path / "plot.png")
    picture = Image.open(tmp_path / "plot.png").convert("RGB")
    colours = {colour for _, colour in picture.getcolors(maxcolors=2**24)}
    assert (0xE6, 0x9F, 0x00) in colours  # happy


def test_an_unknown_video_is_one_sentence(results, tmp_path):
    done = subprocess.run(
        [sys.executable, FOLDER / "plot_emotions.py", results, "x.mp4", tmp_path / "plot.png"],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 1
    assert "has no face of a video called x.mp4" in done.stderr
    assert "Traceback" not in done.stderr


def test_elan_files_are_written(results, tmp_path):
    text = run("export_for_elan.py", results, tmp_path / "elan")
    assert "4 files" in text
    assert len(list((tmp_path / "elan").glob("*.eaf"))) == 4


def test_copies_are_blurred_for_sharing(results, tmp_path):
    shutil.copytree(results, tmp_path / "out")
    vidfer.purge(tmp_path / "out", ["two_faces.mp4", "pan_and_zoom.mp4", "face_then_none.mp4"])
    text = run("blur_for_sharing.py", tmp_path / "out", tmp_path / "shared")
    assert "frames are blurred as a whole" in text
    assert [path.name for path in (tmp_path / "shared").iterdir()] == ["variable_rate.mp4"]


def test_the_notebook_runs_from_top_to_bottom(tmp_path):
    (tmp_path / "videos").mkdir()
    for name in ("face_then_none.mp4", "two_faces.mp4"):  # half the time of all four
        shutil.copy(EXAMPLES / name, tmp_path / "videos")
    shutil.copy(FOLDER / "attributes.csv", tmp_path)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=MOST_CELL_S,
        startup_timeout=MOST_START_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute(env=os.environ | {"OMP_NUM_THREADS": "1", "IPYTHONDIR": str(tmp_path / "ipy")})
    shown = [
        output["data"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    assert "<td>two_faces.mp4</td>" in shown[0]["text/html"]
    assert any("image/png" in data for data in shown)
    assert (tmp_path / "demo-output" / "annotated.mp4").is_file()
    assert len(list((tmp_path / "demo-output" / "elan").glob("*.eaf"))) == 2


def test_the_notebook_is_stored_without_outputs_and_with_ids():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    assert NOTEBOOK.stat().st_size < 20_000


def test_every_example_is_in_the_list():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for path in [*FOLDER.glob("*.py"), *FOLDER.glob("*.ipynb"), *FOLDER.glob("*.csv")]:
        assert f"`{Path(path).name}" in text
