"""Graphs from elsewhere: ATen programs, ONNX, TOML and chains."""
