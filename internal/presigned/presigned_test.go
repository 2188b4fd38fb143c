package presigned

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestAnErrorTellsWhyButNotTheURL(t *testing.T) {
	resp, err := http.Get("http://127.0.0.1:1/key?X-Amz-Signature=secret")
	if err == nil {
		resp.Body.Close()
		t.Fatal("somebody listens on port 1")
	}
	if got := WithoutURL(err).Error(); !strings.Contains(got, "refused") || strings.Contains(got, "secret") {
		t.Error(got)
	}
	if other := errors.New("other"); WithoutURL(other) != other {
		t.Error("another error was changed")
	}
}
