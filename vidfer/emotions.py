"""The seven expression names and their order: the only place that lists them."""

from types import MappingProxyType
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

# What other data sets and people call them, beside the seven names themselves.
_SYNONYMS: Final = MappingProxyType(
    {
        "anger": "angry",
        "disgusted": "disgust",
        "fearful": "fear",
        "afraid": "fear",
        "scared": "fear",
        "happiness": "happy",
        "joy": "happy",
        "sadness": "sad",
        "surprised": "surprise",
    }
)

_NUMBERS: Final = tuple(str(label) for label in range(len(EMOTIONS)))


def emotion_of(name: str) -> int | None:
    """Return the index in EMOTIONS that a name or synonym in any case, or a number, means.

    Numbers are FER2013's, 0 to 6. None for anything else.
    """
    plain = name.strip().casefold()
    plain = _SYNONYMS.get(plain, plain)
    if plain in _NUMBERS:
        return _NUMBERS.index(plain)
    return EMOTIONS.index(plain) if plain in EMOTIONS else None
