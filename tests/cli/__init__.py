"""Tests of the command line; torch-free unless marked."""
