package inspect

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"testing"
	"time"

	"airlock"
	"airlock/validator/inspect/corpus"
)

func FuzzZip(f *testing.F) { fuzz(f, "application/zip") }

// virtualZip is an archive of stored entries that is never held: each byte is made when it is read.
type virtualZip struct {
	entries   int64
	size      int64  // of each entry's data
	fields    []byte // of a local header, without its name
	directory []byte
	read      int64
}

const (
	virtualName  = "folder/%08d.bin"
	virtualNames = 7 + 8 + 4
	virtualHead  = 30 + virtualNames
)

func newVirtualZip(entries, size int64) *virtualZip {
	v := &virtualZip{entries: entries, size: size}
	v.fields = v.header()
	v.directory = v.makeDirectory()
	return v
}

func (v *virtualZip) stride() int64 { return virtualHead + v.size }

// header is a local header, without the name.
func (v *virtualZip) header() []byte {
	le := binary.LittleEndian
	h := append(le.AppendUint32(nil, 0x04034b50), 20, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	h = le.AppendUint32(h, crc32.ChecksumIEEE(make([]byte, v.size)))
	h = le.AppendUint32(le.AppendUint32(h, uint32(v.size)), uint32(v.size))
	return append(h, virtualNames, 0, 0, 0)
}

func (v *virtualZip) makeDirectory() []byte {
	le := binary.LittleEndian
	var b []byte
	for i := range v.entries {
		b = append(le.AppendUint32(b, 0x02014b50), 20, 3)
		b = append(append(b, v.fields[4:]...), make([]byte, 10)...)
		b = le.AppendUint32(b, uint32(i*v.stride()))
		b = fmt.Appendf(b, virtualName, i)
	}
	size := len(b)
	b = append(le.AppendUint32(b, 0x06054b50), 0, 0, 0, 0)
	b = le.AppendUint16(le.AppendUint16(b, uint16(v.entries)), uint16(v.entries))
	b = le.AppendUint32(le.AppendUint32(b, uint32(size)), uint32(v.entries*v.stride()))
	return append(b, 0, 0)
}

func (v *virtualZip) Size() int64 { return v.entries*v.stride() + int64(len(v.directory)) }

func (v *virtualZip) ReadAt(p []byte, off int64) (int, error) {
	v.read += int64(len(p))
	start := v.entries * v.stride()
	for n := 0; n < len(p); {
		at := off + int64(n)
		if at >= start {
			m := copy(p[n:], v.directory[min(at-start, int64(len(v.directory))):])
			if n += m; n < len(p) {
				return n, io.EOF
			}
			continue
		}
		i, within := at/v.stride(), at%v.stride()
		if within < virtualHead {
			n += copy(p[n:], fmt.Appendf(bytes.Clone(v.fields), virtualName, i)[within:])
			continue
		}
		m := int(min(int64(len(p)-n), v.stride()-within))
		clear(p[n : n+m])
		n += m
	}
	return len(p), nil
}

func inspectVirtual(t *testing.T, v *virtualZip, depth string) (Report, time.Duration) {
	t.Helper()
	p := airlock.Profile{Name: "p", Types: []string{"application/zip"}, MaxBytes: 4 << 30, Inspect: depth, Limits: airlock.Limits{MaxEntries: 100_000, MaxUnpackedBytes: 4 << 30}}.WithDefaults()
	began := time.Now()
	r, err := New().Inspect(t.Context(), Upload{Profile: p, Type: "application/zip", Size: v.Size(), Bytes: v})
	if err != nil {
		t.Fatal(err)
	}
	return r, time.Since(began)
}

// The promise of docs/inspection.md: 2 GB, 50,000 entries, judged from directory and sampled headers.
func TestAZipOfTwoGigabytesIsJudgedByItsDirectory(t *testing.T) {
	v := newVirtualZip(50_000, 43_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, took := inspectVirtual(t, v, "header")
	runtime.ReadMemStats(&after)
	if r.Finding != nil || r.Content.Entries != 50_000 {
		t.Errorf("%+v, %d entries", r.Finding, r.Content.Entries)
	}
	allocated := after.TotalAlloc - before.TotalAlloc
	if v.Size() < 2<<30 || v.read > 20_000_000 || allocated > 48<<20 {
		t.Errorf("of %d MB, %d bytes were read and %d allocated", v.Size()>>20, v.read, allocated)
	}
	t.Logf("%s, %d bytes read, %d allocated", took, v.read, allocated)
}

// The promise of docs/inspection.md: a bomb costs nothing.
func TestABombIsToldBeforeItIsUnpacked(t *testing.T) {
	for _, c := range corpus.All() {
		if c.Want != airlock.Bomb || c.Type != "application/zip" {
			continue
		}
		data := c.Make()
		r, err := New().Inspect(t.Context(), Upload{Profile: c.Profile(), Type: c.Type, Size: int64(len(data)), Bytes: bytes.NewReader(data)})
		if err != nil || r.Finding == nil || r.Finding.Reason != airlock.Bomb || r.Content.UnpackedBytes > 80<<20 {
			t.Errorf("%s: %+v, %v after %d bytes", c.Name, r.Finding, err, r.Content.UnpackedBytes)
		}
	}
}

func TestALargeZipIsReadWholeInBoundedMemory(t *testing.T) {
	v := newVirtualZip(20_000, 5_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, took := inspectVirtual(t, v, "full")
	runtime.ReadMemStats(&after)
	if r.Finding != nil || r.Content.UnpackedBytes != 100_000_000 || v.read < v.Size() {
		t.Errorf("%+v, %d bytes unpacked, %d of %d read", r.Finding, r.Content.UnpackedBytes, v.read, v.Size())
	}
	if held := int64(after.HeapInuse) - int64(before.HeapInuse); held > 48<<20 {
		t.Errorf("the heap grew by %d", held)
	}
	t.Logf("%s, %d allocated", took, after.TotalAlloc-before.TotalAlloc)
}
