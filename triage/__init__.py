"""Crash triage for Valkey and Redis servers."""

__version__ = "0.1.0"
