"""The schema, revision by revision; each file's name begins with its revision."""
