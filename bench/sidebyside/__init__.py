"""Runs rate limit services beside one another, in one run on one machine, and says how they compare."""
