"""Tricks that any game may switch on: each file is one idea, with its paper, and knows no game."""
