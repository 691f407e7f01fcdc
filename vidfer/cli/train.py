"""`vidfer train`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

import vidfer
from vidfer.cli.errors import reported
from vidfer.config import DEFAULT_MODEL

if TYPE_CHECKING:
    from vidfer.training.recipe import Recipe
    from vidfer.training.run import EpochResult


@click.command("train")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--model", default=DEFAULT_MODEL, show_default=True, help="Name of the model to make."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder for weights, card, checkpoint, history and plots.  [default: runs/MODEL]",
)
@click.option(
    "--recipe", type=click.Path(path_type=Path), help="TOML recipe to use instead of MODEL's own."
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change one value of the recipe; may be repeated.",
)
@click.option("--overwrite", is_flag=True, help="Start anew even where there is a checkpoint.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, ...")
@click.option("--threads", default=1, show_default=True, help="Threads of torch on the CPU.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    data: Path,
    *,
    model: str,
    output: Path | None,
    recipe: Path | None,
    changes: tuple[str, ...],
    overwrite: bool,
    device: str,
    threads: int,
    quiet: bool,
) -> None:
    """Train an emotion network on labelled faces.

    DATA is FER2013 as CSV, Kaggle's train.csv, Parquet, or a folder of class folders. The
    recipe that made the shipped weights is used unless another one is given. A run that
    was stopped goes on when the same command is given again.
    """

    def show(result: "EpochResult") -> None:
        if not quiet:
            click.echo(
                f"epoch {result.epoch:>3}  loss {result.loss:.4f}  "
                f"training {result.training_accuracy:.4f}  "
                f"held out {result.held_out_accuracy:.4f}"
            )

    with reported():
        try:
            path = vidfer.train(
                data,
                model=model,
                output=output,
                recipe=_recipe(recipe, model, changes),
                device=device,
                threads=threads,
                overwrite=overwrite,
                on_epoch=show,
            )
        except KeyboardInterrupt:
            click.echo("Give the same command again to go on from the last whole epoch.", err=True)
            raise
        if not quiet:
            click.echo(f"Wrote {path} and its card. Next: vidfer evaluate {data} --model {path}")


def _recipe(path: Path | None, model: str, changes: tuple[str, ...]) -> "Recipe":
    from vidfer.training.changes import changed  # torch is loaded from here on
    from vidfer.training.recipe import read_recipe, shipped_recipe

    return changed(read_recipe(path) if path else shipped_recipe(model), changes)
