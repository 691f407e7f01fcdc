"""Video files to batches of upright RGB frames with their real times."""
