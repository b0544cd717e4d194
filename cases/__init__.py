"""Keeps cases: from candidate to closed, with evidence files, an audit log and people."""
