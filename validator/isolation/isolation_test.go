package isolation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"airlock"
	"airlock/validator/inspect"
	"airlock/validator/inspect/corpus"
)

// The children of tests are the test binary.
func TestMain(m *testing.M) {
	if Child() {
		Main()
	}
	os.Exit(m.Run())
}

// begin is an Inspector that ends with the test.
func begin(t testing.TB) *Inspector {
	t.Helper()
	if !possible {
		t.Skip("inspection is in the process on this system")
	}
	i, err := Start(t.Context(), Settings{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.Close)
	return i
}

func upload(c corpus.Case, data []byte) inspect.Upload {
	return inspect.Upload{Profile: c.Profile(), Type: c.Type, Name: c.Name, Size: int64(len(data)), Bytes: bytes.NewReader(data), Hash: true}
}

// A child says of each file what the process itself would say.
func TestAChildSaysWhatTheProcessWould(t *testing.T) {
	i, own := begin(t), inspect.New()
	var all sync.WaitGroup
	slots := make(chan struct{}, 16)
	for n, c := range corpus.All() {
		if n%5 != 0 { // each fifth: they are looked at whole elsewhere
			continue
		}
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			u := upload(c, c.Make())
			want, err := own.Inspect(t.Context(), u)
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
			got, err := i.Inspect(t.Context(), u)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %+v, %v; the process says %+v", c.Name, got, err, want)
			}
		})
	}
	all.Wait()
}

var errAway = errors.New("the store is away")

type away struct{ io.ReaderAt }

func (a away) ReadAt(p []byte, off int64) (int, error) {
	if off > 0 {
		return 0, errAway
	}
	return a.ReaderAt.ReadAt(p, off)
}

func honest(t testing.TB, mediaType string) corpus.Case {
	t.Helper()
	all := corpus.All()
	n := slices.IndexFunc(all, func(c corpus.Case) bool { return c.Type == mediaType && c.Want == "" && len(c.Make()) > 0 })
	if n < 0 {
		t.Fatalf("no honest %s", mediaType)
	}
	return all[n]
}

func large() inspect.Upload {
	data := bytes.Repeat([]byte("All work and no play.\n"), 1<<16)
	p := airlock.Profile{Name: "text", Types: []string{"text/plain"}, MaxBytes: 1 << 30}.WithDefaults()
	return inspect.Upload{Profile: p, Type: "text/plain", Name: "a.txt", Size: int64(len(data)), Bytes: bytes.NewReader(data)}
}

// Trouble of reading comes back as the very error that the reader gave.
func TestTroubleOfReadingIsTheReadersOwn(t *testing.T) {
	i := begin(t)
	u := large()
	u.Bytes = away{u.Bytes}
	if _, err := i.Inspect(t.Context(), u); !errors.Is(err, errAway) {
		t.Errorf("%v", err)
	}
	if r, err := i.Inspect(t.Context(), large()); err != nil || r.Finding != nil {
		t.Errorf("after it: %+v, %v", r, err)
	}
}

// Whoever gives up waiting is let go at once, and nothing is left in the child.
func TestWhoGivesUpIsLetGo(t *testing.T) {
	i := begin(t)
	for n := range 50 {
		u := large()
		ctx, cancel := contextThatEnds(t, n)
		_, err := i.Inspect(ctx, u)
		cancel()
		if err != nil && !errors.Is(err, errEnough) {
			t.Fatal(err)
		}
	}
	if r, err := i.Inspect(t.Context(), large()); err != nil || r.Finding != nil {
		t.Errorf("after it: %+v, %v", r, err)
	}
}

var errEnough = errors.New("enough")

// contextThatEnds ends a little later with each n.
func contextThatEnds(t *testing.T, n int) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	timer := time.AfterFunc(time.Duration(n)*100*time.Microsecond, func() { cancel(errEnough) })
	return ctx, func() { timer.Stop(); cancel(nil) }
}

// Who waits for the cell says so before, and after; and is not inspected where that is answered by an error.
func TestWhoIsInspectedAloneStepsAside(t *testing.T) {
	i := begin(t)
	i.mistrusts("text/plain")
	if err := i.alone.take(t.Context(), func() bool { return false }); err != nil { // somebody is in the cell
		t.Fatal(err)
	}
	aside, back := make(chan bool), make(chan bool, 1)
	u := large()
	u.Aside = func() (func(), error) {
		close(aside)
		return func() { back <- true }, nil
	}
	over := make(chan error)
	go func() {
		r, err := i.Inspect(t.Context(), u)
		if err == nil && r.Finding != nil {
			err = errors.New(r.Finding.Detail)
		}
		over <- err
	}()
	<-aside
	select {
	case <-back:
		t.Error("it came back before the cell was free")
	default:
	}
	i.alone.give()
	if err := <-over; err != nil || !<-back {
		t.Error(err)
	}
	u.Aside = func() (func(), error) { return nil, errEnough }
	if _, err := i.Inspect(t.Context(), u); !errors.Is(err, errEnough) {
		t.Errorf("%v", err)
	}
}

// A cell that has to do with what nobody else wants is not the next upload's.
func TestACellThatYieldedIsNotUsedAgain(t *testing.T) {
	i := begin(t)
	i.mistrusts("text/plain")
	look := func() *child {
		if r, err := i.Inspect(t.Context(), large()); err != nil || r.Finding != nil {
			t.Fatalf("%+v, %v", r, err)
		}
		return i.cell.now
	}
	first := look()
	if first.yielded = false; look() != first {
		t.Error("a cell that did not yield is not used again")
	}
	if !first.yield() || first.yield() {
		t.Error("it yields more than once")
	}
	yields(first.cmd.Process.Pid)
	if look() != first {
		t.Error("a cell that lives was not used")
	}
	if look() == first {
		t.Error("a cell that yielded was used again")
	}
}

func TestTheLimitsFit(t *testing.T) {
	for _, c := range []struct {
		whole int64
		heavy int // 0: refused
	}{
		{128 << 20, 0}, {340 << 20, 0}, {350 << 20, 1}, {512 << 20, 4}, {1 << 40, 4},
	} {
		l, err := fit(c.whole)
		if c.heavy == 0 {
			if !errors.Is(err, ErrTooLittle) {
				t.Errorf("%d MiB: %+v, %v", c.whole>>20, l, err)
			}
			continue
		}
		if err != nil || l.Heavy != c.heavy || l.Parent < leastParent || l.Parent+l.Common+l.Cell > c.whole/10*9 {
			t.Errorf("%d MiB: %+v, %v", c.whole>>20, l, err)
		}
	}
}

func TestTheVerdictOfEnds(t *testing.T) {
	crash := end{how: died, detail: "exit status 2"}
	other := end{how: died, detail: "signal: segmentation fault"}
	amid := end{how: died, detail: "exit status 2", besides: 1}
	outside := end{how: killed, detail: "signal: killed"}
	for _, c := range []struct {
		name string
		ends []end
		want decision
	}{
		{"a limit", []end{{how: limited, detail: limitMemory}}, convicted},
		{"a limit after others", []end{outside, crash, {how: limited, detail: limitStuck}}, convicted},
		{"a crash", []end{crash}, again},
		{"the same crash twice", []end{crash, crash}, convicted},
		{"two crashes", []end{crash, other}, again},
		{"the same crash twice, with one between", []end{crash, outside, crash}, again},
		{"while others crash, too", []end{crash, amid}, again},
		{"while others crashed before", []end{amid, crash}, again},
		{"then twice alone", []end{amid, crash, crash}, convicted},
		{"ended from outside", []end{outside, outside, outside}, again},
		{"ended from outside for ever", []end{outside, outside, outside, outside, outside, outside}, undecided},
		{"a lost one", []end{{how: lost}, {how: lost}}, again},
	} {
		if got := verdictOf(c.ends); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAFileOfPiecesIsAFile(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := newSpool(f)
	var files []inspect.File
	for n := range 3 {
		file, err := s.file()
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		for part := range 5 {
			if _, err := file.Write(bytes.Repeat([]byte{byte(10*n + part)}, 700_000)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for n, file := range files {
		got, err := io.ReadAll(io.NewSectionReader(file, 0, 5*700_000+1))
		if err != nil || len(got) != 5*700_000 {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		for part := range 5 {
			if b := got[part*700_000+699_999]; b != byte(10*n+part) {
				t.Errorf("file %d: %d in part %d", n, b, part)
			}
		}
		if n == 1 {
			continue
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := files[0].Write([]byte{1}); err == nil {
		t.Error("a closed file takes more")
	}
	if err := files[1].Close(); err != nil {
		t.Error(err)
	}
	if st, err := f.Stat(); err != nil || st.Size() != 0 {
		t.Errorf("what is not used stays: %v, %v", st.Size(), err)
	}
}

func BenchmarkInspect(b *testing.B) {
	i, own := begin(b), inspect.New()
	for _, mediaType := range []string{"image/png", "application/pdf", "text/plain"} {
		c := honest(b, mediaType)
		u := upload(c, c.Make())
		for _, in := range []struct {
			name string
			do   func() (inspect.Report, error)
		}{
			{"process", func() (inspect.Report, error) { return own.Inspect(b.Context(), u) }},
			{"child", func() (inspect.Report, error) { return i.Inspect(b.Context(), u) }},
		} {
			b.Run(fmt.Sprintf("%s/%s", mediaType, in.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if r, err := in.do(); err != nil || r.Finding != nil {
						b.Fatal(r.Finding, err)
					}
				}
			})
		}
	}
	c := honest(b, "image/png")
	small := upload(c, c.Make())
	for name, do := range map[string]func() (inspect.Report, error){
		"process": func() (inspect.Report, error) { return own.Inspect(b.Context(), small) },
		"child":   func() (inspect.Report, error) { return i.Inspect(b.Context(), small) },
	} {
		b.Run("many at once/"+name, func(b *testing.B) {
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if r, err := do(); err != nil || r.Finding != nil {
						b.Error(r.Finding, err)
					}
				}
			})
		})
	}
	u := large()
	b.Run("large text/child", func(b *testing.B) {
		b.SetBytes(u.Size)
		for b.Loop() {
			if r, err := i.Inspect(b.Context(), u); err != nil || r.Finding != nil {
				b.Fatal(r.Finding, err)
			}
		}
	})
}
