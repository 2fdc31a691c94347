"""The explorer: a recording as a page that anyone can open, and the contract of its data."""
