package validator

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"airlock/events"
)

// Metrics are the validator's counters (PROTOCOL section 8). Labels never hold an upload id, a key
// or an owner. A nil *Metrics counts nothing.
type Metrics struct {
	received, returned, ignoredTotal, oddTotal, extensions, results, replays, races, unknownTotal *prometheus.CounterVec
	deleted, read, promotedBytes                                                                  prometheus.Counter
	inFlight                                                                                      prometheus.Gauge
	up, paused, capability                                                                        *prometheus.GaugeVec
	latency                                                                                       *prometheus.HistogramVec
	age                                                                                           prometheus.Histogram
	limit                                                                                         atomic.Pointer[func() int]
	swept, inspectionEnded                                                                        *prometheus.CounterVec
	sweptAt, oldest                                                                               prometheus.Gauge
}

// NewMetrics registers the validator's metrics with reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "airlock_" + name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	gauges := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "airlock_" + name, Help: help}, labels)
		reg.MustRegister(g)
		return g
	}
	seconds := prometheus.ExponentialBuckets(0.001, 2, 18) // 1 ms to 131 s
	m := &Metrics{
		received:        counters("messages_received_total", "Notices received.", "source"),
		returned:        counters("messages_returned_total", "Messages handed back to the queue.", "reason"),
		ignoredTotal:    counters("messages_ignored_total", "Notices that were not for us.", "reason"),
		oddTotal:        counters("messages_suspicious_total", "Notices of what nobody has leave to do.", "reason"),
		extensions:      counters("visibility_extensions_total", "Heartbeats of held messages.", "outcome"),
		results:         counters("upload_results_total", "Verdicts recorded.", "result", "reason", "profile"),
		replays:         counters("replays_total", "Objects put after what was judged.", "phase"),
		races:           counters("races_total", "Steps that found the state changed.", "kind"),
		unknownTotal:    counters("unknown_outcomes_total", "Requests whose outcome had to be looked up.", "op"),
		deleted:         counters("messages_deleted_total", "Messages deleted for good.").WithLabelValues(),
		read:            counters("bytes_read_total", "Bytes of objects read.").WithLabelValues(),
		promotedBytes:   counters("bytes_promoted_total", "Bytes of objects promoted.").WithLabelValues(),
		inFlight:        gauges("messages_inflight", "Messages held by this process.").WithLabelValues(),
		up:              gauges("dependency_up", "1 if the dependency answered last.", "dependency"),
		paused:          gauges("paused", "1 while polling is paused.", "reason"),
		capability:      gauges("store_capability", "1 if the store has the feature.", "feature"),
		swept:           counters("sweeper_objects_total", "What the sweeper did.", "zone", "action"),
		inspectionEnded: counters("inspection_processes_ended_total", "Processes that ended by what they inspected, or were ended.", "room", "how"),
		sweptAt:         gauges("sweeper_last_success_timestamp_seconds", "When the last sweep ended well (Unix time).").WithLabelValues(),
		oldest:          gauges("quarantine_oldest_seconds", "Age of the oldest object in quarantine at the last sweep.").WithLabelValues(),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "airlock_upload_latency_seconds", Help: "From stored in S3 to verdict recorded.", Buckets: seconds}, []string{"result"}),
		age: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "airlock_message_age_seconds", Help: "Age of messages when received.", Buckets: seconds}),
	}
	reg.MustRegister(m.latency, m.age, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "airlock_inflight_limit", Help: "Messages that may be held at present."}, func() float64 {
		if limit := m.limit.Load(); limit != nil {
			return float64((*limit)())
		}
		return 0
	}))
	return m
}

func (m *Metrics) receivedFrom(s source, sent time.Time) {
	if m == nil {
		return
	}
	m.received.WithLabelValues(string(s)).Inc()
	if !sent.IsZero() {
		m.age.Observe(time.Since(sent).Seconds())
	}
}

func (m *Metrics) result(v events.Verdict) {
	if m == nil {
		return
	}
	m.results.WithLabelValues(string(v.Result), string(v.Reason), v.Profile).Inc()
	if !v.UploadedAt.IsZero() {
		m.latency.WithLabelValues(string(v.Result)).Observe(max(0, time.Since(v.UploadedAt).Seconds()))
	}
}

func (m *Metrics) count(c func(*Metrics) *prometheus.CounterVec, label string) {
	if m != nil {
		c(m).WithLabelValues(label).Inc()
	}
}

func (m *Metrics) handedBack(reason string) {
	m.count(func(m *Metrics) *prometheus.CounterVec { return m.returned }, reason)
}

// InspectionEnded counts a process of airlock/validator/isolation that ended.
func (m *Metrics) InspectionEnded(room, how string) {
	if m != nil {
		m.inspectionEnded.WithLabelValues(room, how).Inc()
	}
}

func (m *Metrics) ignored(reason string) {
	m.count(func(m *Metrics) *prometheus.CounterVec { return m.ignoredTotal }, reason)
}

func (m *Metrics) odd(reason string) {
	m.count(func(m *Metrics) *prometheus.CounterVec { return m.oddTotal }, reason)
}

func (m *Metrics) extended(outcome string) {
	m.count(func(m *Metrics) *prometheus.CounterVec { return m.extensions }, outcome)
}

func (m *Metrics) replay(phase string) {
	m.count(func(m *Metrics) *prometheus.CounterVec { return m.replays }, phase)
}

func (m *Metrics) race(kind string) {
	m.count(func(m *Metrics) *prometheus.CounterVec { return m.races }, kind)
}

func (m *Metrics) unknown(op string) {
	m.count(func(m *Metrics) *prometheus.CounterVec { return m.unknownTotal }, op)
}

func (m *Metrics) bytesRead(n int) {
	if m != nil {
		m.read.Add(float64(n))
	}
}

func (m *Metrics) promoted(n int64) {
	if m != nil {
		m.promotedBytes.Add(float64(n))
	}
}

func (m *Metrics) deletedMessages(n int) {
	if m != nil {
		m.deleted.Add(float64(n))
	}
}

func (m *Metrics) holding(n int) {
	if m != nil {
		m.inFlight.Set(float64(n))
	}
}

// inFlightLimit shows what limit says whenever metrics are read.
func (m *Metrics) inFlightLimit(limit func() int) {
	if m == nil {
		return
	}
	m.limit.Store(&limit)
}

func (m *Metrics) dependency(name string, err error) {
	if m != nil {
		m.up.WithLabelValues(name).Set(one(err == nil))
	}
}

func (m *Metrics) pause(on bool) {
	if m != nil {
		m.paused.WithLabelValues("dependency").Set(one(on))
	}
}

func (m *Metrics) has(feature string, yes bool) {
	if m != nil {
		m.capability.WithLabelValues(feature).Set(one(yes))
	}
}

func (m *Metrics) sweptOne(s Swept) {
	if m != nil {
		m.swept.WithLabelValues(s.Zone, string(s.Action)).Inc()
	}
}

func (m *Metrics) sweptAll(at time.Time, oldest time.Duration) {
	if m != nil {
		m.sweptAt.Set(float64(at.Unix()))
		m.oldest.Set(oldest.Seconds())
	}
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
