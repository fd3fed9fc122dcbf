"""Turns addresses of a program into functions, files and lines, with what the compiler inlined."""
