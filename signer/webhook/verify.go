package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SignatureHeader names the header that proves who asks: "t=<unix seconds>,v1=<hex>", where the
// hex is the HMAC-SHA256 of "<unix seconds>.<body>".
const SignatureHeader = "Airlock-Signature"

// tolerance is how far the time of a question may be from the receiver's clock, on either side:
// clocks differ, and a question that was overheard is soon worth nothing.
const tolerance = 5 * time.Minute

// ErrSignature tells that a question was not signed by the secret, or too long ago: do not answer it.
var ErrSignature = errors.New("webhook signature is not valid")

func sign(secret, body []byte, now time.Time) string {
	t := strconv.FormatInt(now.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(digest(secret, t, body))
}

func digest(secret []byte, t string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return mac.Sum(nil)
}

// Verify is for applications that answer the webhook: it tells whether body, as it came, was signed
// by the secret within 5 minutes of now. header is that of [SignatureHeader]; where it holds
// several v1, one that is right will do. The error is an [ErrSignature].
func Verify(secret []byte, header string, body []byte, now time.Time) error {
	var t string
	var signatures [][]byte
	for part := range strings.SplitSeq(header, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "t":
			if t != "" {
				return fmt.Errorf("%w: it has two times", ErrSignature)
			}
			t = value
		case "v1":
			if sum, err := hex.DecodeString(value); err == nil {
				signatures = append(signatures, sum)
			}
		}
	}
	unix, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: it has no time", ErrSignature)
	}
	right, good := digest(secret, t, body), false
	for _, sum := range signatures {
		good = hmac.Equal(sum, right) || good
	}
	if !good {
		return fmt.Errorf("%w: no v1 is of this body, time and secret", ErrSignature)
	}
	if age := now.Sub(time.Unix(unix, 0)); age.Abs() > tolerance {
		return fmt.Errorf("%w: it is %s old", ErrSignature, age.Truncate(time.Second))
	}
	return nil
}
