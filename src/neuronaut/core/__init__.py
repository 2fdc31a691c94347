"""The nouns of Neuronaut: plain data and Protocols, no files, no frameworks."""
