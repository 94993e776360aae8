"""From and to a learning management system: archives of submissions in, files of grades out."""
