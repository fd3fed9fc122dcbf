"""Reads the server's own state out of a core: typed values first, then lists, strings, clients, connections."""
