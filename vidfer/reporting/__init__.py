"""Results as pages for a browser."""
