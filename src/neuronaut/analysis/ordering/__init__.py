"""Ordering: how an order of units is found."""
