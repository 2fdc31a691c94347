"""Attribution: what the values of a layer add to one answer, how complete that is, and what is said of it."""
