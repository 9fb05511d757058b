"""Analysing files that need not be in the library, and writing beside or into them what was found."""
