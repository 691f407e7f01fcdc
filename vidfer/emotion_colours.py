"""The colour of each emotion, wherever vidfer draws one: the only place that lists them."""

from types import MappingProxyType
from typing import Final

# In the order of EMOTIONS. Okabe and Ito's palette (jfly.uni-koeln.de/color), which people
# with any colour vision tell apart, without its yellow and black: every colour shows on white
# and on black.
EMOTION_COLOURS: Final = MappingProxyType(
    {
        "angry": "#D55E00",  # vermilion
        "disgust": "#009E73",  # bluish green
        "fear": "#CC79A7",  # reddish purple
        "happy": "#E69F00",  # orange
        "sad": "#0072B2",  # blue
        "surprise": "#56B4E9",  # sky blue
        "neutral": "#999999",  # grey
    }
)
