"""Figures over samples. Each says by which protocol it was measured."""
