package airlock

import (
	"time"
)

// Result is how an upload ended. There is no fourth.
type Result string

// The results that DESIGN names.
const (
	Accepted Result = "accepted"
	Rejected Result = "rejected"
	Expired  Result = "expired"
)

// Reason is the stable code that says why an upload was not accepted; "" for accepted.
type Reason string

// The reasons that DESIGN names. They are a contract: added to, never changed.
const (
	Empty             Reason = "empty"
	TooLarge          Reason = "too_large"
	SizeMismatch      Reason = "size_mismatch"
	ChecksumMismatch  Reason = "checksum_mismatch"
	TypeNotAllowed    Reason = "type_not_allowed"
	TypeMismatch      Reason = "type_mismatch"
	ExtensionMismatch Reason = "extension_mismatch"
	Malformed         Reason = "malformed"
	TrailingData      Reason = "trailing_data"
	ActiveContent     Reason = "active_content"
	Encrypted         Reason = "encrypted"
	Bomb              Reason = "bomb"
	UnsafeArchive     Reason = "unsafe_archive"
	PixelLimit        Reason = "pixel_limit"
	Infected          Reason = "infected"
	Denied            Reason = "denied"
	Uninspectable     Reason = "uninspectable"
	Mutated           Reason = "mutated"
	ObjectGone        Reason = "object_gone"
	NeverUploaded     Reason = "never_uploaded"
	Cancelled         Reason = "cancelled"
)

// Reasons are all of them.
var Reasons = []Reason{
	Empty, TooLarge, SizeMismatch, ChecksumMismatch, TypeNotAllowed, TypeMismatch, ExtensionMismatch, Malformed, TrailingData,
	ActiveContent, Encrypted, Bomb, UnsafeArchive, PixelLimit, Infected, Denied, Uninspectable, Mutated, ObjectGone, NeverUploaded, Cancelled,
}

// Facts are what was seen of one object, from its own responses and its own bytes; never from a
// notice and never from the client.
type Facts struct {
	Size           int64     // bytes
	ETag           string    // without quotes; pins what was read
	VersionID      string    // "" where the bucket is not versioned
	LastModified   time.Time // when the upload was stored
	ChecksumSHA256 string    // base64; "" unless the store or we verified it

	DetectedType string    // by mimetype, without parameters
	MagicType    string    // by our own look at offset 0; "" where nothing matched
	Findings     []Finding // what inspectors object to, worst first
	Content      Content   // what inspectors saw
	Checks       []string  // which checks ran, for the event

	BytesRead int64
	Requests  int
	Spent     time.Duration
}

// Content is what an inspector saw of the bytes, as far as it looked; 0 where it did not.
type Content struct {
	Width, Height int64 // pixels
	Frames        int64
	Entries       int64 // of an archive, those of archives inside included
	UnpackedBytes int64 // that came out of something packed
	TrailingBytes int64 // behind the format's own end
	Active        bool  // something in it would run
	Encrypted     bool
}

// A Finding is one objection of an inspector to the content.
type Finding struct {
	Reason Reason
	Detail string // for people; names what was found, never the client's own text unquoted
}

// Verdict is the decision on one upload, with what it is to be stored as.
type Verdict struct {
	Result Result
	Reason Reason // "" for accepted
	Detail string // for people; "" for accepted
	Type   string // for accepted: the canonical media type to store and serve
}
