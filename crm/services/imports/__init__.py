"""Bringing in the lists that a broker already keeps."""
