"""Reads server logs: one scan over every line, then the crash reports and the processes."""
