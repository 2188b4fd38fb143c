package samples

import (
	"bytes"
	"fmt"
	"image"
	"strings"
	"testing"

	"github.com/gabriel-vasile/mimetype"
)

func TestSamplesAreWhatTheirNamesSay(t *testing.T) {
	for want, data := range map[string][]byte{
		"image/png": PNG(), "image/jpeg": JPEG(), "application/pdf": PDF(), "text/html; charset=utf-8": HTML(),
		"text/plain; charset=utf-8": Text(), "application/zip": Zip(),
	} {
		if got := mimetype.Detect(data).String(); got != want {
			t.Errorf("%s is taken for %s", want, got)
		}
	}
	for _, data := range [][]byte{PNG(), JPEG(), LargePNG(100_000)} {
		if _, _, err := image.Decode(bytes.NewReader(data)); err != nil {
			t.Error(err)
		}
	}
	if n := len(LargePNG(100_000)); n != 100_000 {
		t.Errorf("%d bytes", n)
	}
}

func TestThePDFsTableOfObjectsIsRight(t *testing.T) {
	pdf := string(PDF())
	_, table, _ := strings.Cut(pdf, "xref\n0 6\n")
	for n, line := range strings.SplitAfterN(table, "\n", 7)[1:6] {
		var offset int
		if _, err := fmt.Sscanf(line, "%010d", &offset); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("%d 0 obj\n", n+1); !strings.HasPrefix(pdf[offset:], want) {
			t.Errorf("object %d is not at %d", n+1, offset)
		}
	}
}
