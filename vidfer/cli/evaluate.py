"""`vidfer evaluate`."""

from pathlib import Path

import click

import vidfer
from vidfer.cli.errors import reported


@click.command("evaluate")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--model", default="paper", show_default=True, help="Shipped name, or a .safetensors file."
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, ...")
@click.option("--threads", default=1, show_default=True, help="Threads of torch on the CPU.")
@click.option("--save-card", is_flag=True, help="Write the results into the model's card.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(
    data: Path, model: str, device: str, threads: int, save_card: bool, as_json: bool
) -> None:
    """Tell how well a model reads labelled faces.

    DATA is a Parquet file with the columns `emotion` (0 to 6) and `image`, or a folder
    with FER2013's splits. Test pictures that are copies of training pictures are left
    out in a second report where the training split lies beside them.
    """
    with reported():
        evaluation = vidfer.evaluate(
            data, model=model, device=device, threads=threads, save_card=save_card
        )
        click.echo(evaluation.to_json() if as_json else evaluation.as_text())
