package inspect

import "airlock"

// What a profile leaves out. Honest files are well within: the largest phone cameras make pictures of
// 200 million pixels, panoramas are 32,000 wide.
func withDefaults(l airlock.Limits) airlock.Limits {
	for field, def := range map[*int64]int64{
		&l.MaxPixels: 200_000_000, &l.MaxSide: 32_768, &l.MaxFrames: 5_000,
		&l.MaxEntries: 10_000, &l.MaxUnpackedBytes: 2 << 30, &l.MaxDepth: 2,
	} {
		if *field == 0 {
			*field = def
		}
	}
	return l
}
