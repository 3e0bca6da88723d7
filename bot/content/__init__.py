"""Files of articles, themes and digests -> a library, or findings that say what to do."""
