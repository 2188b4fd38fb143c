package events

import (
	"fmt"
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

// BenchmarkRecord is how many verdicts a second one stream takes, by compare-and-set and with 64 in
// flight, as validators record them: with each on the disk before its acknowledgement
// (infra/nats/nats.conf), and with the server's default of every two minutes. It also says what each takes of the disk. docs/scale.md has the figures.
func BenchmarkRecord(b *testing.B) {
	for _, always := range []bool{true, false} {
		b.Run(fmt.Sprintf("sync_always=%v", always), func(b *testing.B) {
			store := benchStore(b, always)
			b.SetParallelism(64) // times GOMAXPROCS; the places are 64
			places := make(chan struct{}, 64)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					v := accepted(0)
					v.UploadID = uuid.NewString()
					places <- struct{}{}
					if err := store.Record(b.Context(), v); err != nil {
						b.Error(err)
					}
					<-places
				}
			})
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "verdicts/s")
			if info, err := store.stream.Info(b.Context()); err == nil {
				b.ReportMetric(float64(info.State.Bytes)/float64(info.State.Msgs), "disk-B/verdict")
			}
		})
	}
}

func benchStore(b *testing.B, always bool) *Store {
	b.Helper()
	dir, err := os.MkdirTemp("", "airlock-bench-")
	if err != nil {
		b.Fatal(err)
	}
	s := &natsServer{options: server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: dir, SyncAlways: always, NoLog: true, NoSigs: true}}
	s.start(b)
	b.Cleanup(func() { s.Shutdown(); s.WaitForShutdown(); _ = os.RemoveAll(dir) })
	nc, store := s.open(b)
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	if err := Setup(b.Context(), js, SetupOptions{QuarantineBucket: "q"}); err != nil { // with all the room that there is by default
		b.Fatal(err)
	}
	return store
}
