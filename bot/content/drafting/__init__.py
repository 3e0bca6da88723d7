"""A text -> skeleton digests: it is read, weighed, divided, named and written; nothing here touches a file."""
