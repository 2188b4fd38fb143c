package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"airlock"
	"airlock/events"
	"airlock/surroundings"
)

// nats looks at the verdict stream and the buckets of grants and keys.
func (d Doctor) nats(ctx context.Context, dlqRetention time.Duration) []surroundings.Finding {
	nc, err := d.Connect()
	if err != nil {
		return []surroundings.Finding{found("nats", surroundings.Fail, err.Error(), "check --nats-url and --nats-creds, and that NATS runs")}
	}
	defer nc.Close()
	var major, minor int
	version := nc.ConnectedServerVersion()
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err == nil && (major < 2 || major == 2 && minor < 11) {
		return []surroundings.Finding{found("nats", surroundings.Fail, "NATS "+version+" knows no compare-and-set over a filter", "run NATS 2.11 or later")}
	}
	ctx, cancel := context.WithTimeout(ctx, tryOut)
	defer cancel()
	js, err := jetstream.New(nc)
	if err == nil {
		_, err = js.AccountInfo(ctx)
	}
	if err != nil {
		return []surroundings.Finding{found("nats", surroundings.Fail, fmt.Sprintf("JetStream does not answer: %v", err), "switch JetStream on (infra/nats/nats.conf)")}
	}
	findings := []surroundings.Finding{good("nats", "%s runs %s with JetStream", nc.ConnectedUrlRedacted(), version)}
	return append(findings,
		d.stream(ctx, js, "stream", events.StreamName, dlqRetention),
		d.stream(ctx, js, "grants", "KV_"+events.GrantsBucket, dlqRetention),
		d.stream(ctx, js, "quota", "KV_"+events.QuotaBucket, dlqRetention),
		d.stream(ctx, js, "state", "KV_"+events.StateBucket, dlqRetention))
}

// fullness is how full the stream may be before somebody should look: when it is full, the
// validator waits.
const fullness = 0.7

func (d Doctor) stream(ctx context.Context, js jetstream.JetStream, check, name string, dlqRetention time.Duration) surroundings.Finding {
	st, err := js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return found(check, surroundings.Fail, "there is no stream "+name, "run airlock setup --quarantine-bucket "+d.Quarantine.Bucket)
	}
	if err != nil {
		return unknown(check, err)
	}
	info := st.CachedInfo()
	c := info.Config
	if err := events.CheckStream(c, d.Quarantine.Bucket); err != nil {
		what, fix, _ := strings.Cut(err.Error(), "; ")
		return found(check, surroundings.Fail, what, fix)
	}
	switch {
	case check == "grants" && d.Multipart && c.MaxAge > 0 && c.MaxAge <= airlock.MultipartMost:
		return found(check, surroundings.Fail, fmt.Sprintf("grants are kept %s, and an upload in parts may be open for %s: it would be forgotten", days(c.MaxAge), days(airlock.MultipartMost)),
			"run airlock setup with a longer --retention, or take multipart out of the profiles")
	case name != events.StreamName:
		return good(check, "stream %s holds %d", name, info.State.Msgs)
	case c.MaxAge > 0 && c.MaxAge <= dlqRetention:
		return found(check, surroundings.Fail, fmt.Sprintf("verdicts are kept %s, messages in the DLQ %s: what is redriven would be judged a second time", days(c.MaxAge), days(dlqRetention)),
			"run airlock setup --retention "+events.DefaultRetention.String())
	case c.MaxBytes > 0 && float64(info.State.Bytes) > fullness*float64(c.MaxBytes):
		return found(check, surroundings.Warn, fmt.Sprintf("stream %s is %.0f %% full; when it is, the validator waits", name, 100*float64(info.State.Bytes)/float64(c.MaxBytes)),
			"run airlock setup with a larger --stream-max-bytes, or a shorter --retention")
	case info.Cluster != nil && len(info.Cluster.Replicas) > 0 && c.Replicas < 3:
		return found(check, surroundings.Warn, fmt.Sprintf("stream %s has %d replicas in a cluster", name, c.Replicas), "run airlock setup --replicas 3")
	}
	kept := fmt.Sprintf("%d verdicts, kept %s", info.State.Msgs, days(c.MaxAge))
	if c.Replicas == 1 { // of three, one can be lost; doctor can't see how any of them syncs
		kept += "; one replica: only sync_interval: always survives a power cut (infra/nats/nats.conf)"
	}
	return good(check, "%s", kept)
}

func days(d time.Duration) string { return fmt.Sprintf("%.3g d", d.Hours()/24) }
