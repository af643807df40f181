"""What can be asked of a graph, one file a question."""
