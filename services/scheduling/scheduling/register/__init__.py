"""What scheduling keeps of the directory: where organisations are, and which people are gone."""
