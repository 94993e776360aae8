"""`course doctor` says whether this machine can grade this course, and which command changes what is wrong."""
