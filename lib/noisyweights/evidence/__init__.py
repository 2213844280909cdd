"""Evidence: data, claims, provenance and the elements of a page."""
