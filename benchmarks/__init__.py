"""Measures: throughput, latency and accuracy, side by side with other ways of doing it."""
