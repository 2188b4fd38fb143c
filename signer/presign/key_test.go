package presign

import (
	"encoding/hex"
	"encoding/json"
	"testing"
)

// The example of AWS's documents ("Deriving the signing key with other languages").
func TestTheSigningKeyIsThatOfTheManual(t *testing.T) {
	s := scope{"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20120215", "us-east-1", "iam"}
	if got := hex.EncodeToString(s.derive()); got != "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d" {
		t.Error(got)
	}
}

func TestTheSigningKeyIsDerivedOnceForEachScope(t *testing.T) {
	var p S3
	a := scope{"secret", "20260304", "eu-west-1", "s3"}
	key := &p.signingKey(a)[0]
	if &p.signingKey(a)[0] != key {
		t.Error("it was derived again")
	}
	for _, other := range []scope{
		{"another", a.day, a.region, a.service}, {a.secret, "20260305", a.region, a.service},
		{a.secret, a.day, "eu-west-2", a.service}, {a.secret, a.day, a.region, "s3express"},
	} {
		if string(p.signingKey(other)) == string(a.derive()) || string(p.signingKey(other)) != string(other.derive()) {
			t.Errorf("%v has another's key", other)
		}
	}
}

func FuzzPolicyStringsAreJSON(f *testing.F) {
	for _, s := range []string{"", "image/png", `a"b\c`, "<&>", "日本\u2028", "\x00\x7f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, _ := json.Marshal(s)
		if got := appendJSON([]byte("x"), s); string(got) != "x"+string(want) {
			t.Errorf("%q: %s", s, got)
		}
	})
}
