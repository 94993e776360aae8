"""`course doctor` says whether this machine can grade this course, and what to type where it cannot."""
