"""Pulls cameras: URLs, readers, packet rings, gears, time lines, clips and camera health."""
