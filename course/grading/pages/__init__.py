"""Pages of what students wrote and their code displayed, which run nothing and load nothing."""
