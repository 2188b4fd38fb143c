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

// An uploadToken is the right to one upload: status, hint, parts, complete, cancel and download. It is
// an HMAC-SHA256 over purpose, upload id and expiry (SECURITY TOK-1): nothing has to be stored, and any
// signer with the same key can check it. It is a secret.
type uploadToken struct {
	id      string
	expires time.Time
}

// tokenPrefix names what the token is and its version, so that a leaked one can be recognised.
const tokenPrefix = "airlock_up1_"

// What each kind of token is sealed with, so that none passes as another under the same key.
const (
	uploadPurpose = "airlock upload token v1\x00"
	mintedPurpose = "airlock minted token v1\x00"
)

// NewTokenKey makes a key for upload tokens and minted ones: 32 random bytes.
func NewTokenKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails (Go 1.24)
	return key
}

func (t uploadToken) seal(key []byte) string {
	id := uuid.MustParse(t.id)
	body := binary.BigEndian.AppendUint64(id[:], uint64(t.expires.Unix()))
	return tokenPrefix + seal(key, uploadPurpose, body)
}

// seal is body and its MAC, in the alphabet of URLs.
func seal(key []byte, purpose string, body []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(body, tokenMAC(key, purpose, body)...))
}

// unseal is the body of what [seal] made with the same key for the same purpose. It takes the same time
// for every wrong MAC.
func unseal(key []byte, purpose, sealed string) (body []byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil || len(raw) < sha256.Size || strings.ContainsAny(sealed, "\r\n") { // the decoder skips line breaks
		return nil, false
	}
	body, mac := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	return body, hmac.Equal(mac, tokenMAC(key, purpose, body))
}

func tokenMAC(key []byte, purpose string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(purpose))
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
	body, ok := unseal(key, uploadPurpose, enc)
	if !ok || len(body) != 16+8 {
		return false
	}
	if !airlock.UploadID(id) || uuid.UUID(body[:16]).String() != id {
		return false
	}
	return now.Before(time.Unix(int64(binary.BigEndian.Uint64(body[16:])), 0))
}
