package fault

import (
	"net/http"
	"net/url"
	"strings"
)

// Operation names what a request asks for, as the API references of S3 and SQS name it: "CopyObject",
// "DeleteMessageBatch". What this package does not know is "GET other" and the like.
func Operation(r *http.Request) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		_, op, _ := strings.Cut(target, ".")
		return op
	}
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	o := s3Request{method: r.Method, query: r.URL.Query(), key: key != "", copies: r.Header.Get("X-Amz-Copy-Source") != ""}
	for _, known := range s3Operations {
		if known.matches(o) {
			return known.name
		}
	}
	return r.Method + " other"
}

// s3Request is all that S3's operations differ by, in path style.
type s3Request struct {
	method string
	query  url.Values
	key    bool // the path names an object
	copies bool // it has x-amz-copy-source
}

// s3Operation is recognised by all that it names; the first that matches is it.
type s3Operation struct {
	name   string
	method string
	key    bool
	query  string // a parameter that must be there; "" if none need be
	copies bool
}

func (o s3Operation) matches(r s3Request) bool {
	return o.method == r.method && o.key == r.key && (o.query == "" || r.query.Has(o.query)) && (!o.copies || r.copies)
}

// The more particular come first.
var s3Operations = []s3Operation{
	{"UploadPartCopy", "PUT", true, "partNumber", true},
	{"UploadPart", "PUT", true, "partNumber", false},
	{"PutObjectTagging", "PUT", true, "tagging", false},
	{"CopyObject", "PUT", true, "", true},
	{"PutObject", "PUT", true, "", false},
	{"CreateMultipartUpload", "POST", true, "uploads", false},
	{"CompleteMultipartUpload", "POST", true, "uploadId", false},
	{"AbortMultipartUpload", "DELETE", true, "uploadId", false},
	{"DeleteObject", "DELETE", true, "", false},
	{"ListParts", "GET", true, "uploadId", false},
	{"GetObjectTagging", "GET", true, "tagging", false},
	{"GetObjectAttributes", "GET", true, "attributes", false},
	{"GetObject", "GET", true, "", false},
	{"HeadObject", "HEAD", true, "", false},
	{"HeadBucket", "HEAD", false, "", false},
	{"ListObjectsV2", "GET", false, "list-type", false},
	{"ListMultipartUploads", "GET", false, "uploads", false},
	{"ListObjectVersions", "GET", false, "versions", false},
	{"DeleteObjects", "POST", false, "delete", false},
	{"PostObject", "POST", false, "", false},
}
