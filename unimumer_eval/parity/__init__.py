"""Do two programs read the same picture alike? What each of them sees is traced, and two traces are compared."""
