package corpus

func mediaCostly() []Case { return nil }
