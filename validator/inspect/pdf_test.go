package inspect

import "testing"

func FuzzPDF(f *testing.F) { fuzz(f, "application/pdf") }
