"""The shelf: blocks that two papers or more share. They take plain numbers, never a config."""
