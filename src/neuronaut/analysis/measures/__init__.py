"""Measures: numbers of one unit or layer."""
