package signer

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/google/uuid"

	"airlock"
)

// An uploadToken is the right to one upload's status and hint. It is an HMAC-SHA256 over purpose,
// upload id and expiry (SECURITY TOK-1): nothing has to be stored, and any signer with the same key
// can check it. It is a secret.
type uploadToken struct {
	id      string
	expires time.Time
}

// tokenPrefix names what the token is and its version, so that a leaked one can be recognised.
const tokenPrefix = "airlock_up1_"

// tokenPurpose keeps a token of one kind from passing as another under the same key.
const tokenPurpose = "airlock upload token v1\x00"

// NewTokenKey makes a key for upload tokens: 32 random bytes.
func NewTokenKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails (Go 1.24)
	return key
}

func (t uploadToken) seal(key []byte) string {
	id := uuid.MustParse(t.id)
	body := binary.BigEndian.AppendUint64(id[:], uint64(t.expires.Unix()))
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(append(body, tokenMAC(key, body)...))
}

func tokenMAC(key, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(tokenPurpose))
	mac.Write(body)
	return mac.Sum(nil)
}

// opens tells whether token is the right to upload id at now. It takes the same time for every
// wrong token of the right length.
func opens(token, id string, key []byte, now time.Time) bool {
	enc, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok {
		return false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(enc)
	if err != nil || len(raw) != 16+8+sha256.Size {
		return false
	}
	body, mac := raw[:24], raw[24:]
	if !hmac.Equal(mac, tokenMAC(key, body)) {
		return false
	}
	if !airlock.UploadID(id) || uuid.UUID(body[:16]).String() != id {
		return false
	}
	return now.Before(time.Unix(int64(binary.BigEndian.Uint64(body[16:])), 0))
}
