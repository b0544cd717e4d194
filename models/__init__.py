"""Runs detection models: cards, engines, pre- and post-processing, choice of the fastest engine."""
