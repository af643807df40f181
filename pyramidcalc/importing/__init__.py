"""Graphs from elsewhere: torch modules, .pt2 files, ONNX, TOML and chains."""
