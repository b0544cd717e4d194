"""Wires it all: settings, shards, batching, the way from event to case, the hub to the page."""
