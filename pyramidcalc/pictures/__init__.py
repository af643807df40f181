"""Pictures for papers, one file a picture; the only importer of matplotlib."""
