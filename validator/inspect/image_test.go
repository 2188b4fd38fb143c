package inspect

import "testing"

func FuzzImage(f *testing.F) { fuzz(f, "image/png", "image/jpeg", "image/gif", "image/webp") }

func FuzzHEIF(f *testing.F) { fuzz(f, "image/avif", "image/heic") }
