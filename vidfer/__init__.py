"""Facial-expression timelines, as Parquet, from folders of video."""

__version__ = "0.1.0"
