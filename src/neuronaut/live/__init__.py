"""Live: questions that a recording alone cannot answer, asked of the user's model beside it.

Importing it imports no deep-learning framework; a model brings its own.
"""
