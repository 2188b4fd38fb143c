package signer_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"airlock/events"
	"airlock/infra/devstack"
	"airlock/signer"
	"airlock/signer/presign"
	"airlock/signer/quota"
)

// BenchmarkUpload is a whole POST /v1/uploads: who may, the rules, the signature, the grant in NATS, the
// answer; with and without a quota.
func BenchmarkUpload(b *testing.B) {
	for name, limits := range map[string]quota.Limits{"plain": {}, "quota": {OpenUploads: 10_000, GrantsPerMinute: 1 << 30}} {
		b.Run(name, func(b *testing.B) {
			store, err := events.Open(b.Context(), stack.NATS, devstack.QuarantineBucket)
			if err != nil {
				b.Fatal(err)
			}
			h := &signer.Handler{
				Signer: &signer.Signer{
					Profiles: profiles, Quarantine: devstack.Quarantine, Clean: devstack.Clean, Grants: store, TokenKey: signer.NewTokenKey(),
					Presign: &presign.S3{Config: creds, Endpoint: stack.S3Endpoint, PathStyle: true},
				},
				Store: store, Authorizer: signer.Tokens{hash("backend-token"): {Owner: "*", Profiles: []string{"*"}}},
			}
			if limits != (quota.Limits{}) {
				h.Signer.Quota = &quota.Book{Records: store, Limits: limits}
			}
			var n atomic.Int64
			b.ReportAllocs()
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					body := want(func(r map[string]any) { r["owner"] = fmt.Sprint("owner-", n.Add(1)%500) })
					req := httptest.NewRequest("POST", "/v1/uploads", strings.NewReader(body))
					req.Header.Set("Authorization", "Bearer backend-token")
					req.Header.Set("Content-Type", "application/json")
					w := httptest.NewRecorder()
					if h.ServeHTTP(w, req); w.Code != http.StatusCreated {
						b.Errorf("%d %s", w.Code, w.Body)
					}
				}
			})
		})
	}
}
