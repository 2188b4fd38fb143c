package inspect

import "airlock"

// picture notes the size of a picture and holds it against the profile's limits.
func (l *look) picture(width, height int64) error {
	l.content.Width, l.content.Height = max(l.content.Width, width), max(l.content.Height, height)
	switch {
	case width <= 0 || height <= 0:
		return l.objectTo(airlock.Malformed, "the %s has no size: %d x %d", short(l.mediaType), width, height)
	case width > l.limits.MaxSide || height > l.limits.MaxSide:
		return l.objectTo(airlock.PixelLimit, "%d x %d pixels: a side is longer than %d", width, height, l.limits.MaxSide)
	case width > l.limits.MaxPixels/height:
		return l.objectTo(airlock.PixelLimit, "%d x %d pixels are more than %d", width, height, l.limits.MaxPixels)
	}
	return nil
}

// frames holds the count of an animation's pictures against the profile's limit.
func (l *look) frames(n int64) error {
	l.content.Frames = max(l.content.Frames, n)
	if n > l.limits.MaxFrames {
		return l.objectTo(airlock.PixelLimit, "it has more than %d frames", l.limits.MaxFrames)
	}
	return nil
}

// malformed objects to what no honest producer writes.
func malformed(l *look, format string, a ...any) error {
	return l.objectTo(airlock.Malformed, format, a...)
}
