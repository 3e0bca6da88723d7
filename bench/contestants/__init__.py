"""One module for each contestant: a program of its own, so that the memory and the core it takes are its own."""
