"""Training and evaluation of the emotion network."""
