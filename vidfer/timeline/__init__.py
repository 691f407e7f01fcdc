"""Results on disk: one Parquet file per video, and the manifest of all videos."""
