"""The wheel: everything that a user needs, and nothing from here."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.results import EXAMPLES

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*command, str(REPOSITORY)], check=True, capture_output=True, timeout=200)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_weights_cards_and_recipes(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "vidfer/emotion/weights/paper.safetensors" in names
    assert "vidfer/emotion/weights/paper.json" in names
    assert "vidfer/training/recipes/paper.toml" in names
    assert "vidfer/training/recipes/earlier/blended.toml" in names
    assert "vidfer/training/recipes/earlier/distilled.toml" in names
    assert "vidfer/py.typed" in names
    assert not [n for n in names if n.split("/")[0] not in ("vidfer", wheel_info(names))]


def wheel_info(names: list[str]) -> str:
    return next(name.split("/")[0] for name in names if ".dist-info/" in name)


def test_the_wheel_works_when_installed_elsewhere(wheel, tmp_path):
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", str(site), str(wheel)], check=True, timeout=200)
    environment = os.environ | {"PYTHONPATH": str(site)}

    def python(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=200,
        )
        return done.stdout

    assert python("-c", "import vidfer; print(vidfer.__file__)").startswith(str(site))
    clip = str(EXAMPLES / "two_faces.mp4")
    assert "1 done" in python("-m", "vidfer", "analyze", clip, "--end", "0.2")
    assert (tmp_path / "vidfer-output" / "timeline" / "two_faces.mp4.parquet").is_file()
