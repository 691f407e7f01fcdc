"""The documentation names everything that a user can name."""

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest

import vidfer
from vidfer.cli import main
from vidfer.config import AnalyzeSettings
from vidfer.emotion.cards import shipped_models
from vidfer.emotions import EMOTIONS
from vidfer.timeline.schema import MANIFEST_SCHEMA, TIMELINE_SCHEMA
from vidfer.training.augmentation import Augmentation
from vidfer.training.recipe import Recipe

REPOSITORY = Path(__file__).resolve().parents[1]
DOCS = REPOSITORY / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("column", [*TIMELINE_SCHEMA.names, *MANIFEST_SCHEMA.names])
def test_every_column_is_explained(column):
    assert f"`{column}`" in page("columns.md")


@pytest.mark.parametrize("name", vidfer.__all__)
def test_every_public_name_is_explained(name):
    assert f"vidfer.{name}" in page("python.md")


@pytest.mark.parametrize("name", [field.name for field in fields(AnalyzeSettings)])
def test_every_setting_is_explained(name):
    assert f"`{name}`" in page("python.md")


@pytest.mark.parametrize(
    "name", [one.name for kind in (Recipe, Augmentation) for one in fields(kind)]
)
def test_every_recipe_setting_is_explained(name):
    assert f"`{name}`" in page("training.md")


@pytest.mark.parametrize("name", shipped_models())
def test_every_model_is_explained(name):
    assert f"`{name}`" in page("models.md")


def commands() -> list[click.Command]:
    context = click.Context(main)
    return [main.get_command(context, name) for name in main.list_commands(context)]


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_every_command_and_option_is_explained(command):
    text = page("commands.md")
    assert f"## `vidfer {command.name}" in text
    section = text.split(f"## `vidfer {command.name}")[1].split("\n## ")[0]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            for flag in parameter.opts:
                assert f"`{flag}" in section, flag


def test_the_pages_of_the_site_exist():
    names = re.findall(r": ([\w-]+\.md)", (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8"))
    assert names
    assert sorted(names) == sorted(path.name for path in DOCS.glob("*.md"))


def test_the_changelog_begins_with_this_version_or_unreleased():
    text = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## \[?([\w.]+)", text, re.MULTILINE)
    assert first is not None
    assert first.group(1) in (vidfer.__version__, "Unreleased")


def test_emotions_are_public_in_their_order():
    assert vidfer.EMOTIONS == EMOTIONS
    assert len(EMOTIONS) == 7


def test_public_names_are_what_the_module_offers():
    assert dir(vidfer) == sorted(vidfer.__all__)
    for name in vidfer.__all__:
        assert getattr(vidfer, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = vidfer.nonsense


def test_no_file_names_a_path_of_this_machine():
    home = str(REPOSITORY.parent) + "/"
    for path in REPOSITORY.glob("**/*"):
        if path.suffix in {".py", ".md", ".toml", ".yml", ".yaml", ".json"}:
            parts = path.relative_to(REPOSITORY).parts
            if not any(part.startswith(".venv") or part in {"runs", "site"} for part in parts):
                assert home not in path.read_text(encoding="utf-8"), path
