"""`vidfer models`."""

import json
from dataclasses import asdict

import click

import vidfer
from vidfer.cli.errors import reported


@click.command("models")
@click.option("--json", "as_json", is_flag=True, help="Print the whole cards as JSON.")
def command(as_json: bool) -> None:
    """List the shipped emotion networks."""
    with reported():
        cards = vidfer.models()
        if as_json:
            click.echo(json.dumps([asdict(card) for card in cards], indent=2))
            return
        for card in cards:
            settled = ", sees faces cut again as analyze cuts them" if card.settled else ""
            click.echo(
                f"{card.name}: {card.parameters:,} parameters, temperature {card.temperature}"
                f"{settled}"
            )
            for split, figures in card.results.items():
                click.echo(
                    f"  {split:<30} accuracy {figures['accuracy']:.4f}"
                    f"  macro F1 {figures['macro_f1']:.4f}"
                )
            click.echo(f"  {card.data}\n  {card.limits}\n  {card.licence}")
