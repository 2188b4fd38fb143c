package inspect

import "testing"

func FuzzISO(f *testing.F) { fuzz(f, "video/mp4", "video/quicktime", "audio/mp4") }

func FuzzStreams(f *testing.F) { fuzz(f, "video/webm", "audio/wav", "audio/ogg", "audio/mpeg") }
