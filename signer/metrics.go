package signer

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the signer's counters (PROTOCOL section 8). A nil *Metrics counts nothing.
type Metrics struct {
	grants, refused *prometheus.CounterVec
}

// NewMetrics registers the signer's metrics with reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		grants:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "airlock_grants_total", Help: "Uploads signed."}, []string{"profile", "method"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "airlock_grants_refused_total", Help: "Requests for leave that were refused."}, []string{"reason"}),
	}
	reg.MustRegister(m.grants, m.refused)
	return m
}

func (m *Metrics) signed(profile, method string) {
	if m != nil {
		m.grants.WithLabelValues(profile, strings.ToLower(method)).Inc()
	}
}

func (m *Metrics) refuse(code string) {
	if m != nil {
		m.refused.WithLabelValues(code).Inc()
	}
}
