"""Draws streets with exact truth and turns them into cameras, files and training sets."""
