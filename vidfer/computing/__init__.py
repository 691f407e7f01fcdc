"""Where chunks are read: in this process's threads, or in processes forked from it."""
