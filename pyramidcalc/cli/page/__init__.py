"""The web page: what it asks and is told (answers), who serves it (server), and one file that holds it all (report)."""
