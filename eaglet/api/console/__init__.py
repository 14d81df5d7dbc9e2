"""The console at `/console/`: a page to find resources, read about them, and call them."""
