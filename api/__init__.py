"""Serves people: HTTP, WebSocket, sign-in, command line and the web page."""
