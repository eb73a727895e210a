"""What comes in, one module a feature. A form checks shapes and words; the business refuses in services."""
