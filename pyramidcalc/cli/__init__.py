"""The command line; only what a command needs is imported when it runs."""
