"""Judges: street vending, illegal parking and posted flyers as replayable rules over scenes."""
