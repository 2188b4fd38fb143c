// Package samples makes small, inert files: honest ones of several kinds, and a page. They are made
// by code, so that no binary has to be trusted.
package samples

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

// picture is a small gradient.
func picture() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for y := range 48 {
		for x := range 64 {
			img.Set(x, y, color.RGBA{uint8(x * 4), uint8(y * 5), 128, 255})
		}
	}
	return img
}

// PNG is a picture of 64 x 48 pixels.
func PNG() []byte {
	var b bytes.Buffer
	must(png.Encode(&b, picture()))
	return b.Bytes()
}

// JPEG is the same picture.
func JPEG() []byte {
	var b bytes.Buffer
	must(jpeg.Encode(&b, picture(), nil))
	return b.Bytes()
}

// LargePNG is a valid PNG of exactly n bytes. n must be at least 12 more than PNG has.
func LargePNG(n int) []byte {
	pad := n - len(PNG()) - 12
	if pad < 0 {
		panic(fmt.Sprintf("samples: %d bytes are too few for a PNG", n))
	}
	return padded(PNG(), make([]byte, pad))
}

// TaggedPNG is a valid PNG of one pixel, unlike any other by its tag, of n bytes or as few as it takes.
func TaggedPNG(tag string, n int) []byte {
	var b bytes.Buffer
	must(png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))))
	pad := make([]byte, max(len(tag), n-b.Len()-12))
	copy(pad, tag)
	return padded(b.Bytes(), pad)
}

// padded puts pad into a private ancillary chunk before the end of a PNG.
func padded(small, pad []byte) []byte {
	const end = 12 // the IEND chunk
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(pad)))
	chunk = append(chunk, "paDd"...)
	chunk = append(chunk, pad...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	head, tail := small[:len(small)-end], small[len(small)-end:]
	return bytes.Join([][]byte{head, chunk, tail}, nil)
}

// PDF is a document of one page that says hello.
func PDF() []byte {
	const text = "BT /F1 24 Tf 72 720 Td (Hello from airlock) Tj ET"
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

// HTML is a page with a script that does nothing.
func HTML() []byte {
	return []byte("<!doctype html>\n<html><head><title>hello</title></head><body><script>/* nothing */</script></body></html>\n")
}

// Text is plain text in UTF-8.
func Text() []byte { return []byte("Notes\n\nplain text, with an é and a 猫\n") }

// Zip is an archive of one text.
func Zip() []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("notes.txt")
	must(err)
	_, err = w.Write(Text())
	must(err)
	must(z.Close())
	return b.Bytes()
}

// must is for writing to memory, which cannot fail.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
