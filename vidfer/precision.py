"""What networks compute in."""

from typing import Literal

Precision = Literal["float32", "bfloat16"]

# What may be asked for: auto is what suits the device.
PrecisionChoice = Literal["auto", "float32", "bfloat16"]
