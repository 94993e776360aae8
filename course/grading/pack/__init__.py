"""What a student downloads: notebooks, the student's part of the package, pinned versions, a start page."""
