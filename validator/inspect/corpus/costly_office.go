package corpus

func officeCostly() []Case { return nil }
