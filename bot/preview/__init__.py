"""What an editor looks at: the digests as readers will see them, what was found beside them, and the coverage."""
