"""From timelines to answers: smoothing, episodes, summaries, agreement."""
