package doctor

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"time"

	"airlock"
	"airlock/signer"
	"airlock/surroundings"
)

// roundTrip uploads a small file through the signer, says nothing to the validator, and waits for
// the verdict: so the notification, the queue and the validator must have done their part.
func (d Doctor) roundTrip(ctx context.Context) surroundings.Finding {
	const check = "round-trip"
	if d.Signer == nil {
		return found(check, surroundings.Skip, "no signer was named; --endpoint tries a real upload", "")
	}
	name, mediaType, data := sample(d.Profile)
	if data == nil {
		return found(check, surroundings.Skip, fmt.Sprintf("there is no sample for what profile %q takes; --profile names another", d.Profile.Name), "")
	}
	ctx, cancel := context.WithTimeout(ctx, roundTripLimit)
	defer cancel()
	started := time.Now()
	signed, err := d.Signer.Sign(ctx, signer.Request{
		Profile: d.Profile.Name, Filename: name, ContentType: mediaType, Size: int64(len(data)), Metadata: map[string]string{"airlock": "doctor"},
	})
	if err != nil {
		return found(check, surroundings.Fail, err.Error(), "check --endpoint and --token, and the signer's log")
	}
	if err := d.Signer.Put(ctx, signed, bytes.NewReader(data)); err != nil {
		return found(check, surroundings.Fail, err.Error(), "see public-endpoint; the signer's credentials need s3:PutObject on quarantine")
	}
	st, err := d.Signer.Wait(ctx, signed)
	switch {
	case ctx.Err() != nil:
		return found(check, surroundings.Fail, fmt.Sprintf("upload %s has no verdict after %s", signed.ID, roundTripLimit), "is a validator running? see its log, the notification and the queue above")
	case err != nil:
		return found(check, surroundings.Fail, err.Error(), "see the signer's log")
	case st.Reason != nil:
		return found(check, surroundings.Fail, fmt.Sprintf("upload %s is %s: %s", signed.ID, st.State, *st.Reason), "do signer and validator read the same airlock.yaml?")
	}
	return good(check, "%s of profile %s was accepted in %d ms", name, d.Profile.Name, time.Since(started).Milliseconds())
}

// Sampled tells whether the round trip has a file that this profile takes.
func Sampled(p airlock.Profile) bool {
	_, _, data := sample(p)
	return data != nil
}

// sample is an honest small file that a profile takes; nil if we can make none.
func sample(p airlock.Profile) (name, mediaType string, data []byte) {
	picture := image.NewGray(image.Rect(0, 0, 8, 8))
	for _, t := range p.Types {
		var b bytes.Buffer
		switch t {
		case "text/plain", "text/csv":
			b.WriteString("airlock,doctor\n1,2\n")
		case "application/json":
			b.WriteString(`{"airlock": "doctor"}`)
		case "image/png":
			_ = png.Encode(&b, picture) // a bytes.Buffer takes all
		case "image/jpeg":
			_ = jpeg.Encode(&b, picture, nil)
		case "image/gif":
			_ = gif.Encode(&b, picture, nil)
		default:
			continue
		}
		if exts := airlock.KnownTypes[t]; len(exts) > 0 && int64(b.Len()) <= p.MaxBytes {
			return "doctor." + exts[0], t, b.Bytes()
		}
	}
	return "", "", nil
}
