package corpus

func pdfCostly() []Case { return nil }
