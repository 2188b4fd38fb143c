// Package airlock holds the words that all rooms share: an upload and its key, the zones, what a
// profile demands, what a grant promised, the facts that were seen and the verdict on them.
//
// It has no I/O, no clock and no dependency outside the standard library.
package airlock

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Upload names one attempt to upload: the pair that a quarantine key spells.
type Upload struct {
	Profile string // a profile's name, see [ProfileName]
	ID      string // UUIDv4, lower case, with hyphens
}

// Key is the full key of an S3 object, unescaped. Keys that airlock makes hold only [a-z0-9/._-]:
// then AWS's, every emulator's and a log's spelling of them agree.
type Key string

// Zone is a place in S3: a bucket and the prefix below which airlock works. Quarantine is where
// clients put, clean is where what was judged good ends.
type Zone struct {
	Bucket string
	Prefix string // "" or ends with "/"
}

// Object names one S3 object.
type Object struct {
	Bucket string
	Key    Key
}

// String is bucket/key, for logs and errors.
func (o Object) String() string { return o.Bucket + "/" + string(o.Key) }

var (
	profileName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	anyUploadID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)
	uploadID    = regexp.MustCompile(`^` + anyUploadID.String() + `$`)
)

// ProfileName tells whether s may name a profile: [a-z][a-z0-9-]{0,31}.
func ProfileName(s string) bool { return profileName.MatchString(s) }

// UploadID tells whether s is an upload id: a lower-case UUIDv4 (RFC 9562).
func UploadID(s string) bool { return uploadID.MatchString(s) }

// Object is where u lies in the quarantine zone z: <prefix><profile>/<id>.
func (z Zone) Object(u Upload) Object {
	return Object{z.Bucket, Key(z.Prefix + u.Profile + "/" + u.ID)}
}

// Upload reads an upload back out of a quarantine key. It accepts exactly the shape that
// [Zone.Object] makes and nothing else, since a notice is untrusted (SECURITY VAL-1).
func (z Zone) Upload(k Key) (Upload, error) {
	rest, ok := strings.CutPrefix(string(k), z.Prefix)
	if !ok {
		return Upload{}, fmt.Errorf("key %q is not below %q", k, z.Prefix)
	}
	profile, id, ok := strings.Cut(rest, "/")
	if !ok || !ProfileName(profile) || !UploadID(id) {
		return Upload{}, fmt.Errorf("key %q is not %s<profile>/<upload id>", k, z.Prefix)
	}
	return Upload{profile, id}, nil
}

// UploadIDs are the upload ids that a clean key spells: the template that made it holds {id}, but
// an owner's name may look like one too.
func (k Key) UploadIDs() []string { return anyUploadID.FindAllString(string(k), -1) }

// Overlaps tells whether one zone lies inside the other. Then a promoted object would be judged
// again, for ever.
func (z Zone) Overlaps(other Zone) bool {
	return z.Bucket == other.Bucket &&
		(strings.HasPrefix(z.Prefix, other.Prefix) || strings.HasPrefix(other.Prefix, z.Prefix))
}

// Method is how a client brings the bytes.
type Method string

// The methods that DESIGN names.
const (
	MethodPut       Method = "put"
	MethodPost      Method = "post"
	MethodMultipart Method = "multipart"
)

// Grant is the leave that the signer gave for exactly one upload, and all that was promised with
// it. It is stored as JSON until the upload has a verdict; the validator believes nothing else.
type Grant struct {
	ID             string            `json:"id"`
	Profile        string            `json:"profile"`
	PolicyVersion  string            `json:"policy_version"`
	Owner          string            `json:"owner"`
	Method         Method            `json:"method"`
	Filename       string            `json:"filename"`
	Metadata       map[string]string `json:"metadata,omitempty"`
	ContentType    string            `json:"content_type"`              // canonical, as signed
	Size           int64             `json:"size"`                      // bytes, as signed; 0: a form that was promised none
	MaxBytes       int64             `json:"max_bytes,omitempty"`       // the most that may come where Size is 0
	ChecksumSHA256 string            `json:"checksum_sha256,omitempty"` // base64 (standard), as signed
	MultipartID    string            `json:"multipart_id,omitempty"`    // S3's own id of the multipart upload; no client learns it
	PartSize       int64             `json:"part_size,omitempty"`       // bytes of each part but the last
	Clean          Object            `json:"clean"`                     // where it goes if it is good
	GrantedAt      time.Time         `json:"granted_at"`
	ExpiresAt      time.Time         `json:"expires_at"`          // an upload may start until then
	Deadline       time.Time         `json:"deadline"`            // and has surely ended by then
	Cancelled      bool              `json:"cancelled,omitempty"` // by its client: it ends at the deadline, unseen
	Traceparent    string            `json:"traceparent,omitempty"`
}

// Upload is the upload that g is for.
func (g Grant) Upload() Upload { return Upload{g.Profile, g.ID} }

// Most is how many bytes may come at most.
func (g Grant) Most() int64 {
	if g.Size == 0 {
		return g.MaxBytes
	}
	return g.Size
}

// slowestUpload is the rate in bytes per second below which an honest upload is given up: an
// expiry limits when a PUT may start, not when it ends.
const slowestUpload = 128 << 10

// UploadDeadline is when a PUT or POST of size bytes, begun before expiresAt, has surely ended:
// one hour of grace and the time that size takes at 128 KiB/s.
func UploadDeadline(expiresAt time.Time, size int64) time.Time {
	return expiresAt.Add(time.Hour + time.Duration(size/slowestUpload)*time.Second)
}

// How long a multipart upload stays open: so long after the last call for parts, and never longer
// after it was granted than the most.
const (
	MultipartIdle = 24 * time.Hour
	MultipartMost = 7 * 24 * time.Hour
)

// MultipartDeadline is when a multipart upload ends of which parts were asked for at now: no part that
// was signed then can come any more.
func MultipartDeadline(grantedAt, now time.Time) time.Time {
	end, most := now.Add(MultipartIdle), grantedAt.Add(MultipartMost)
	if end.After(most) {
		return most
	}
	return end
}

// The bounds of a part (S3 user guide, "Amazon S3 multipart upload limits"). No part is made smaller
// than smallPart, since each costs a request.
const (
	MaxParts     = 10_000
	maxPartBytes = 5 << 30
	smallPart    = 8 << 20
	partGranule  = 1 << 20
)

// PartSize is in how many bytes each part but the last of an object of size bytes goes: 8 MiB, or
// whole MiB so that 10,000 parts suffice.
func PartSize(size int64) int64 {
	each := (size + MaxParts - 1) / MaxParts
	each = (each + partGranule - 1) / partGranule * partGranule
	return min(max(each, smallPart), maxPartBytes)
}

// PartCount is how many parts g's object goes in; 0 where it does not go in parts.
func (g Grant) PartCount() int {
	if g.PartSize == 0 {
		return 0
	}
	return int((g.Size + g.PartSize - 1) / g.PartSize)
}

// PartBytes is the exact length of part n, counted from 1, of g's object; 0 if it has no such part.
func (g Grant) PartBytes(n int) int64 {
	switch count := g.PartCount(); {
	case n < 1 || n > count:
		return 0
	case n == count:
		return g.Size - int64(count-1)*g.PartSize
	}
	return g.PartSize
}
