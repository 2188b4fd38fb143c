package validator

import "testing"

func TestPartsAreAsManyAndAsLargeAsS3Takes(t *testing.T) {
	const mib, gib, tib = 1 << 20, 1 << 30, 1 << 40
	for _, c := range []struct {
		name                      string
		size, single, part, count int64
	}{
		{"just too large for one copy", 5*gib + 1, 5 * gib, 256 * mib, 21},
		{"the last part is one byte", 256*mib*40 + 1, 5 * gib, 256 * mib, 41},
		{"the last that needs no larger parts", 256 * mib * 10_000, 5 * gib, 256 * mib, 10_000},
		{"the first that does", 256*mib*10_000 + 1, 5 * gib, 257 * mib, 9962},
		{"S3's largest object until 2025", 5 * tib, 5 * gib, 525 * mib, 9987},
		{"S3's largest object, 50 TB", 50_000_000_000_000, 5 * gib, 4769 * mib, 9999},
		{"all that 10,000 parts of 5 GiB hold", 10_000 * 5 * gib, 5 * gib, 5 * gib, 10_000},
		{"a limit lowered for a test", 24 * mib, 8 * mib, 8 * mib, 3},
		{"a limit below the smallest part", 12 * mib, 1, 5 * mib, 3},
	} {
		part := partSize(c.size, c.single)
		if count := (c.size + part - 1) / part; part != c.part || count != c.count || count > maxParts || part < minPart || part > singleCopyLimit {
			t.Errorf("%s: %d parts of %d MiB, want %d of %d MiB", c.name, count, part/mib, c.count, c.part/mib)
		}
	}
}
