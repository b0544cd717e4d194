"""Speaks: horns by URL, phrases, speech, quiet hours and the warning ladder."""
