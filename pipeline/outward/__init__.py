"""Tells receivers outside what happens to cases: signed webhooks, MQTT, exchange forms, view libraries (GA/T 1400)."""
