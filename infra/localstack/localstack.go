// Package localstack is for tests that run on LocalStack too: see run.sh.
package localstack

import (
	"cmp"
	"net/http"
	"os"
	"sync"
	"testing"
)

// Differs tells whether S3 or SQS under test is LocalStack, for a difference between that and AWS
// that the test names here and then asserts: so it fails on the day when LocalStack changes, and all
// differences are found by this name.
func Differs(t testing.TB, difference string) bool {
	t.Helper()
	if Here() {
		t.Log("LocalStack:", difference)
	}
	return Here()
}

// Here asks, once, the endpoint that AIRLOCK_TEST_S3_ENDPOINT or AIRLOCK_TEST_SQS_ENDPOINT names;
// without them it is our own.
var Here = sync.OnceValue(func() bool {
	endpoint := cmp.Or(os.Getenv("AIRLOCK_TEST_S3_ENDPOINT"), os.Getenv("AIRLOCK_TEST_SQS_ENDPOINT"))
	if endpoint == "" {
		return false
	}
	resp, err := http.Get(endpoint + "/_localstack/health")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
})
