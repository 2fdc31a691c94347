"""Search: which filters tell a set of samples best."""
