"""The seven expression names and their order: the only place that lists them."""

from typing import Final

# The order is FER2013's label order: index i of a probability row is EMOTIONS[i].
EMOTIONS: Final[tuple[str, ...]] = (
    "angry",
    "disgust",
    "fear",
    "happy",
    "sad",
    "surprise",
    "neutral",
)
