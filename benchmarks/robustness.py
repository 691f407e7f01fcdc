"""How well models read faces that are blurred, small, dark, compressed, covered or badly cut.

    python benchmarks/robustness.py DATA --model paper --model compact

DATA is a folder with FER2013's public_test.parquet. The damage is made with Pillow and
numpy, not with the code that training uses, and is the same for every model. Models see the
pictures as `vidfer evaluate` shows them; with --settled all see them cut again, as the faces
that `analyze` finds are cut.
"""

import argparse
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter

from vidfer.emotion.models import load_model
from vidfer.training.data import LabelledFaces, read_split
from vidfer.training.data.settling import settled
from vidfer.training.loop import logits_of, share_correct

SIDE_PX = 48
SEED = 0
CPU = torch.device("cpu")

Change = Callable[[Image.Image, np.random.Generator], Image.Image]


def blurred(radius_px: float) -> Change:
    return lambda picture, random: picture.filter(ImageFilter.GaussianBlur(radius_px))


def small(side_px: int) -> Change:
    def change(picture: Image.Image, random: np.random.Generator) -> Image.Image:
        tiny = picture.resize((side_px, side_px), Image.Resampling.BOX)
        return tiny.resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)

    return change


def dark(gain: float, *, noise: float) -> Change:
    def change(picture: Image.Image, random: np.random.Generator) -> Image.Image:
        grey = np.asarray(picture) * gain + random.normal(0, noise, (SIDE_PX, SIDE_PX))
        return Image.fromarray(grey.round().clip(0, 255).astype(np.uint8))

    return change


def compressed(quality: int) -> Change:
    def change(picture: Image.Image, random: np.random.Generator) -> Image.Image:
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=quality)
        return Image.open(stream).convert("L")

    return change


def covered(side_px: int) -> Change:
    def change(picture: Image.Image, random: np.random.Generator) -> Image.Image:
        left, top = random.integers(0, SIDE_PX - side_px, 2)
        picture.paste(128, (left, top, left + side_px, top + side_px))
        return picture

    return change


def rotated(most_deg: float) -> Change:
    def change(picture: Image.Image, random: np.random.Generator) -> Image.Image:
        angle = float(random.uniform(-most_deg, most_deg))
        return picture.rotate(angle, Image.Resampling.BILINEAR, fillcolor=128)

    return change


def cut_wider(margin_px: int) -> Change:
    """Cut the face with more around it, which the picture mirrored at its edges stands for.

    A negative margin cuts it closer.
    """

    def change(picture: Image.Image, random: np.random.Generator) -> Image.Image:
        if margin_px > 0:
            framed = Image.fromarray(np.pad(np.asarray(picture), margin_px, mode="reflect"))
        else:
            far = SIDE_PX + margin_px
            framed = picture.crop((-margin_px, -margin_px, far, far))
        return framed.resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)

    return change


def shifted(most_px: int) -> Change:
    def change(picture: Image.Image, random: np.random.Generator) -> Image.Image:
        grey = np.pad(np.asarray(picture), most_px, mode="reflect")
        left, top = random.integers(0, 2 * most_px + 1, 2)
        return Image.fromarray(grey[top : top + SIDE_PX, left : left + SIDE_PX])

    return change


CHANGES: dict[str, Change] = {
    "as it is": lambda picture, random: picture,
    "blur, deviation 1 px": blurred(1),
    "blur, deviation 2 px": blurred(2),
    "24 px wide": small(24),
    "16 px wide": small(16),
    "12 px wide": small(12),
    "a fifth of the light": dark(0.2, noise=1),
    "a twentieth of the light": dark(0.05, noise=1),
    "noise of 12 levels": dark(1, noise=12),
    "JPEG quality 30": compressed(30),
    "JPEG quality 10": compressed(10),
    "16x16 px covered": covered(16),
    "rotated up to 20 degrees": rotated(20),
    "cut 4 px wider": cut_wider(4),
    "cut 8 px wider": cut_wider(8),
    "cut 16 px wider": cut_wider(16),
    "cut 4 px closer": cut_wider(-4),
    "cut 8 px closer": cut_wider(-8),
    "shifted up to 5 px": shifted(5),
}


def changed(faces: LabelledFaces, change: Change) -> LabelledFaces:
    random = np.random.default_rng(SEED)
    pictures = [np.asarray(change(Image.fromarray(p), random)) for p in faces.pictures]
    return LabelledFaces(pictures=np.stack(pictures), labels=faces.labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", action="append", required=True)
    parser.add_argument("--settled", action="store_true")
    parser.add_argument("--only", action="append", choices=CHANGES)
    options = parser.parse_args()
    torch.set_num_threads(1)
    faces = read_split(options.data, "public_test")
    models = {name: load_model(name) for name in options.model}
    seen_how = "all settled" if options.settled else "as `vidfer evaluate` shows them"
    print(f"PublicTest accuracy, {len(faces):,} pictures, {seen_how}")
    print(f"{'':<26}" + "".join(f"{Path(name).stem:>12}" for name in models))
    for name in options.only or CHANGES:
        damaged = changed(faces, CHANGES[name])
        cut_again = settled(damaged, device=CPU)
        shares = []
        for model in models.values():
            seen = cut_again if options.settled or model.card.settled else damaged
            shares.append(share_correct(logits_of(model.network, seen, device=CPU), seen))
        print(f"{name:<26}" + "".join(f"{share:>12.4f}" for share in shares))


if __name__ == "__main__":
    main()
