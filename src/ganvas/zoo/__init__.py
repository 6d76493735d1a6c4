"""The games: one file for each paper, named after it."""
