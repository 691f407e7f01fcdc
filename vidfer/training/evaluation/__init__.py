"""How well a model reads labelled faces: figures, reports, files."""
