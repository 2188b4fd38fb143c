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

// animation is what the frames that went by cost a reader.
type animation struct{ frames, pixels int64 }

// mostFramePixels bounds it: a minute of full HD has 3 * 10^9.
const mostFramePixels = 20_000_000_000

// frame counts one more of w x h pixels.
func (a *animation) frame(l *look, w, h int64) error {
	a.frames++
	if a.pixels += w * h; a.pixels > mostFramePixels {
		return l.objectTo(airlock.Bomb, "its frames have more than %d pixels together", int64(mostFramePixels))
	}
	return l.frames(a.frames)
}

// malformed objects to what no honest producer writes.
func malformed(l *look, format string, a ...any) error {
	return l.objectTo(airlock.Malformed, format, a...)
}
