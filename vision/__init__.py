"""Sees: frames, boxes, detections, zones, tracks, places and what changed; data and pure functions, no I/O."""
