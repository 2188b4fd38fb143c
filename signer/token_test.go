package signer

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestAnUploadTokenOpensItsUploadAndNothingElse(t *testing.T) {
	key, other := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	id, now := uuid.NewString(), time.Unix(1_800_000_000, 0)
	token := uploadToken{id, now.Add(time.Hour)}.seal(key)
	if !opens(token, id, key, now) {
		t.Fatal("its own token was refused")
	}
	raw, _ := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, tokenPrefix))
	for i := range raw {
		for bit := range 8 {
			flipped := bytes.Clone(raw)
			flipped[i] ^= 1 << bit
			if opens(tokenPrefix+base64.RawURLEncoding.EncodeToString(flipped), id, key, now) {
				t.Fatalf("opens with bit %d of byte %d flipped", bit, i)
			}
		}
	}
	for name, open := range map[string]bool{
		"another upload":   opens(token, uuid.NewString(), key, now),
		"another key":      opens(token, id, other, now),
		"expired":          opens(token, id, key, now.Add(time.Hour)),
		"truncated":        opens(token[:len(token)-1], id, key, now),
		"broken in two":    opens(token[:40]+"\n"+token[40:], id, key, now),
		"longer":           opens(token+"A", id, key, now),
		"without prefix":   opens(strings.TrimPrefix(token, tokenPrefix), id, key, now),
		"upper case id":    opens(token, strings.ToUpper(id), key, now),
		"empty":            opens("", id, key, now),
		"only the prefix":  opens(tokenPrefix, id, key, now),
		"a path for an id": opens(token, "../"+id, key, now),
	} {
		if open {
			t.Errorf("%s: opens", name)
		}
	}
}

func FuzzUploadToken(f *testing.F) {
	key, id, now := bytes.Repeat([]byte{1}, 32), "0b0e4d5c-8a3f-4c1e-9d2b-000000000001", time.Unix(1_800_000_000, 0)
	good := uploadToken{id, now.Add(time.Hour)}.seal(key)
	f.Add(good)
	f.Add(good[:20])
	f.Fuzz(func(t *testing.T, token string) {
		if opens(token, id, key, now) && token != good {
			t.Fatalf("%q opens", token)
		}
	})
}

func FuzzMintedToken(f *testing.F) {
	key, now := bytes.Repeat([]byte{1}, 32), time.Unix(1_800_000_000, 0)
	good := minted{ID: "1", Owner: "alice", Profiles: []string{"image"}, Expires: now.Add(time.Hour).Unix()}.seal(key)
	f.Add(good)
	f.Add(good[:40])
	f.Add(uploadToken{"0b0e4d5c-8a3f-4c1e-9d2b-000000000001", now.Add(time.Hour)}.seal(key))
	f.Fuzz(func(t *testing.T, token string) {
		if m, ok := openMinted(token, key, now); ok && (token != good || m.Owner != "alice") {
			t.Fatalf("%q opens for %+v", token, m)
		}
	})
}
