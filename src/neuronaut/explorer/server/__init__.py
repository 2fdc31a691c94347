"""The explorer, served: the app, a manifest that reads no activations, and answers to queries, on this machine only."""
