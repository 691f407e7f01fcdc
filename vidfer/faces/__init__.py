"""Finding faces in frames, following them, cutting them out, judging them."""
