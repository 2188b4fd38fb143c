package corpus

import "slices"

// Costly are files made to cost as much as they can: of each family one that makes its inspector keep the
// most, and one that makes it fetch or compute the most. What must be said of them is not told (Want is
// ""): they are judged within the bounds, whatever the verdict. Each has at most 8 MiB.
func Costly() []Case {
	return slices.Concat(
		archiveCostly(),
		mediaCostly(),
		officeCostly(),
		pdfCostly(),
		xmlCostly(),
	)
}
