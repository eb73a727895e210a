"""What of the documents is made from the code: `bin/docs` writes it, and a test holds it against the code."""
