"""`vidfer train`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

import vidfer
from vidfer.cli.errors import reported

if TYPE_CHECKING:
    from vidfer.training.loop import EpochResult


@click.command("train")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--model", default="paper", show_default=True, help="Name of the model to make.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder for weights and card.  [default: runs/MODEL]",
)
@click.option(
    "--recipe", type=click.Path(path_type=Path), help="TOML recipe to use instead of MODEL's own."
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, ...")
@click.option("--threads", default=1, show_default=True, help="Threads of torch on the CPU.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def command(
    data: Path,
    model: str,
    output: Path | None,
    recipe: Path | None,
    device: str,
    threads: int,
    quiet: bool,
) -> None:
    """Train an emotion network on FER2013.

    DATA is a folder with training.parquet and public_test.parquet. The recipe that made
    the shipped weights is used unless another one is given.
    """

    def show(result: "EpochResult") -> None:
        if not quiet:
            click.echo(
                f"epoch {result.epoch:>3}  loss {result.loss:.4f}  "
                f"training {result.training_accuracy:.4f}  "
                f"PublicTest {result.held_out_accuracy:.4f}"
            )

    with reported():
        from vidfer.training.recipe import read_recipe  # torch is loaded from here on

        path = vidfer.train(
            data,
            model=model,
            output=output,
            recipe=read_recipe(recipe) if recipe else None,
            device=device,
            threads=threads,
            on_epoch=show,
        )
        if not quiet:
            click.echo(f"Wrote {path} and its card. Next: vidfer evaluate {data} --model {path}")
