package inspect

import (
	"runtime"
	"strings"
	"testing"
)

func FuzzSVG(f *testing.F) { fuzz(f, "image/svg+xml") }

func TestADrawingSaysHowLargeItIs(t *testing.T) {
	for attributes, want := range map[string][2]int64{
		`width="30px" height="20"`:                {30, 20},
		`viewBox="0 0 64 32"`:                     {64, 32},
		`width="100%" viewBox="0,0,7,8"`:          {7, 8},
		`width="1e99" height="x" viewBox="1 2 3"`: {0, 0},
	} {
		r, _ := judged(t, "image/svg+xml", "a.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" `+attributes+`/>`), nil)
		if got := [2]int64{r.Content.Width, r.Content.Height}; r.Finding != nil || got != want {
			t.Errorf("%s: %v, %+v", attributes, got, r.Finding)
		}
	}
}

func TestLongValuesAreNotKept(t *testing.T) {
	long := strings.Repeat("M 10 10 ", 2<<20)
	data := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><path d="` + long + `"/><text>` + long + `</text><!--` + long + `--></svg>`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, _ := judged(t, "image/svg+xml", "a.svg", data, nil)
	runtime.ReadMemStats(&after)
	if grew := after.TotalAlloc - before.TotalAlloc; r.Finding != nil || grew > 8<<20 {
		t.Errorf("%+v, %d bytes", r.Finding, grew)
	}
}
