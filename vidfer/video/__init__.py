"""Video files to batches of upright frames, planes or RGB, with their real times."""
