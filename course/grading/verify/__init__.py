"""`course verify`: proves that a release is ready to be given to a class."""
