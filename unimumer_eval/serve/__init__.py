"""The server: recognition for other programs, and a page to try it on. Run as ``unimumer serve``."""
