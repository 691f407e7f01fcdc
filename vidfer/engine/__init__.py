"""Bringing jobs to workers. Engines know nothing of video."""
