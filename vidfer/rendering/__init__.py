"""Annotated and face-blurred copies of videos."""
