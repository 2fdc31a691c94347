"""Statistics: what samples say of two groups, and how sure that is."""
